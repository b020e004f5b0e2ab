/**
 * The contract of a store in statements: what moves a run on goes through the one writer, everything else over the pool. How
 * a database is found and opened is in `PostgresStore`.
 */
import {
  type Mail,
  type StoreDriverShape,
  StoreError,
  StoreRequest,
  type StoredEvent
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { randomBytes } from "node:crypto"
import { eventBytes } from "./eventColumns.ts"
import { refuseNames } from "./nameLimit.ts"
import { insertArtifact, selectArtifact } from "./postgresArtifacts.ts"
import { cachedOf, type FoundOutput, putCached, selectCached } from "./postgresCache.ts"
import { type EventRow, eventsOf, selectEvents } from "./postgresEvents.ts"
import { insertMail, mailOf, type MailPut, selectMail } from "./postgresMail.ts"
import type { Feeds } from "./postgresNotifications.ts"
import { postgresParking } from "./postgresParking.ts"
import type { PostgresPool } from "./postgresPool.ts"
import { pruneRuns } from "./postgresPrune.ts"
import { integerMax } from "./postgresRows.ts"
import { type FoundRun, pageOf, runOf, selectRun, selectRuns } from "./postgresRuns.ts"
import type { PostgresSettings } from "./postgresSettings.ts"
import { decodeText, encodeText, soughtText } from "./postgresText.ts"
import type { PostgresWriter } from "./postgresWriter.ts"
import { writeAppend } from "./writeAppend.ts"
import { writeClaim } from "./writeClaim.ts"
import { writeCreate } from "./writeCreate.ts"
import { writeRelease, writeRenewal } from "./writeLease.ts"

/** What the operations of a store work on. */
export interface PostgresParts {
  readonly settings: PostgresSettings
  /** The number of this store, which no other one has. */
  readonly handle: string
  readonly writer: PostgresWriter
  readonly pool: PostgresPool
  readonly feeds: Feeds
  /** Tells everybody of runs that this store has changed. */
  readonly tell: (runIds: ReadonlyArray<string>) => void
}

type Writes = Pick<StoreDriverShape, "create" | "append" | "claim" | "renew" | "release">

type Shared = Omit<
  StoreDriverShape,
  keyof Writes | "park" | "nextWake" | "name" | "abilities" | "changes" | "arrivals"
>

/** A number that nobody else has. */
export const uniqueNumber = (): string => randomBytes(8).readBigInt64BE().toString()

/** Most bytes of the events of one append: a statement of PostgreSQL holds less than a gibibyte. */
const appendBytesMax = 256 * 1024 * 1024

const refuseEvents = (
  operation: string,
  runId: string,
  after: number,
  events: ReadonlyArray<StoredEvent>
): StoreError | undefined => {
  if (after + events.length > integerMax) {
    const ability = `more than ${integerMax} events in one run`
    return new StoreError({ operation, runId, reason: { _tag: "Unsupported", ability } })
  }
  const bytes = eventBytes(events)
  if (bytes <= appendBytesMax) return undefined
  return new StoreError({ operation, runId, reason: { _tag: "TooLarge", bytes, maximum: appendBytesMax } })
}

/** Refuses what any store and this one refuses, before anything is sent. */
const unless = <A>(
  refuse: () => StoreError | undefined,
  go: () => Effect.Effect<A, StoreError>
): Effect.Effect<A, StoreError> =>
  Effect.suspend(() => {
    const refusal = refuse()
    return refusal === undefined ? go() : Effect.fail(refusal)
  })

const writes = ({ handle, settings, writer }: PostgresParts): Writes => {
  const { names } = settings
  const create = writeCreate(names, handle)
  const append = writeAppend(names, handle)
  const claim = writeClaim(names, handle)
  const renewal = writeRenewal(names)
  const release = writeRelease(names, handle)
  return {
    create: (run) =>
      unless(
        () =>
          StoreRequest.refuseCreate(run) ??
          refuseNames("create", run.runId, [
            run.runId,
            run.flow,
            ...run.tags,
            ...(run.artifacts ?? []).map(({ hash }) => hash)
          ]) ??
          refuseEvents("create", run.runId, 0, run.events),
        () => writer.write(create, { run, number: uniqueNumber() })
      ),
    append: (request) =>
      unless(
        () =>
          StoreRequest.refuseAppend(request) ??
          refuseEvents("append", request.runId, request.afterSequence, request.events),
        () => writer.write(append, request)
      ),
    claim: (request) =>
      unless(
        () => StoreRequest.refuseClaim(request),
        () => writer.write(claim, { claim: request, number: uniqueNumber() })
      ),
    renew: (request) => writer.write(renewal, request),
    release: (runId, epoch) => Effect.asVoid(writer.write(release, { runId, epoch }))
  }
}

const notFound = (operation: string, runId: string): Effect.Effect<never, StoreError> =>
  Effect.fail(new StoreError({ operation, runId, reason: { _tag: "RunNotFound" } }))

/** Reads the log of a run. It checks that no event is missing, since a log with a gap tells lies. */
const readLog = ({ pool, settings }: PostgresParts): StoreDriverShape["read"] => {
  const statement = selectEvents(settings.names)
  return (runId, afterSequence, limit) =>
    Effect.gen(function* () {
      const after = Math.max(0, afterSequence)
      const most = StoreRequest.rows(limit, 0, Number.MAX_SAFE_INTEGER)
      const rows = yield* pool.ask<EventRow>({ operation: "read", runId }, statement, [
        soughtText(runId),
        Math.min(integerMax, Math.floor(after)),
        most
      ])
      const [first] = rows
      if (first === undefined) return yield* notFound("read", runId)
      const events = eventsOf(rows)
      const missing = events.findIndex((event, index) => event.sequence !== after + index + 1)
      const isShort = events.length < Math.min(most, first.last - after)
      if (missing < 0 && !isShort) return events
      const number = after + 1 + (missing < 0 ? events.length : missing)
      const message = `event ${number} of ${first.last} is missing`
      return yield* new StoreError({ operation: "read", runId, reason: { _tag: "Corrupt", message } })
    })
}

/** Puts mail. Asked twice, it is there once, or the owner of the run finds out by its id that it was there before. */
const putMail = ({ feeds, handle, pool, settings, tell }: PostgresParts): StoreDriverShape["putMail"] => {
  const { names, notify } = settings
  const statement = insertMail(names)
  const channel = notify ? names.arrivalsChannel : null
  /** Mail whose answers were lost: it may be there, and nobody else tells who listens here of what this store has put. */
  const unsure = new Set<string>()
  const told = (runId: string): void => {
    tell([runId])
    feeds.arrivals.tell([runId])
  }
  const put = (runId: string, { atMillis, command, id }: Mail) =>
    Effect.gen(function* () {
      const key = JSON.stringify([runId, id])
      const values = [handle, encodeText(runId), encodeText(id), atMillis, encodeText(command), channel]
      const lost = () => {
        unsure.add(key)
        told(runId)
      }
      const [answer] = yield* pool.ask<MailPut>({ operation: "putMail", runId }, statement, values, lost)
      const wasUnsure = unsure.delete(key)
      if (answer?.found !== true) return yield* notFound("putMail", runId)
      if (answer.put || wasUnsure) told(runId)
    })
  return (runId, mail) =>
    unless(
      () => StoreRequest.refuseMail(runId, mail) ?? refuseNames("putMail", runId, [mail.id]),
      () => (runId.isWellFormed() ? put(runId, mail) : notFound("putMail", runId))
    )
}

const shared = (parts: PostgresParts): Shared => {
  const { pool, settings, writer } = parts
  const { names } = settings
  const [cache, cached] = [putCached(names), selectCached(names)]
  const [run, mail] = [selectRun(names), selectMail(names)]
  const [keep, artifact] = [insertArtifact(names), selectArtifact(names)]
  return {
    read: readLog(parts),
    get: (runId) =>
      Effect.map(pool.ask<FoundRun>({ operation: "get", runId }, run, [soughtText(runId)]), ([found]) =>
        found === undefined ? undefined : runOf(found)
      ),
    list: (query) =>
      unless(
        () => StoreRequest.refuseQuery(query),
        () => {
          const { statement, values } = selectRuns(names, query)
          return Effect.map(pool.ask<FoundRun>({ operation: "list" }, statement, values), (found) =>
            pageOf(query, found)
          )
        }
      ),
    putMail: putMail(parts),
    readMail: (runId, limit) =>
      Effect.map(
        pool.ask<Mail>({ operation: "readMail", runId }, mail, [
          soughtText(runId),
          StoreRequest.rows(limit, 0, Number.MAX_SAFE_INTEGER)
        ]),
        mailOf
      ),
    putArtifact: (runId, hash, content) =>
      unless(
        () => StoreRequest.refuseArtifact(runId, hash, content) ?? refuseNames("putArtifact", runId, [hash]),
        () =>
          Effect.flatMap(
            pool.ask({ operation: "putArtifact", runId }, keep, [
              soughtText(runId),
              encodeText(hash),
              encodeText(content)
            ]),
            (rows) => (rows.length === 0 ? notFound("putArtifact", runId) : Effect.void)
          )
      ),
    getArtifact: (hash) =>
      Effect.map(
        pool.ask<{ readonly content: string }>({ operation: "getArtifact" }, artifact, [soughtText(hash)]),
        ([found]) => (found === undefined ? undefined : decodeText(found.content))
      ),
    putCached: (output) =>
      unless(
        () => StoreRequest.refuseCached(output) ?? refuseNames("putCached", undefined, [output.key]),
        () =>
          Effect.asVoid(
            pool.ask({ operation: "putCached" }, cache, [
              encodeText(output.key),
              encodeText(output.content),
              output.atMillis,
              output.expiresAtMillis ?? null
            ])
          )
      ),
    getCached: (key, nowMillis) =>
      Effect.map(
        pool.ask<FoundOutput>({ operation: "getCached" }, cached, [soughtText(key), nowMillis]),
        ([found]) => (found === undefined ? undefined : cachedOf(found))
      ),
    prune: pruneRuns(names, pool, writer)
  }
}

/** Offers the contract on a database that has the tables of `postgresSchema`. */
export const postgresStoreDriver = (parts: PostgresParts): StoreDriverShape => ({
  name: "postgres",
  abilities: {
    notify: true,
    artifacts: true,
    cache: true,
    prune: true,
    sharedProcesses: true,
    deadOwners: false,
    parking: true
  },
  ...writes(parts),
  ...shared(parts),
  ...postgresParking(parts),
  changes: parts.feeds.changes.stream,
  arrivals: parts.feeds.arrivals.stream
})
