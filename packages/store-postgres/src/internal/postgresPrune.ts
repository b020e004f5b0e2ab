/**
 * How runs are deleted that ended a while ago. They go through the one writer in batches like everything else, so that a large
 * prune does not hold up for long what runs write.
 */
import { type Prune, type Pruned, type StoreError, StoreRequest } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { QueryFailure } from "./postgresFailure.ts"
import type { PostgresNames } from "./postgresNames.ts"
import type { PostgresPool } from "./postgresPool.ts"
import { ask, type PostgresSession, type Statement } from "./postgresSession.ts"
import { decodeText } from "./postgresText.ts"
import type { PostgresWriter } from "./postgresWriter.ts"
import type { Outcome, WriteKind } from "./writeKind.ts"

interface EndedRun {
  readonly key: string
  readonly id: string
  readonly sequence: number
}

interface Deletion {
  readonly run: EndedRun
  readonly endedBeforeMillis: number
}

/** What became of a run that was to be deleted: whether it went, and how many artifacts went with it. */
interface Deleted {
  readonly isGone: boolean
  readonly artifactCount: number
}

/**
 * Locks the runs of keys `$1` that are still as old as `$2`. It is a statement of its own: whoever puts something for one of them
 * at this moment is waited for, and what was put is seen by the statement that deletes, and by no part of this one.
 */
const lockRuns = (names: PostgresNames): Statement => ({
  name: "prune-lock",
  text: `SELECT key::text FROM ${names.run} WHERE key = ANY ($1::bigint[]) AND ended_at < $2 ORDER BY key FOR UPDATE`
})

/** Deletes the runs of keys `$1`, which are locked, and locks the artifacts that may go with them. */
const deleteRuns = (names: PostgresNames): Statement => ({
  name: "prune-runs",
  text: `WITH gone AS (
    DELETE FROM ${names.run} WHERE key = ANY ($1::bigint[]) RETURNING key
  ), events AS (
    DELETE FROM ${names.event} e USING gone g WHERE e.run_key = g.key
  ), mail AS (
    DELETE FROM ${names.mail} m USING gone g WHERE m.run_key = g.key
  ), referred AS (
    DELETE FROM ${names.artifactRun} a USING gone g WHERE a.run_key = g.key RETURNING a.hash
  ), held AS (
    SELECT hash FROM ${names.artifact} WHERE hash IN (SELECT hash FROM referred) ORDER BY hash FOR UPDATE
  )
  SELECT ARRAY (SELECT key::text FROM gone) AS gone, ARRAY (SELECT hash FROM held) AS held`
})

/** Deletes those of the artifacts `$1` that no run refers to: also none that began to while this transaction waited for it. */
const deleteArtifacts = (names: PostgresNames): Statement => ({
  name: "prune-artifacts",
  text: `DELETE FROM ${names.artifact} a WHERE hash = ANY ($1::text[])
    AND NOT EXISTS (SELECT FROM ${names.artifactRun} r WHERE r.hash = a.hash) RETURNING true`
})

interface Found {
  readonly gone: ReadonlyArray<string>
  readonly held: ReadonlyArray<string>
}

const transaction = (
  session: PostgresSession,
  names: PostgresNames,
  deletions: ReadonlyArray<Deletion>,
  endedBeforeMillis: number
): Effect.Effect<ReadonlyArray<Outcome<Deleted>>, QueryFailure> => {
  const run = (name: string) => ask(session, { name, text: name }, [])
  const body = Effect.gen(function* () {
    const keys = deletions.map(({ run: { key } }) => key)
    const locked = yield* ask<{ readonly key: string }>(session, lockRuns(names), [keys, endedBeforeMillis])
    const [found] = yield* ask<Found>(session, deleteRuns(names), [locked.map(({ key }) => key)])
    const held = found?.held ?? []
    const artifacts = held.length === 0 ? [] : yield* ask(session, deleteArtifacts(names), [held])
    const gone = new Set(found?.gone)
    // How many went with which run does not matter to anybody: the first one stands for all of them.
    return keys.map((key, index) =>
      Exit.succeed({ isGone: gone.has(key), artifactCount: index === 0 ? artifacts.length : 0 })
    )
  })
  return run("BEGIN").pipe(
    Effect.andThen(body),
    Effect.tap(() => run("COMMIT")),
    Effect.tapError(({ _tag }) => (_tag === "Refused" ? Effect.ignore(run("ROLLBACK")) : Effect.void))
  )
}

