/**
 * The contract of a store in prepared statements: reads answer at once, and everything that writes goes through the one
 * writer of the connection. How a file is found and opened is in `SqliteStore`.
 */
import { type StoreDriverShape, type StoreError, StoreRequest } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { putArtifact, selectArtifact } from "./sqliteArtifacts.ts"
import { putCached, selectCached } from "./sqliteCache.ts"
import { sqliteArrivals, sqliteChanges } from "./sqliteChanges.ts"
import { type About, type SqliteConnection, whenFree } from "./sqliteConnection.ts"
import { appendEvents, createRun, readEvents } from "./sqliteLog.ts"
import { putMail, selectMail } from "./sqliteMail.ts"
import { claimRun, releaseRun, renewClaims } from "./sqliteOwnership.ts"
import { sqliteParking } from "./sqliteParking.ts"
import { pruneRuns } from "./sqlitePrune.ts"
import { listRuns, selectRun } from "./sqliteRuns.ts"
import type { SqliteWriter, Write } from "./sqliteWriter.ts"

type Writes = Pick<
  StoreDriverShape,
  "create" | "append" | "claim" | "renew" | "release" | "putMail" | "putArtifact" | "putCached" | "prune"
>

type Reads = Pick<StoreDriverShape, "read" | "get" | "list" | "readMail" | "getArtifact" | "getCached">

const writes = (connection: SqliteConnection, writer: SqliteWriter): Writes => {
  const { database, process } = connection
  const create = createRun(database, process)
  const append = appendEvents(database)
  const claim = claimRun(database, process)
  const renew = renewClaims(database)
  const release = releaseRun(database)
  const put = putMail(database)
  const keep = putArtifact(database)
  const cache = putCached(database)
  /** Refuses what any store refuses before it waits for a turn of the writer. */
  const write = <A>(
    about: About,
    rows: number,
    refuse: () => StoreError | undefined,
    run: Write<A>
  ): Effect.Effect<A, StoreError> =>
    Effect.suspend(() => {
      const refusal = refuse()
      return refusal === undefined ? writer.write(about, rows, run) : Effect.fail(refusal)
    })
  return {
    create: (run) =>
      write(
        { operation: "create", runId: run.runId },
        1 + run.tags.length + run.events.length,
        () => StoreRequest.refuseCreate(run),
        (transaction) => create(run, transaction)
      ),
    append: (request) =>
      write(
        { operation: "append", runId: request.runId },
        1 + request.events.length + request.consumed.length,
        () => StoreRequest.refuseAppend(request),
        (transaction) => append(request, transaction)
      ),
    claim: (request) =>
      write(
        { operation: "claim", runId: request.runId },
        1,
        () => StoreRequest.refuseClaim(request),
        (transaction) => claim(request, transaction)
      ),
    renew: (renewal) => writer.write({ operation: "renew" }, renewal.runs.length, () => renew(renewal)),
    release: (runId, epoch) =>
      writer.write({ operation: "release", runId }, 1, (transaction) => release(runId, epoch, transaction)),
    putMail: (runId, mail) =>
      write(
        { operation: "putMail", runId },
        1,
        () => StoreRequest.refuseMail(runId, mail),
        (transaction) => put(runId, mail, transaction)
      ),
    putArtifact: (runId, hash, content) =>
      write(
        { operation: "putArtifact", runId },
        2,
        () => StoreRequest.refuseArtifact(runId, hash, content),
        () => keep(runId, hash, content)
      ),
    putCached: (output) =>
      write(
        { operation: "putCached" },
        1,
        () => StoreRequest.refuseCached(output),
        () => Exit.succeed(cache(output))
      ),
    prune: pruneRuns(connection, writer)
  }
}

const reads = (connection: SqliteConnection): Reads => {
  const { database } = connection
  const read = readEvents(database)
  const get = selectRun(database)
  const mail = selectMail(database)
  const artifact = selectArtifact(database)
  const cached = selectCached(database)
  const rows = (limit: number) => StoreRequest.rows(limit, 0, Number.MAX_SAFE_INTEGER)
  return {
    read: (runId, afterSequence, limit) =>
      whenFree(connection, { operation: "read", runId }, () => read(runId, afterSequence, rows(limit))),
    get: (runId) => whenFree(connection, { operation: "get", runId }, () => get(runId)),
    list: (query) =>
      Effect.suspend(() => {
        const refusal = StoreRequest.refuseQuery(query)
        if (refusal !== undefined) return Effect.fail(refusal)
        return whenFree(connection, { operation: "list" }, () => listRuns(database, query))
      }),
    readMail: (runId, limit) =>
      whenFree(connection, { operation: "readMail", runId }, () => Exit.succeed(mail(runId, rows(limit)))),
    getArtifact: (hash) =>
      whenFree(connection, { operation: "getArtifact" }, () => Exit.succeed(artifact(hash))),
    getCached: (key, nowMillis) =>
      whenFree(connection, { operation: "getCached" }, () => Exit.succeed(cached(key, nowMillis)))
  }
}

/** Offers the contract on a connection whose file has the tables of `sqliteSchema`. */
export const sqliteStoreDriver = (connection: SqliteConnection, writer: SqliteWriter): StoreDriverShape => ({
  name: "sqlite",
  abilities: {
    notify: true,
    artifacts: true,
    cache: true,
    prune: true,
    sharedProcesses: true,
    deadOwners: true,
    parking: true
  },
  ...writes(connection, writer),
  ...reads(connection),
  ...sqliteParking(connection, writer),
  changes: sqliteChanges(connection),
  arrivals: sqliteArrivals(connection)
})
