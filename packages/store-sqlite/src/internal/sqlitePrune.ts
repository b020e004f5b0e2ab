/**
 * How runs are deleted that ended a while ago. Each run is one write of the connection's writer, so that a large prune
 * neither holds the lock for long nor stops the process.
 */
import { type Prune, type Pruned, type StoreError, StoreRequest } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type SqliteConnection, whenFree } from "./sqliteConnection.ts"
import type { SqliteTransaction, SqliteWriter } from "./sqliteWriter.ts"

/** Runs that wait for the writer at once: enough to share a transaction. */
const runsAtOnce = 64

interface EndedRun {
  readonly key: number
  readonly id: string
  readonly tags: string
  readonly sequence: number
}

const isEnded = "status IN ('completed', 'failed', 'cancelled')"

/** Prepares the deletion of one run, unless it has been written to meanwhile. Answers how many artifacts went with it. */
const deleteRun = (
  database: Database
): ((run: EndedRun, endedBeforeMillis: number, transaction: SqliteTransaction) => number | undefined) => {
  const remove = database.prepare<[number, string, number]>(
    `DELETE FROM run WHERE key = ? AND id = ? AND ${isEnded} AND updated_at < ?`
  )
  const removeTags = database.prepare<[string, number]>(
    "DELETE FROM run_tag WHERE tag IN (SELECT value FROM json_each(?)) AND run_key = ?"
  )
  const removeEvents = database.prepare<[number, number]>(
    "DELETE FROM event WHERE position >= ? << 32 AND position < (? + 1) << 32"
  )
  const removeMail = database.prepare<[number]>("DELETE FROM mail WHERE run_key = ?")
  const removeArtifacts = database.prepare<[number, number]>(
    `DELETE FROM artifact WHERE hash IN (SELECT hash FROM artifact_run WHERE run_key = ?)
     AND NOT EXISTS (SELECT 1 FROM artifact_run AS other WHERE other.hash = artifact.hash AND other.run_key <> ?)`
  )
  const removeReferences = database.prepare<[number]>("DELETE FROM artifact_run WHERE run_key = ?")
  const keepChange = database.prepare<[number]>("UPDATE pruned SET change = ?")
  return ({ id, key, tags }, endedBeforeMillis, transaction) => {
    if (remove.run(key, id, endedBeforeMillis).changes === 0) return undefined
    removeTags.run(tags, key)
    removeEvents.run(key, key)
    removeMail.run(key)
    const { changes } = removeArtifacts.run(key, key)
    removeReferences.run(key)
    keepChange.run(transaction.change)
    return changes
  }
}

const countArtifacts = `SELECT count(*) FROM artifact WHERE hash IN (
    SELECT hash FROM artifact_run WHERE run_key IN (SELECT value FROM json_each(?))
  ) AND NOT EXISTS (
    SELECT 1 FROM artifact_run AS other
    WHERE other.hash = artifact.hash AND other.run_key NOT IN (SELECT value FROM json_each(?))
  )`

/** Prepares the deletion of runs. */
export const pruneRuns = (
  connection: SqliteConnection,
  writer: SqliteWriter
): ((prune: Prune) => Effect.Effect<Pruned, StoreError>) => {
  const { database } = connection
  const select = database.prepare<[number, number], EndedRun>(
    `SELECT key, id, tags, sequence FROM run WHERE ${isEnded} AND updated_at < ? ORDER BY updated_at, id LIMIT ?`
  )
  const countOnly = database.prepare<[string, string], number>(countArtifacts).pluck()
  const countExpired = database
    .prepare<[number], number>("SELECT count(*) FROM cached WHERE expires_at <= ?")
    .pluck()
  const removeExpired = database.prepare<[number]>("DELETE FROM cached WHERE expires_at <= ?")
  const remove = deleteRun(database)
  const removeRun = (run: EndedRun, { endedBeforeMillis }: Prune) =>
    writer.write({ operation: "prune", runId: run.id }, run.sequence, (transaction) =>
      Exit.succeed(remove(run, endedBeforeMillis, transaction))
    )
  const find = (prune: Prune) =>
    whenFree(connection, { operation: "prune" }, () => {
      StoreRequest.assertPrune(prune)
      return Exit.succeed(
        select.all(prune.endedBeforeMillis, StoreRequest.rows(prune.limit, 1, Number.MAX_SAFE_INTEGER))
      )
    })
  const preview = (runs: ReadonlyArray<EndedRun>, { nowMillis }: Prune) =>
    whenFree(connection, { operation: "prune" }, () => {
      const keys = JSON.stringify(runs.map(({ key }) => key))
      const artifactCount = countOnly.get(keys, keys) ?? 0
      return Exit.succeed(summary(runs, artifactCount, countExpired.get(nowMillis) ?? 0))
    })
  return (prune) =>
    Effect.gen(function* () {
      const runs = yield* find(prune)
      if (prune.isDryRun) return yield* preview(runs, prune)
      const removed = yield* Effect.forEach(runs, (run) => removeRun(run, prune), { concurrency: runsAtOnce })
      const { changes } = yield* writer.write({ operation: "prune" }, 1, () =>
        Exit.succeed(removeExpired.run(prune.nowMillis))
      )
      const gone = runs.filter((_, index) => removed[index] !== undefined)
      return summary(
        gone,
        removed.reduce<number>((sum, count) => sum + (count ?? 0), 0),
        changes
      )
    })
}

const summary = (runs: ReadonlyArray<EndedRun>, artifactCount: number, cachedCount: number): Pruned => ({
  runIds: runs.map(({ id }) => id),
  eventCount: runs.reduce((count, { sequence }) => count + sequence, 0),
  artifactCount,
  cachedCount
})
