/** What a run has become since it was exported: the events after some number, to be added to the archive that ends there. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Envelope } from "./Envelope.ts"
import * as RunArchive from "./RunArchive.ts"

/** What a run has become since it was exported, as one JSON document. */
export const RunDelta = Schema.Struct({
  format: Schema.Literal("dagflow-run-delta"),
  /** Version of the document's shape. */
  version: Schema.Literal(1),
  runId: Schema.String,
  /** Number of the last event that is not in it: what it is added to ends there. */
  after: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))),
  events: Schema.Array(Envelope),
  /** The large outputs that these events refer to, as JSON texts by their hash. */
  artifacts: Schema.Record(Schema.String, Schema.String)
})
/** What a run has become since it was exported, as one JSON document. */
export type RunDelta = typeof RunDelta.Type

const decode = Schema.decodeUnknownResult(RunDelta)

/**
 * Adds a delta, which may come from anywhere, to the archive that ends where it begins: the result is what an export of the
 * whole run would have been. Says in words why they do not belong together, or what is wrong with the delta.
 *
 * **Example**
 *
 * ```ts
 * const whole = RunDelta.apply(archive, JSON.parse(text))
 * ```
 */
export const apply = (
  archive: RunArchive.RunArchive,
  delta: unknown
): Result.Result<RunArchive.RunArchive, string> =>
  Result.flatMap(
    Result.mapError(decode(delta), (issue) => `this is no later part of an export: ${issue.message}`),
    ({ after, artifacts, events, runId }) => {
      if (runId !== archive.runId) {
        return Result.fail(`it is a part of run "${runId}" and not of "${archive.runId}"`)
      }
      const last = archive.events.length
      if (after !== last)
        return Result.fail(`it begins after event ${after}, and the export ends with ${last}`)
      return RunArchive.read({
        ...archive,
        events: [...archive.events, ...events],
        artifacts: { ...archive.artifacts, ...artifacts }
      })
    }
  )
