/**
 * A store in PostgreSQL: runs survive their process and its machine, and any number of processes share them.
 *
 * What runs write goes through one connection per process, where one statement carries what all of them asked for while the
 * one before was on its way. A write whose answer is lost with its connection is never guessed about: it is read back.
 */
import { StoreDriver, type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import type { ConnectionOptions } from "node:tls"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { monotonicMillis } from "./internal/monotonicMillis.ts"
import { failOf } from "./internal/postgresFailure.ts"
import { changedRuns, mailedRuns, PostgresFeed, type Snapshot } from "./internal/postgresFeed.ts"
import { followNotifications, PostgresAnnouncer } from "./internal/postgresNotifications.ts"
import { PostgresPool } from "./internal/postgresPool.ts"
import * as postgresSchema from "./internal/postgresSchema.ts"
import { ask, type PostgresSession } from "./internal/postgresSession.ts"
import { postgresSettings, type PostgresSettings } from "./internal/postgresSettings.ts"
import { postgresStoreDriver, uniqueNumber } from "./internal/postgresStoreDriver.ts"
import { PostgresWriter } from "./internal/postgresWriter.ts"
import { openFailure, WriterSession } from "./internal/writerSession.ts"

/** What a recorded result survives. */
export type Durability = "full" | "normal"

/** Where the database is, and how it is used. */
export interface PostgresStoreOptions {
  /**
   * The database: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, with the parameters that `pg` knows, such as
   * `?sslmode=require`, and with `?schema=` and `?prefix=` instead of the options of these names. What is left out comes from the variables of PostgreSQL (`PGHOST`, `PGPASSWORD` …).
   */
  readonly url: string | URL
  /** How the connection is encrypted, as `pg` takes it, when the parameters of the address do not say enough. */
  readonly ssl?: boolean | ConnectionOptions | undefined
  /** The schema that holds the tables. Default: `dagflow`. */
  readonly schema?: string | undefined
  /** Stands before the name of each table, so that several stores share a schema. Default: none. */
  readonly prefix?: string | undefined
  /**
   * What a recorded result survives. Default: `"full"`, which waits as `synchronous_commit` of the server says. `"normal"`
   * does not wait for the disk of the server: if the server crashes, the last moments may be forgotten, and what ran in
   * them runs again.
   */
  readonly durability?: Durability | undefined
  /** Connections for reading, beside one that writes and one that listens. Default: 4. */
  readonly poolSize?: number | undefined
  /** How long an operation waits for a connection before it fails with `Unavailable`. Default: 5 seconds. */
  readonly connectTimeout?: Duration.Input | undefined
  /** How long the server works on one statement before it fails with `Unavailable`. Default: 30 seconds. */
  readonly statementTimeout?: Duration.Input | undefined
  /** Whether processes wake each other by `NOTIFY`. Default: yes. */
  readonly notify?: boolean | undefined
  /**
   * How often `changes` and `arrivals` look for what other processes did, while somebody reads them and nothing wakes
   * them. Default: 1 second, at least 10 ms; `Infinity` is never, and then only `notify` tells.
   */
  readonly pollInterval?: Duration.Input | undefined
  /**
   * Whether tables that are missing or older are brought to this release when the store is opened. Default: yes. Without
   * it, opening fails with `Corrupt` until `migrate` was run, by a role that may make tables.
   */
  readonly migrate?: boolean | undefined
}

/** What was done to the tables, or would have to be done. */
export interface Migration {
  /** Version of the tables that were there; 0 when there were none. */
  readonly from: number
  /** Version that this release reads and writes. */
  readonly to: number
  /** The SQL in its order; none when the tables are of this version. */
  readonly statements: ReadonlyArray<string>
}

type Given = PostgresStoreOptions | string | URL

const optionsOf = (given: Given): PostgresStoreOptions =>
  typeof given === "string" || given instanceof URL ? { url: given } : given

const about = { operation: "open" }

const corrupt = (message: string): StoreError =>
  new StoreError({ ...about, reason: { _tag: "Corrupt", message } })

/** The version of the tables, if they are ours and not newer than this release. */
const versionOf = (
  session: PostgresSession,
  settings: PostgresSettings
): Effect.Effect<number, StoreError> => {
  const { names, place } = settings
  return postgresSchema.versionOf(session, names).pipe(
    Effect.catch((failure) => failOf(failure, about, place)),
    Effect.flatMap((found) => {
      if (found === undefined) {
        return Effect.fail(
          corrupt(`${place}: ${names.run} is a table of another program; choose another schema or prefix`)
        )
      }
      if (found <= postgresSchema.version) return Effect.succeed(found)
      return Effect.fail(
        corrupt(
          `${place}: the tables of ${names.schema} have version ${found}, and this release of ` +
            `@dagflow/store-postgres reads up to ${postgresSchema.version}: update it`
        )
      )
    })
  )
}

const connect = (
  settings: PostgresSettings,
  handle: string
): Effect.Effect<readonly [WriterSession, PostgresSession], StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const sessions = yield* Effect.acquireRelease(
      Effect.sync(() => new WriterSession(settings, handle, clock)),
      (made) => made.close
    )
    const deadline = monotonicMillis(clock) + settings.connectMillis
    const session = yield* sessions
      .openBefore(deadline)
      .pipe(Effect.catch((failure) => openFailure(failure, about, settings.place)))
    return [sessions, session] as const
  })

