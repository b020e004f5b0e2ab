/**
 * The tables of the PostgreSQL store, and how those of an older version become those of this version.
 *
 * All migrations of a database are one transaction under one lock, so that processes which start together migrate once, and
 * a migration that fails has changed nothing. A migration that was released is never changed.
 */
import * as Effect from "effect/Effect"
import type { QueryFailure } from "./postgresFailure.ts"
import type { PostgresNames } from "./postgresNames.ts"
import { ask, type PostgresSession } from "./postgresSession.ts"
import { timerMillisMax } from "./postgresSettings.ts"

/**
 * Texts are compared by their bytes (`COLLATE "C"`), which is the order of code points. Times are milliseconds since 1970.
 *
 * `change` is the transaction that touched a run last, and `changed_by` the store that made it: a process finds what others
 * did since it last looked by comparing `change` with the snapshot of that look. An index on it would be written with every
 * append, and would keep PostgreSQL from updating the row in its place; `change_block` rises once in 1,024 transactions.
 *
 * `ended_at` is the time of the last write to a run that has ended, for `prune`: an index on `updated_at` would be written with
 * every append too. `artifact_run` says which runs refer to an artifact, so that the last one takes it along.
 *
 * `creation` and `claim` are random numbers of whoever created and claimed the run, which tell after a lost connection
 * whether it was this request. `mails` counts all mail that was ever put.
 */
const first = (names: PostgresNames): ReadonlyArray<string> => [
  `CREATE TABLE ${names.run} (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL,
  flow text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  tags text[] COLLATE "C" NOT NULL,
  created_at double precision NOT NULL,
  updated_at double precision NOT NULL,
  sequence integer NOT NULL,
  epoch integer NOT NULL,
  owner text COLLATE "C",
  lease_until double precision NOT NULL,
  lease double precision NOT NULL,
  ended_at double precision,
  creation bigint NOT NULL,
  claim bigint NOT NULL,
  mails bigint NOT NULL DEFAULT 0,
  change xid8 NOT NULL,
  change_block integer NOT NULL,
  changed_by bigint NOT NULL
) WITH (fillfactor = 70)`,
  `CREATE UNIQUE INDEX ${names.index("run_id")} ON ${names.run} (id)`,
  `CREATE INDEX ${names.index("run_newest")} ON ${names.run} (created_at DESC, id)`,
  `CREATE INDEX ${names.index("run_newest_by_status")} ON ${names.run} (status, created_at DESC, id)`,
  `CREATE INDEX ${names.index("run_newest_by_flow")} ON ${names.run} (flow, created_at DESC)`,
  `CREATE INDEX ${names.index("run_ended")} ON ${names.run} (ended_at, id) WHERE ended_at IS NOT NULL`,
  `CREATE INDEX ${names.index("run_tags")} ON ${names.run} USING gin (tags)`,
  `CREATE INDEX ${names.index("run_change")} ON ${names.run} (change_block)`,
  `CREATE TABLE ${names.event} (
  run_key bigint NOT NULL,
  at double precision NOT NULL,
  sequence integer NOT NULL,
  epoch integer NOT NULL,
  cause text,
  event text NOT NULL,
  PRIMARY KEY (run_key, sequence)
)`,
  `CREATE TABLE ${names.mail} (
  run_key bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  at double precision NOT NULL,
  command text NOT NULL,
  change xid8 NOT NULL,
  put_by bigint NOT NULL,
  PRIMARY KEY (run_key, id)
)`,
  `CREATE INDEX ${names.index("mail_change")} ON ${names.mail} (change)`,
  `CREATE TABLE ${names.artifact} (
  hash text COLLATE "C" PRIMARY KEY,
  content text NOT NULL
)`,
  `CREATE TABLE ${names.artifactRun} (
  run_key bigint NOT NULL,
  hash text COLLATE "C" NOT NULL,
  PRIMARY KEY (run_key, hash)
)`,
  `CREATE INDEX ${names.index("artifact_run_hash")} ON ${names.artifactRun} (hash)`,
  `CREATE TABLE ${names.cached} (
  key text COLLATE "C" PRIMARY KEY,
  content text NOT NULL,
  at double precision NOT NULL,
  expires_at double precision
)`,
  `CREATE INDEX ${names.index("cached_expiry")} ON ${names.cached} (expires_at) WHERE expires_at IS NOT NULL`
]

/**
 * `wake_at` is until when a run is parked, and -1 for one that is not, so that all runs that are due are one range of the
 * index; those that have ended are not in it.
 */
const second = (names: PostgresNames): ReadonlyArray<string> => [
  `ALTER TABLE ${names.run} ADD COLUMN wake_at double precision NOT NULL DEFAULT -1`,
  `CREATE INDEX ${names.index("run_wake")} ON ${names.run} (wake_at) WHERE status IN ('running', 'paused')`
]

/** The SQL that leads from each version to the next one, from an empty schema on. */
const migrations: ReadonlyArray<(names: PostgresNames) => ReadonlyArray<string>> = [first, second]

/** The version that this package reads and writes. */
export const version: number = migrations.length

/** The statements that lead from a version to this one. */
export const statementsFrom = (names: PostgresNames, found: number): ReadonlyArray<string> => {
  if (found >= version) return []
  const before = [
    `CREATE SCHEMA IF NOT EXISTS ${names.schema}`,
    `CREATE TABLE ${names.version} (version integer NOT NULL)`,
    `INSERT INTO ${names.version} VALUES (0)`
  ]
  return [
    ...(found === 0 ? before : []),
    ...migrations.slice(found).flatMap((migration) => migration(names)),
    `UPDATE ${names.version} SET version = ${version}`
  ]
}

/** The version of the tables; 0 when there are none, and `undefined` when they are of another program. */
export const versionOf = (
  session: PostgresSession,
  names: PostgresNames
): Effect.Effect<number | undefined, QueryFailure> =>
  Effect.gen(function* () {
    const { run, schema, version: versionTable } = names.bare
    // Both tables in one look: between two of them, another process could have made both.
    const tables = yield* ask<{ readonly name: string }>(
      session,
      {
        name: "",
        text: `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = $1 AND c.relname IN ($2, $3)`
      },
      [schema, versionTable, run]
    )
    if (!tables.some(({ name }) => name === versionTable)) return tables.length === 0 ? 0 : undefined
    const found = yield* ask<{ readonly version: number }>(
      session,
      { name: "", text: `SELECT version FROM ${names.version}` },
      []
    )
    return found[0]?.version
  })

/** Brings older tables to this version; what another process has brought further meanwhile stays. */
export const migrate = (
  session: PostgresSession,
  names: PostgresNames
): Effect.Effect<ReadonlyArray<string>, QueryFailure> => {
  const run = (text: string, values: ReadonlyArray<unknown> = []) =>
    ask(session, { name: "", text, waitMillis: timerMillisMax }, values)
  const inTransaction = Effect.gen(function* () {
    // An index of a large table, or another process that migrates, may take longer than any statement of a run.
    yield* run("SET LOCAL statement_timeout = 0")
    yield* run("SELECT pg_advisory_xact_lock($1::bigint)", [names.migrationLock])
    const found = yield* versionOf(session, names)
    const statements = found === undefined ? [] : statementsFrom(names, found)
    for (const statement of statements) yield* run(statement)
    return statements
  })
  return run("BEGIN").pipe(
    Effect.andThen(inTransaction),
    Effect.tap(() => run("COMMIT")),
    // What is left of a transaction ends with its connection, if even this fails.
    Effect.onError(() => Effect.ignore(run("ROLLBACK")))
  )
}
