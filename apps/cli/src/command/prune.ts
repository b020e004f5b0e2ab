/** `dagflow prune`: deletes runs that ended a while ago. */
import { DagFlow } from "@dagflow/core"
import type { Pruned } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as OpenedStore from "../config/OpenedStore.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { PruneDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { count, oneLine } from "../output/Phrase.ts"
import { readOnly } from "../run/EngineLayer.ts"
import * as FlowFlags from "./FlowFlags.ts"
import { perform } from "./perform.ts"

const flags = {
  olderThan: FlowFlags.duration("older-than", "Runs that ended before this time, for instance 30d"),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Say what would be deleted, and delete nothing")
  ),
  yes: Flag.Boolean("yes").pipe(
    Flag.withAlias("y"),
    Flag.withDefault(false),
    Flag.withoutNegation,
    Flag.withDescription("Delete: what is deleted cannot be brought back")
  )
}

/** `dagflow prune`. */
export const prune = Command.make(
  "prune",
  flags,
  perform(({ dryRun, olderThan, yes }, { globals, output }) =>
    Effect.scoped(
      Effect.gen(function* () {
        if (!dryRun && !yes) {
          return yield* new CliFailure({
            exit: ExitCode.usage,
            code: "NotConfirmed",
            message: "what is deleted cannot be brought back",
            next: ["add --dry-run to see what would go, or --yes to delete it"]
          })
        }
        const { driver, location } = yield* OpenedStore.openForReading(globals)
        const gone = yield* Effect.provide(
          Effect.flatMap(DagFlow, (dagflow) => dagflow.prune({ olderThan, dryRun })),
          readOnly(driver)
        )
        const document: typeof PruneDocument.Type = {
          schema: "dagflow.prune/1",
          store: location.text,
          deleted: !dryRun,
          ...gone
        }
        if (output.json) yield* output.printJson(document)
        else yield* output.print(sentences(gone, dryRun, output.glyphs.more).join("\n"))
        return ExitCode.ok
      })
    )
  )
).pipe(Command.withDescription("Delete runs that ended a while ago, with all that belongs to them"))

// -- internal -------------------------------------------------------------------------------------------------------

/** Runs that are named. */
const listedMax = 20

const sentences = (gone: Pruned, isDryRun: boolean, more: string): ReadonlyArray<string> => {
  const { artifactCount, cachedCount, eventCount, runIds } = gone
  const listed = runIds.slice(0, listedMax).map((runId) => `  ${oneLine(runId)}`)
  const rest = runIds.length - listed.length
  const what = `${count(runIds.length, "run")} with ${count(eventCount, "event")}, ${count(artifactCount, "artifact")} and ${count(cachedCount, "cached output")}`
  return [
    ...listed,
    ...(rest > 0 ? [`  ${more} ${count(rest, "more run")}`] : []),
    isDryRun ? `${what} would be deleted` : `${what} deleted`
  ]
}