const migrateTables = (
  session: PostgresSession,
  { names, place }: PostgresSettings
): Effect.Effect<ReadonlyArray<string>, StoreError> =>
  postgresSchema.migrate(session, names).pipe(Effect.catch((failure) => failOf(failure, about, place)))

/**
 * Brings the tables of a store to the version of this release, or says what that would take. Run it with a role that may
 * make tables; the role that runs flows needs no such right.
 *
 * **Failures**
 * - `Corrupt`: the tables are of another program or of a newer release. They are left as they are.
 * - `Unsupported`: the address means no database, or the server cannot hold a store.
 * - `Unavailable` (retryable): the server cannot be reached, or the role may not make tables.
 *
 * **Example** (Looking first)
 *
 * ```ts
 * const { statements } = await Effect.runPromise(PostgresStore.migrate({ url, dryRun: true }))
 * console.log(statements.join(";\n"))
 * ```
 */
export const migrate = (
  options: (PostgresStoreOptions & { readonly dryRun?: boolean | undefined }) | string | URL
): Effect.Effect<Migration, StoreError> =>
  Effect.gen(function* () {
    const given = optionsOf(options)
    const settings = yield* postgresSettings(given)
    const [, session] = yield* connect(settings, uniqueNumber())
    const from = yield* versionOf(session, settings)
    const isDry = "dryRun" in given && given.dryRun === true
    const statements = isDry
      ? postgresSchema.statementsFrom(settings.names, from)
      : yield* migrateTables(session, settings)
    return { from, to: postgresSchema.version, statements }
  }).pipe(Effect.scoped)

/** Makes the tables ours, if that is allowed. */
const prepare = (session: PostgresSession, settings: PostgresSettings): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const found = yield* versionOf(session, settings)
    if (found === postgresSchema.version) return
    if (!settings.migrate) {
      const what = found === 0 ? "has no tables of a store" : `has tables of version ${found}`
      return yield* corrupt(
        `${settings.place}: ${settings.names.schema} ${what}, and this release needs version ` +
          `${postgresSchema.version}: run dagflow migrate`
      )
    }
    yield* migrateTables(session, settings)
    yield* versionOf(session, settings)
  })

const snapshotOf = (session: PostgresSession, place: string): Effect.Effect<Snapshot, StoreError> =>
  ask<{ readonly snapshot: Snapshot }>(
    session,
    { name: "", text: "SELECT pg_current_snapshot()::text AS snapshot" },
    []
  ).pipe(
    Effect.catch((failure) => failOf(failure, about, place)),
    Effect.flatMap(([row]) =>
      row === undefined ? Effect.die(new Error("a server without a snapshot")) : Effect.succeed(row.snapshot)
    )
  )

/**
 * Connects to a database and offers it as a store until the scope ends.
 *
 * **Failures**
 * - `Corrupt`: the tables are of another program or of a newer release, or they are older and may not be changed. They are
 *   left as they are.
 * - `Unsupported`: the address means no database, a pooler such as PgBouncer stands between, or the server cannot hold a store.
 * - `Unavailable` (retryable): the server cannot be reached, or does not let this role in.
 */
export const make = Effect.fnUntraced(function* (
  options: PostgresStoreOptions | string | URL
): Effect.fn.Return<StoreDriverShape, StoreError, Scope.Scope> {
  const settings = yield* postgresSettings(optionsOf(options))
  const { names, notify, pollMillis } = settings
  const handle = uniqueNumber()
  const [sessions, session] = yield* connect(settings, handle)
  yield* prepare(session, settings)
  const snapshot = yield* snapshotOf(session, settings.place)
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => new PostgresPool(settings)),
    ({ close }) => close
  )
  const news = { pool, handle, pollMillis, snapshot }
  const feeds = {
    changes: new PostgresFeed({ ...news, operation: "changes", statement: changedRuns(names) }),
    arrivals: new PostgresFeed({ ...news, operation: "arrivals", statement: mailedRuns(names) })
  }
  const announcer = new PostgresAnnouncer()
  const tell = (runIds: ReadonlyArray<string>): void => {
    feeds.changes.tell(runIds)
    if (notify) announcer.announce()
  }
  const writer = new PostgresWriter(settings, sessions, yield* Clock.Clock, tell)
  yield* Effect.forkScoped(writer.run)
  yield* Effect.forkScoped(feeds.changes.run)
  yield* Effect.forkScoped(feeds.arrivals.run)
  if (notify) {
    yield* Effect.forkScoped(announcer.run(pool, names, handle))
    yield* Effect.forkScoped(followNotifications(settings, handle, feeds))
  }
  yield* Effect.addFinalizer(() => writer.close)
  return postgresStoreDriver({ settings, handle, writer, pool, feeds, tell })
})

/**
 * Offers a database as the store of an engine.
 *
 * **Example** (A store in a database)
 *
 * ```ts
 * const store = PostgresStore.layer("postgres://app@db.example.org/runs")
 * const tuned = PostgresStore.layer({ url: "postgres://app@db.example.org/runs", schema: "flows", poolSize: 8 })
 * ```
 */
export const layer = (options: PostgresStoreOptions | string | URL): Layer.Layer<StoreDriver, StoreError> =>
  Layer.effect(StoreDriver, make(options))
