/** `dagflow prune`: deletes runs that ended a while ago. */
import type { Pruned, StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as OpenedStore from "../config/OpenedStore.ts"
import { CliFailure } from "../output/CliFailure.ts"
import type { PruneDocument } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import { count, oneLine } from "../output/Phrase.ts"
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
        const nowMillis = yield* Clock.currentTimeMillis
        const gone = yield* pruned(driver, nowMillis - olderThan, nowMillis, dryRun)
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

/** Runs that go in one transaction of the store, so that nobody waits long for it. */
const batch = 100

/** Runs that are named. */
const listedMax = 20

const pruned = (
  driver: StoreDriverShape,
  endedBeforeMillis: number,
  nowMillis: number,
  isDryRun: boolean
): Effect.Effect<Pruned, StoreError> =>
  Effect.gen(function* () {
    const options = { endedBeforeMillis, nowMillis, isDryRun }
    if (isDryRun) return yield* driver.prune({ ...options, limit: Number.MAX_SAFE_INTEGER })
    const runIds: Array<string> = []
    let counts = { eventCount: 0, artifactCount: 0, cachedCount: 0 }
    while (true) {
      const some = yield* driver.prune({ ...options, limit: batch })
      runIds.push(...some.runIds)
      counts = {
        eventCount: counts.eventCount + some.eventCount,
        artifactCount: counts.artifactCount + some.artifactCount,
        cachedCount: counts.cachedCount + some.cachedCount
      }
      if (some.runIds.length < batch) return { runIds, ...counts }
    }
  })

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
