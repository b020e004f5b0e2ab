/**
 * What every store checks before it looks at its data, so that all of them refuse the same requests for the same reasons
 * and none of them keeps a text that it cannot give back.
 *
 * A refusal is a `StoreError` for whoever asked. Numbers that cannot be are defects of the engine that asked: they are
 * thrown, and end the asking fiber.
 */
import { StoreError } from "../error/StoreError.ts"
import * as RunCursor from "./RunCursor.ts"
import * as StoreAbility from "./StoreAbility.ts"
import type {
  Append,
  Artifact,
  CachedOutput,
  CreateRun,
  Mail,
  Parking,
  Prune,
  RunQuery,
  StoreAbilities,
  StoredEvent
} from "./StoreDriver.ts"

/** Most bytes that one text may have in UTF-8: 64 MiB. A longer one fails with `TooLarge`. */
export const textBytesMax = 64 * 1024 * 1024

/** Most runs on one page of a list. */
export const pageRunsMax = 1000

const encoder = new TextEncoder()

/** A UTF-16 code unit takes one to three bytes, so most texts are judged without encoding them. */
const bytesOf = (text: string): number => {
  if (text.length > textBytesMax) return text.length
  return text.length * 3 <= textBytesMax ? 0 : encoder.encode(text).length
}

const refuseText = (text: string, operation: string, runId: string | undefined): StoreError | undefined => {
  const about = runId === undefined ? { operation } : { operation, runId }
  const bytes = bytesOf(text)
  if (bytes > textBytesMax) {
    return new StoreError({ ...about, reason: { _tag: "TooLarge", bytes, maximum: textBytesMax } })
  }
  if (text.isWellFormed()) return undefined
  return new StoreError({
    ...about,
    reason: { _tag: "Unsupported", ability: "text with half of a surrogate pair, which UTF-8 cannot write" }
  })
}

