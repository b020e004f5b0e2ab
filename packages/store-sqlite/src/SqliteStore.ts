/** Runs kept in one SQLite file. Several processes may use the file; each run has one writer at a time. */
import { StoreDriver, type StoreDriverShape, StoreError } from "@dagflow/protocol"
import Sqlite, { type Database } from "better-sqlite3"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { SqliteChanges } from "./internal/SqliteChanges.ts"
import { sqliteFailure } from "./internal/sqliteFailure.ts"
import { inMemory, sqliteLocation } from "./internal/sqliteLocation.ts"
import { SqliteStoreDriver } from "./SqliteStoreDriver.ts"
import { migrate } from "./SqliteSchema.ts"

/** How a SQLite store is opened. */
export interface SqliteStoreOptions {
  /**
   * Where the file is: a path, `sqlite:PATH`, a `file:` URL, or `:memory:` for a database that is gone with the layer.
   * The file is made when it does not exist; its folder is not.
   */
  readonly filename: string | URL
  /**
   * What a commit survives. `normal` (default): the death of the process, also `kill -9`; the last commits may be lost when
   * the machine loses power, and the file stays whole. `full`: that too, at the price of waiting for the disk at every
   * commit, which takes ten times as long where commits are small.
   */
  readonly durability?: "normal" | "full"
  /** How long a write waits for another process to finish its own, 0 or more; default 5 seconds. */
  readonly busyTimeout?: Duration.Input
  /** How often the file is asked for writes of other processes, while somebody listens; default 250 milliseconds. */
  readonly pollInterval?: Duration.Input
}

const configure = (database: Database, options: SqliteStoreOptions): void => {
  database.pragma("journal_mode = WAL")
  database.pragma(`synchronous = ${options.durability === "full" ? "FULL" : "NORMAL"}`)
  migrate(database)
}

const open = (location: string, options: SqliteStoreOptions): Result.Result<Database, StoreError> =>
  Result.try({
    try: () => {
      const timeout = Duration.toMillis(options.busyTimeout ?? "5 seconds")
      const database = new Sqlite(location, { timeout })
      try {
        configure(database, options)
        return database
      } catch (cause) {
        database.close()
        throw cause
      }
    },
    catch: (cause) => sqliteFailure(cause, "open")
  })

/**
 * Opens a store in the current scope. Closing the scope commits what waits and closes the file.
 *
 * **Failures**
 * - `Unavailable`: the file cannot be opened or written; the message says what to look at.
 * - `Corrupt`: the file is damaged, no database, or written by a newer version of this package. It is left as it is.
 */
export const make = (
  options: SqliteStoreOptions | string | URL
): Effect.Effect<StoreDriverShape, StoreError, Scope.Scope> => {
  const all = typeof options === "string" || options instanceof URL ? { filename: options } : options
  return Effect.gen(function* () {
    const location = sqliteLocation(all.filename)
    if (Result.isFailure(location)) {
      const message = `this is no place for a file: ${location.failure}`
      return yield* new StoreError({ operation: "open", reason: { _tag: "Unavailable", message } })
    }
    const acquire = Effect.suspend(() => Effect.fromResult(open(location.success, all)))
    const opened = yield* Effect.acquireRelease(
      Effect.map(acquire, (database) => {
        const changes = new SqliteChanges(database, all.pollInterval ?? "250 millis")
        return { database, changes, driver: new SqliteStoreDriver(database, changes) }
      }),
      ({ database, driver }) =>
        Effect.sync(() => {
          driver.flush()
          database.close()
        })
    )
    const { changes, driver } = opened
    const { append, claim, create, get, getArtifact, list, putArtifact, putMail, read } = driver
    const { readMail, release, renew } = driver
    return {
      name: location.success === inMemory ? "sqlite in memory" : "sqlite",
      append,
      claim,
      create,
      get,
      getArtifact,
      list,
      putArtifact,
      putMail,
      read,
      readMail,
      release,
      renew,
      changes: Stream.suspend(() => changes.changes),
      arrivals: Stream.suspend(() => changes.arrivals)
    }
  })
}

/**
 * A store in one SQLite file.
 *
 * **Example**
 * ```ts
 * const engine = DagFlow.layer().pipe(Layer.provide(SqliteStore.layer("flow.db")))
 * ```
 */
export const layer = (options: SqliteStoreOptions | string | URL): Layer.Layer<StoreDriver, StoreError> =>
  Layer.effect(StoreDriver, make(options))
