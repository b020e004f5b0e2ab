/** A run as one JSON document: everything that a store keeps of it, to be kept elsewhere or put into another store. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as ContentHash from "../definition/ContentHash.ts"
import { Envelope } from "./Envelope.ts"

/** A run as one JSON document. */
export const RunArchive = Schema.Struct({
  format: Schema.Literal("dagflow-run"),
  /** Version of the document's shape. */
  version: Schema.Literal(1),
  runId: Schema.String,
  /** The whole log, from the first event on. */
  events: Schema.Array(Envelope),
  /** The large outputs that the events refer to, as JSON texts by their hash. */
  artifacts: Schema.Record(Schema.String, Schema.String)
})
/** A run as one JSON document. */
export type RunArchive = typeof RunArchive.Type

const decode = Schema.decodeUnknownResult(RunArchive)

/** Hashes of the large outputs that events refer to. */
export const artifactsOf = (events: ReadonlyArray<Envelope>): ReadonlyArray<string> => {
  const hashes = new Set<string>()
  for (const { event } of events) {
    if (event._tag !== "NodeCompleted") continue
    for (const output of Object.values(event.outputs)) {
      if (typeof output !== "object" || output === null || Array.isArray(output)) continue
      const hash = (output as Schema.JsonObject)["$artifact"]
      if (typeof hash === "string") hashes.add(hash)
    }
  }
  return [...hashes]
}

/** Reads a document that may come from anywhere, or says in words what is wrong with it. */
export const read = (document: unknown): Result.Result<RunArchive, string> =>
  Result.flatMap(
    Result.mapError(decode(document), (issue) => `this is no export of a run: ${issue.message}`),
    (archive) => {
      const problem = problemOf(archive)
      return problem === undefined ? Result.succeed(archive) : Result.fail(problem)
    }
  )

const problemOf = ({ artifacts, events, runId }: RunArchive): string | undefined => {
  for (const [index, { runId: own, sequence }] of events.entries()) {
    if (own !== runId) return `event ${sequence} is of run "${own}" and not of "${runId}"`
    if (sequence !== index + 1) return `event ${sequence} stands where ${index + 1} belongs`
  }
  for (const [hash, content] of Object.entries(artifacts)) {
    if (ContentHash.ofText(content) !== hash) return `the content of artifact ${hash} is not what was hashed`
  }
  const missing = artifactsOf(events).find((hash) => !Object.hasOwn(artifacts, hash))
  return missing === undefined ? undefined : `artifact ${missing} is missing`
}