const refuseTexts = (
  texts: Iterable<string>,
  operation: string,
  runId: string | undefined
): StoreError | undefined => {
  for (const text of texts) {
    const refusal = refuseText(text, operation, runId)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

const assertFinite = (value: number, name: string): void => {
  if (!Number.isFinite(value)) throw new RangeError(`${name} is ${value}: a store keeps finite numbers only`)
}

const refuseEvents = (
  events: ReadonlyArray<StoredEvent>,
  after: number,
  operation: string,
  runId: string
): StoreError | undefined => {
  let sequence = after
  for (const event of events) {
    sequence++
    if (event.sequence !== sequence) {
      throw new RangeError(`event ${event.sequence} stands where ${sequence} belongs: a log has no gaps`)
    }
    assertFinite(event.atMillis, "atMillis of an event")
    assertFinite(event.epoch, "epoch of an event")
    const refusal =
      refuseText(event.event, operation, runId) ??
      (event.cause === undefined ? undefined : refuseText(event.cause, operation, runId))
    if (refusal !== undefined) return refusal
  }
  return undefined
}

const refuseArtifacts = (
  artifacts: ReadonlyArray<Artifact>,
  operation: string,
  runId: string
): StoreError | undefined =>
  refuseTexts(
    artifacts.flatMap(({ content, hash }) => (content === undefined ? [hash] : [hash, content])),
    operation,
    runId
  )

/** Why no store takes this run, or none of these abilities; `undefined` when any may. Default: a store that offers all. */
export const refuseCreate = (run: CreateRun, abilities?: StoreAbilities): StoreError | undefined => {
  assertFinite(run.nowMillis, "nowMillis")
  assertFinite(run.leaseMillis, "leaseMillis")
  if (abilities?.artifacts === false && (run.artifacts ?? []).length > 0) {
    return StoreAbility.unsupported("artifacts", "create")
  }
  return (
    refuseTexts([run.runId, run.flow, run.owner, ...run.tags], "create", run.runId) ??
    refuseArtifacts(run.artifacts ?? [], "create", run.runId) ??
    refuseEvents(run.events, 0, "create", run.runId)
  )
}

/** Hashes of artifacts that a new run refers to and brings no text of: the store has to have them. */
export const artifactsNeeded = ({ artifacts = [] }: CreateRun): ReadonlyArray<string> => {
  const brought = new Set(artifacts.flatMap(({ content, hash }) => (content === undefined ? [] : [hash])))
  return artifacts.flatMap(({ content, hash }) => (content === undefined && !brought.has(hash) ? [hash] : []))
}

/** Why a run is not created that needs an artifact which the store does not have. */
export const artifactGone = (runId: string, hash: string): StoreError =>
  new StoreError({
    operation: "create",
    runId,
    reason: { _tag: "Corrupt", message: `artifact ${hash} is gone` }
  })

/** Why no store takes these events, or `undefined` when the owner of the run may append them. */
export const refuseAppend = (append: Append): StoreError | undefined => {
  assertFinite(append.nowMillis, "nowMillis")
  assertFinite(append.epoch, "epoch")
  assertFinite(append.afterSequence, "afterSequence")
  return refuseEvents(append.events, append.afterSequence, "append", append.runId)
}

/** Why no store takes this claim, or `undefined` when it depends on the run. */
export const refuseClaim = (claim: {
  readonly runId: string
  readonly owner: string
  readonly nowMillis: number
  readonly leaseMillis: number
}): StoreError | undefined => {
  assertFinite(claim.nowMillis, "nowMillis")
  assertFinite(claim.leaseMillis, "leaseMillis")
  return refuseText(claim.owner, "claim", claim.runId)
}

/** Why no store takes this mail, or `undefined` when it depends on the run. */
export const refuseMail = (runId: string, mail: Mail): StoreError | undefined => {
  assertFinite(mail.atMillis, "atMillis of mail")
  return refuseTexts([mail.id, mail.command], "putMail", runId)
}

/** Why no store takes this artifact, or `undefined` when it depends on the run. */
export const refuseArtifact = (runId: string, hash: string, content: string): StoreError | undefined =>
  refuseArtifacts([{ hash, content }], "putArtifact", runId)

/** Why no store takes these outputs, or `undefined` when any may. */
export const refuseCached = (output: CachedOutput): StoreError | undefined => {
  assertFinite(output.atMillis, "atMillis of cached outputs")
  if (output.expiresAtMillis !== undefined) assertFinite(output.expiresAtMillis, "expiresAtMillis")
  return refuseTexts([output.key, output.content], "putCached", undefined)
}

/** Takes care that a run is parked until a moment that there is. */
export const assertParking = (parking: Parking): void => {
  assertFinite(parking.epoch, "epoch")
  assertFinite(parking.wakeAtMillis, "wakeAtMillis")
  if (parking.wakeAtMillis < 0)
    throw new RangeError(`wakeAtMillis is ${parking.wakeAtMillis}, and must be at least 0`)
}

/** Takes care that nothing is deleted because of a number that is none. */
export const assertPrune = (prune: Prune): void => {
  assertFinite(prune.endedBeforeMillis, "endedBeforeMillis")
  assertFinite(prune.nowMillis, "nowMillis")
}

/** Why no store answers this query, or `undefined` when any may. */
export const refuseQuery = (query: RunQuery): StoreError | undefined => {
  if (query.createdFromMillis !== undefined) assertFinite(query.createdFromMillis, "createdFromMillis")
  if (query.createdBeforeMillis !== undefined) assertFinite(query.createdBeforeMillis, "createdBeforeMillis")
  if (query.dueAtMillis !== undefined) assertFinite(query.dueAtMillis, "dueAtMillis")
  if (query.cursor === undefined || RunCursor.decode(query.cursor) !== undefined) return undefined
  return new StoreError({
    operation: "list",
    reason: { _tag: "Unsupported", ability: `the cursor "${query.cursor}", which no page gave out` }
  })
}

/** How many rows a limit asks for, between `least` and `most`; a limit that is no number asks for `least`. */
export const rows = (limit: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.floor(limit) || 0))

/** How many runs a page of this query has at most. */
export const pageRuns = (query: RunQuery): number => rows(query.limit, 1, pageRunsMax)
