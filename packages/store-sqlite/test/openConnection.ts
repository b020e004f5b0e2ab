import Sqlite from "better-sqlite3"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import { currentProcess } from "../src/internal/ownerProcess.ts"
import type { SqliteConnection } from "../src/internal/sqliteConnection.ts"
import { migrate } from "../src/internal/sqliteSchema.ts"
import { sqliteStoreDriver } from "../src/internal/sqliteStoreDriver.ts"
import { SqliteWriter } from "../src/internal/sqliteWriter.ts"

/** Opens a file and shows what a store keeps to itself: its connection, its writer and the statements that were run. */
export const openConnection = Effect.fnUntraced(function* (path: string) {
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
