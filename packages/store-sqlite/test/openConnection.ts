import type { StoreDriverShape } from "@dagflow/protocol"
import Sqlite, { type Database } from "better-sqlite3"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import { filePlace } from "../src/internal/filePlace.ts"
import { currentProcess } from "../src/internal/ownerProcess.ts"
import type { SqliteConnection } from "../src/internal/sqliteConnection.ts"
import { migrate } from "../src/internal/sqliteSchema.ts"
import { sqliteStoreDriver } from "../src/internal/sqliteStoreDriver.ts"
import { SqliteWriter } from "../src/internal/sqliteWriter.ts"

/** What a store keeps to itself. */
interface OpenConnection {
  readonly connection: SqliteConnection
  readonly database: Database
  /** The statements that were run. */
  readonly statements: Array<string>
  readonly writer: SqliteWriter
  readonly driver: StoreDriverShape
}

/** Opens a file and shows what a store keeps to itself. */
export const openConnection = Effect.fnUntraced(function* (
  path: string
): Effect.fn.Return<OpenConnection, never, Scope.Scope> {
  const statements: Array<string> = []
  const database = yield* Effect.acquireRelease(
    Effect.sync(
      () => new Sqlite(path, { timeout: 1, verbose: (text) => void statements.push(String(text)) })
    ),
    (opened) => Effect.sync(() => opened.close())
  )
  database.pragma("journal_mode = WAL")
  migrate(database)
  const connection: SqliteConnection = {
    database,
    path,
    assertInPlace: filePlace(path),
    busyTimeoutMillis: 1_000,
    pollIntervalMillis: 1_000,
    process: currentProcess(),
    changeListeners: new Set(),
    mailListeners: new Set()
  }
  const scheduler = yield* Scheduler.Scheduler
  const runFork = Effect.runForkWith(yield* Effect.context())
  const writer = new SqliteWriter(connection, {
    dispatcher: scheduler.makeDispatcher(),
    clock: yield* Clock.Clock,
    later: (millis, task) => void runFork(Effect.andThen(Effect.sleep(millis), Effect.sync(task)))
  })
  return { connection, database, statements, writer, driver: sqliteStoreDriver(connection, writer) }
})
