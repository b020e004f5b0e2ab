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

/** A question to the file: what is the greatest number now, and whom do greater numbers than `seen` concern? */
interface Question {
  readonly greatest: string
  readonly since: string
}

const changedRuns: Question = {
  greatest: "SELECT ifnull(max(change), 0) FROM run",
  since: "SELECT id, change AS number FROM run WHERE change > ? ORDER BY number"
}

const mailedRuns: Question = {
  greatest: "SELECT ifnull(max(number), 0) FROM mail",
  since: "SELECT run.id, mail.number FROM mail JOIN run ON run.key = run_key WHERE number > ? ORDER BY number"
}

/**
 * Looks for what other connections did since the last look. SQLite raises `data_version` when one of them has committed,
 * which costs a look into memory; only then the tables are asked.
 */
const watch = (database: Database, question: Question): (() => Array<string>) => {
  const version = database.prepare<[], number>("PRAGMA data_version").pluck()
  const greatest = database.prepare<[], number>(question.greatest).pluck()
  const since = database.prepare<[number], { readonly id: string; readonly number: number }>(question.since)
  // In this order, what is written between the two questions is found by the next look.
  let seenVersion = version.get()
  let seen = greatest.get() ?? 0
  return () => {
    const found = version.get()
    if (found === seenVersion) return []
    const rows = since.all(seen)
    seenVersion = found
    seen = rows.at(-1)?.number ?? seen
    return rows.map(({ id }) => id)
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
  question: Question
): Stream.Stream<string, StoreError> => {
  const subscribe = Effect.acquireRelease(
    whenFree(connection, { operation }, () => {
      const look = watch(connection.database, question)
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
