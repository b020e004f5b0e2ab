/**
 * A store in one SQLite file, for one machine: runs survive their process, and several processes may share the file.
 *
 * The file is in WAL mode, so that readers never wait for the writer. Everything that is written goes through one writer
 * per connection, which commits what several runs ask for in one turn of the event loop as one transaction. The file must
 * be on a disk of this machine: SQLite's locks do not work on network shares.
 */
import { StoreDriver, type StoreDriverShape, StoreError } from "@dagflow/protocol"
import Database from "better-sqlite3"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import { mkdirSync } from "node:fs"
import path from "node:path"
import { filePlace } from "./internal/filePlace.ts"
import { currentProcess } from "./internal/ownerProcess.ts"
import { blockingMillis, type SqliteConnection, whenFree } from "./internal/sqliteConnection.ts"
import { inMemory, sqliteLocation } from "./internal/sqliteLocation.ts"
import * as sqliteSchema from "./internal/sqliteSchema.ts"
import { sqliteStoreDriver } from "./internal/sqliteStoreDriver.ts"
import { SqliteWriter, type WriterRuntime } from "./internal/sqliteWriter.ts"

/** What a recorded result survives. */
export type Durability = "full" | "normal"

/** Where the file is, and how it is written. */
export interface SqliteStoreOptions {
  /**
   * The file: a path, `sqlite:PATH`, `sqlite:///ABSOLUTE/PATH`, a `file:` URL, or `:memory:` for a database that is lost
   * with the store. The file and the directories above it are created when they are missing. The path of `sqlite:` is
   * taken as it stands, without decoding `%20`.
   */
  readonly filename: string | URL
  /**
   * What a recorded result survives. Default: `"full"`.
   *
   * `"full"` also survives power loss, for one wait for the disk per transaction: measured 0.4 ms against 0.04 ms, which
   * a run feels when its nodes start one after the other, and hardly when they run side by side. `"normal"` survives the
   * end of the process, `kill -9` included, but power loss may take the last moments back: what ran in them runs again.
   * Neither of them can leave a damaged file or half of an append.
   */
  readonly durability?: Durability | undefined
  /**
   * How long an operation waits while another process holds the lock, before it fails with `Unavailable`. Default: 5
   * seconds; 0 does not wait. It does not stop the process: other work goes on meanwhile.
   */
  readonly busyTimeout?: Duration.Input | undefined
  /**
   * How often `changes` looks for what other processes did, while somebody reads it. Default: 250 ms, at least 10 ms.
   * What this process does is told at once.
   */
  readonly pollInterval?: Duration.Input | undefined
}

const pollMillisMin = 10

/** The size to which the file beside the database shrinks once its content was moved there. */
const walBytes = 64 * 1024 * 1024

interface Settings extends Pick<SqliteConnection, "path" | "busyTimeoutMillis" | "pollIntervalMillis"> {
  readonly durability: Durability
}

const settings = (options: SqliteStoreOptions | string | URL): Effect.Effect<Settings, StoreError> => {
  const given = typeof options === "string" || options instanceof URL ? { filename: options } : options
  const location = sqliteLocation(given.filename)
  if (Result.isFailure(location)) return Effect.fail(unsupported(location.failure))
  return Effect.succeed({
    path: location.success,
    durability: given.durability ?? "full",
    busyTimeoutMillis: Duration.toMillis(given.busyTimeout ?? Duration.seconds(5)),
    pollIntervalMillis: Math.max(pollMillisMin, Duration.toMillis(given.pollInterval ?? Duration.millis(250)))
  })
}

const unsupported = (ability: string): StoreError =>
  new StoreError({ operation: "open", reason: { _tag: "Unsupported", ability } })

const corrupt = (message: string): StoreError =>
  new StoreError({ operation: "open", reason: { _tag: "Corrupt", message } })

