/** `dagflow pause`: stops a run from starting nodes, whoever owns it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { CommandDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { shellWord } from "../output/Phrase.ts"
import { commandName } from "../output/commandName.ts"
import { sendPatiently } from "../run/sendPatiently.ts"
import * as StoredRun from "../run/StoredRun.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  run: FlowFlags.run,
  reason: Flag.String("reason").pipe(Flag.optional, Flag.withDescription("Why; it is recorded with the run"))
}

/** `dagflow pause`. */
export const pause = Command.make(
  "pause",
  flags,
  perform(({ reason, run }, { globals, output }) =>
    StoredRun.use(run, globals, ({ location, row: { runId, sequence } }) =>
      Effect.gen(function* () {
        const id = `pause-${crypto.randomUUID()}`
        const why = Option.isSome(reason) ? { reason: reason.value } : {}
        const outcome = yield* sendPatiently(runId, { _tag: "PauseRun", id, ...why }, output)
        const document: typeof CommandDocument.Type = {
          schema: "dagflow.pause/1",
          runId,
          status: outcome === undefined ? "sent" : "paused",
          sequence: outcome?.sequence ?? sequence
        }
        if (output.json) yield* output.printJson(document)
        else if (outcome === undefined) {
          yield* output.print(
            `${runId} is owned by nobody; it will be paused as soon as somebody takes it up`
          )
        } else {
          const next = `${commandName()} resume ${shellWord(runId)}${location.option}`
          yield* output.print(
            `${runId} paused at event ${outcome.sequence}: what runs ends, nothing starts\n  next  ${next}`
          )
        }
        return ExitCode.ok
      })
    )
  )
).pipe(Command.withDescription("Stop a run from starting nodes; what runs ends"))
