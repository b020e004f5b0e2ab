/** `dagflow cancel`: ends a run as cancelled, whoever owns it. */
import { DagFlow } from "@dagflow/core"
import { RunError, RunStatus, type StoreDriverShape } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as ConfigFile from "../config/ConfigFile.ts"
import type { CommandDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { cancelUnowned } from "../run/cancelUnowned.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  run: FlowFlags.run,
  reason: Flag.String("reason").pipe(Flag.optional, Flag.withDescription("Why; it is recorded with the run"))
}

/** `dagflow cancel`. */
export const cancel = Command.make(
  "cancel",
  flags,
  perform(({ reason, run }, { globals, output }) =>
    StoredRun.use(run, globals, ({ driver, row }) =>
      Effect.gen(function* () {
        const { runId, status } = row
        const say = (sentence: string, sequence: number) => {
          const document: typeof CommandDocument.Type = {
            schema: "dagflow.cancel/1",
            runId,
            status: "cancelled",
            sequence
          }
          return output.json ? output.printJson(document) : output.print(sentence)
        }
        if (status === "cancelled") {
          yield* say(`${runId} was cancelled already`, row.sequence)
          return ExitCode.ok
        }
        if (RunStatus.isEnded(status)) {
          const rejection = { _tag: "RunEnded", status } as const
          return yield* new RunError({
            runId,
            reason: { _tag: "CommandRejected", command: "CancelRun", rejection }
          })
        }
        const config = yield* Effect.orElseSucceed(
          ConfigFile.load(globals.config, process.cwd()),
          () => ConfigFile.none
        )
        const sequence = yield* cancelled(driver, runId, config, Option.getOrUndefined(reason))
        yield* say(`${runId} cancelled (event ${sequence})`, sequence)
        return ExitCode.ok
      })
    )
  )
).pipe(Command.withDescription("End a run as cancelled, also one that another process owns"))

// -- internal -------------------------------------------------------------------------------------------------------

/** How long the owner of a run has to do something before it is looked at again whether there still is an owner. */
const patience = "2 seconds"

/** Cancels a run: by its owner where there is one, and by taking it up where there is none, also when the owner dies. */
const cancelled = (
  driver: StoreDriverShape,
  runId: string,
  config: ConfigFile.LoadedConfig,
  reason: string | undefined
): Effect.Effect<number, RunError, DagFlow> =>
  Effect.gen(function* () {
    const id = `cancel-${crypto.randomUUID()}`
    const command = { _tag: "CancelRun", id, ...(reason !== undefined && { reason }) } as const
    const dagflow = yield* DagFlow
    while (true) {
      const taken = yield* cancelUnowned(driver, runId, config.hooks ?? [], reason, id).pipe(
        Effect.map(({ report }) => report.sequence),
        Effect.catchIf(
          (error) => error.reason._tag === "RunNotOwned",
          () => Effect.void
        )
      )
      if (taken !== undefined) return taken
      const sent = yield* Effect.timeoutOption(dagflow.send(runId, command), patience)
      if (Option.getOrUndefined(sent) === undefined) continue
      const ended = yield* Effect.timeoutOption(atEnd(runId), patience)
      if (Option.isSome(ended)) return ended.value
    }
  })

/** Waits until the run that is being cancelled has ended. */
const atEnd = (runId: string): Effect.Effect<number, RunError, DagFlow> =>
  Effect.map(StoredRun.follow(runId), (state) => state.sequence)