/** Why a file must not be touched, or `undefined` when it is ours, empty, or older than this package. */
const refuseFile = (database: Database.Database, file: string): StoreError | undefined => {
  switch (sqliteSchema.stateOf(database)) {
    case "newer":
      return corrupt(
        `${file} has schema version ${sqliteSchema.versionOf(database)}, and this release of @dagflow/store-sqlite ` +
          `reads up to ${sqliteSchema.version}: update it`
      )
    case "foreign":
      return corrupt(`${file} is a database of another program, not a store of runs; choose another file`)
    default:
      return undefined
  }
}

/** Makes a database ours. Nothing is written before it is known that it may be. */
const prepare = (
  database: Database.Database,
  { durability, path: file }: Settings
): Exit.Exit<void, StoreError> => {
  const refusal = refuseFile(database, file)
  if (refusal !== undefined) return Exit.fail(refusal)
  const mode = database.pragma("journal_mode = WAL", { simple: true })
  if (mode !== "wal" && file !== inMemory) {
    return Exit.fail(
      unsupported(`${file}: this file system does not allow SQLite's WAL; use a disk of this machine`)
    )
  }
  database.pragma(`synchronous = ${durability}`)
  database.pragma(`journal_size_limit = ${walBytes}`)
  if (sqliteSchema.stateOf(database) !== "current") sqliteSchema.migrate(database)
  const after = refuseFile(database, file)
  return after === undefined ? Exit.void : Exit.fail(after)
}

const open = (given: Settings): Effect.Effect<Database.Database, StoreError, Scope.Scope> =>
  Effect.acquireRelease(
    whenFree(given, { operation: "open" }, () => {
      if (given.path !== inMemory) mkdirSync(path.dirname(given.path), { recursive: true })
      return Exit.succeed(new Database(given.path, { timeout: blockingMillis }))
    }),
    (database) => Effect.sync(() => database.close())
  ).pipe(Effect.tap((database) => whenFree(given, { operation: "open" }, () => prepare(database, given))))

/**
 * Opens a file and offers it as a store until the scope ends.
 *
 * **Failures**
 * - `Corrupt`: the file is no database, is damaged, belongs to another program, or was written by a newer release. It is
 *   left as it is.
 * - `Unsupported`: the address means no file, or the file system does not allow SQLite's locks.
 * - `Unavailable` (retryable): the file cannot be opened or written, or another process keeps it locked.
 */
export const make = Effect.fnUntraced(function* (
  options: SqliteStoreOptions | string | URL
): Effect.fn.Return<StoreDriverShape, StoreError, Scope.Scope> {
  const given = yield* settings(options)
  const database = yield* open(given)
  const connection: SqliteConnection = {
    ...given,
    database,
    assertInPlace: filePlace(given.path),
    process: currentProcess(),
    changeListeners: new Set(),
    mailListeners: new Set()
  }
  const clock = yield* Clock.Clock
  const scheduler = yield* Scheduler.Scheduler
  const runFork = Effect.runForkWith(yield* Effect.context<Scope.Scope>())
  const scope = yield* Effect.scope
  const runtime: WriterRuntime = {
    dispatcher: scheduler.makeDispatcher(),
    clock,
    later: (millis, task) =>
      void runFork(Effect.forkIn(Effect.andThen(Effect.sleep(millis), Effect.sync(task)), scope))
  }
  const { driver, writer } = yield* whenFree(given, { operation: "open" }, () => {
    const writer = new SqliteWriter(connection, runtime)
    return Exit.succeed({ writer, driver: sqliteStoreDriver(connection, writer) })
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => writer.close()))
  return driver
})

/**
 * Offers a file as the store of an engine.
 *
 * **Example** (A store in a file)
 *
 * ```ts
 * const store = SqliteStore.layer("runs.db")
 * const fast = SqliteStore.layer({ filename: "sqlite:runs.db", durability: "normal" })
 * ```
 */
export const layer = (options: SqliteStoreOptions | string | URL): Layer.Layer<StoreDriver, StoreError> =>
  Layer.effect(StoreDriver, make(options))
