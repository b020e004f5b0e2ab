/**
 * Who has to hear of what is written. Writers of this connection tell at once; what other ones write is found by asking
 * the file, and only while somebody listens.
 */
import type { StoreError } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import { type SqliteConnection, whenFree } from "./sqliteConnection.ts"

const changedRuns = "SELECT id FROM run WHERE change > ? ORDER BY change"

/** Mail is a change of its run, so only runs that changed are asked for mail. */
const mailedRuns =
  "SELECT id FROM run WHERE change > ? AND EXISTS (SELECT 1 FROM mail WHERE run_key = key) ORDER BY change"

/**
 * Looks for what other connections did since the last look. SQLite raises `data_version` when one of them has committed,
 * which costs a look into memory; only then the tables are asked.
 */
const watch = (database: Database, since: string): (() => Array<string>) => {
  const version = database.prepare<[], number>("PRAGMA data_version").pluck()
  const greatest = database.prepare<[], number>("SELECT ifnull(max(change), 0) FROM run").pluck()
  const select = database.prepare<[number], string>(since).pluck()
  // Questions are asked in the order in which what is written between two of them is found by the next look.
  let seenVersion = version.get()
  let seen = greatest.get() ?? 0
  return () => {
    const foundVersion = version.get()
    if (foundVersion === seenVersion) return []
    const found = greatest.get() ?? 0
    const runIds = select.all(seen)
    seenVersion = foundVersion
    seen = found
    return runIds
  }
}

/**
 * The ids of runs that somebody is told of from now on: at once by this connection, at the poll interval by other ones. A
 * reader who is slow finds each of them once.
 */
const feed = (
  connection: SqliteConnection,
  operation: string,
  listeners: Set<(runId: string) => void>,
  since: string
): Stream.Stream<string, StoreError> => {
  const subscribe = Effect.acquireRelease(
    whenFree(connection, { operation }, () => {
      const look = watch(connection.database, since)
      const told = new Set<string>()
      const arrived = Latch.makeUnsafe(false)
      const listener = (runId: string): void => {
        told.add(runId)
        arrived.openUnsafe()
      }
      listeners.add(listener)
      return Exit.succeed({ look, told, arrived, listener })
    }),
    ({ listener }) => Effect.sync(() => listeners.delete(listener))
  )
  return Stream.unwrap(
    Effect.map(subscribe, ({ arrived, look, told }) => {
      const wait = Effect.timeoutOrElse(arrived.await, {
        duration: connection.pollIntervalMillis,
        orElse: () => Effect.void
      })
      // The file is asked at each turn, so that a busy writer of this connection does not hide what others do.
      const take = whenFree(connection, { operation }, () => {
        arrived.closeUnsafe()
        const runIds = new Set([...told, ...look()])
        told.clear()
        return Exit.succeed(runIds)
      })
      return Stream.fromEffectRepeat(Effect.andThen(wait, take)).pipe(Stream.flattenIterable)
    })
  )
}

/** The ids of runs that change from now on. */
export const sqliteChanges = (connection: SqliteConnection): Stream.Stream<string, StoreError> =>
  feed(connection, "changes", connection.changeListeners, changedRuns)

/** The ids of runs that mail is left for from now on. */
export const sqliteArrivals = (connection: SqliteConnection): Stream.Stream<string, StoreError> =>
  feed(connection, "arrivals", connection.mailListeners, mailedRuns)