const writeDeletion = (names: PostgresNames): WriteKind<Deletion, Deleted> => ({
  operation: "prune",
  runIdOf: ({ run }) => decodeText(run.id),
  rowsOf: ({ run }) => 1 + run.sequence,
  bytesOf: () => 0,
  keyOf: ({ run }) => decodeText(run.id),
  write: (session, deletions) => {
    const endedBeforeMillis = Math.min(...deletions.map((one) => one.endedBeforeMillis))
    return transaction(session, names, deletions, endedBeforeMillis)
  },
  settle: (_, deletions) => Effect.succeed(deletions.map(() => "absent" as const)),
  changedBy: () => undefined
})

/** The oldest runs that ended before `$1`, at most `$2`. */
const selectEnded = (names: PostgresNames): Statement => ({
  name: "prune-find",
  text: `SELECT key::text, id, sequence FROM ${names.run} WHERE ended_at < $1 ORDER BY ended_at, id LIMIT $2::bigint`
})

/** How many artifacts would go with the runs of keys `$1`, and how many cached outputs have expired at `$2`. */
const countOnly = (names: PostgresNames): Statement => ({
  name: "prune-count",
  text: `SELECT (
      SELECT count(*)::integer FROM ${names.artifact} a
      WHERE EXISTS (SELECT FROM ${names.artifactRun} r WHERE r.hash = a.hash AND r.run_key = ANY ($1::bigint[]))
        AND NOT EXISTS (SELECT FROM ${names.artifactRun} r WHERE r.hash = a.hash AND r.run_key <> ALL ($1::bigint[]))
    ) AS artifacts, (SELECT count(*)::integer FROM ${names.cached} WHERE expires_at <= $2) AS cached`
})

const deleteExpired = (names: PostgresNames): Statement => ({
  name: "prune-cached",
  text: `WITH gone AS (DELETE FROM ${names.cached} WHERE expires_at <= $1 RETURNING true)
    SELECT count(*)::integer AS cached FROM gone`
})

const summary = (runs: ReadonlyArray<EndedRun>, artifactCount: number, cachedCount: number): Pruned => ({
  runIds: runs.map(({ id }) => decodeText(id)),
  eventCount: runs.reduce((count, { sequence }) => count + sequence, 0),
  artifactCount,
  cachedCount
})

/** Prepares the deletion of runs. */
export const pruneRuns = (
  names: PostgresNames,
  pool: PostgresPool,
  writer: PostgresWriter
): ((prune: Prune) => Effect.Effect<Pruned, StoreError>) => {
  const about = { operation: "prune" }
  const [find, count, expire] = [selectEnded(names), countOnly(names), deleteExpired(names)]
  const kind = writeDeletion(names)
  return (prune) =>
    Effect.gen(function* () {
      StoreRequest.assertPrune(prune)
      const { endedBeforeMillis, isDryRun, nowMillis } = prune
      const limit = StoreRequest.rows(prune.limit, 1, Number.MAX_SAFE_INTEGER)
      const runs = yield* pool.ask<EndedRun>(about, find, [endedBeforeMillis, limit])
      if (isDryRun) {
        const values = [runs.map(({ key }) => key), nowMillis]
        const [counted] = yield* pool.ask<{ artifacts: number; cached: number }>(about, count, values)
        return summary(runs, counted?.artifacts ?? 0, counted?.cached ?? 0)
      }
      const deleted = yield* Effect.forEach(runs, (run) => writer.write(kind, { run, endedBeforeMillis }), {
        concurrency: "unbounded"
      })
      const [expired] = yield* pool.ask<{ cached: number }>(about, expire, [nowMillis])
      const gone = runs.filter((_, index) => deleted[index]?.isGone)
      const artifactCount = deleted.reduce((sum, one) => sum + one.artifactCount, 0)
      return summary(gone, artifactCount, expired?.cached ?? 0)
    })
}
