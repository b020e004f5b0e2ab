import type { StoreError } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import { monotonicMillis } from "./monotonicMillis.ts"
import type { OwnerProcess } from "./ownerProcess.ts"
import { isBusy, sqliteFailure } from "./sqliteFailure.ts"

/** One open file: what reads, writes and the change feed of a store work on. */
export interface SqliteConnection {
  readonly database: Database
  /** Where the file is, for messages. */
  readonly path: string
  /** Throws once the file is not there any more, so that nothing is written to one that nobody finds again. */
  readonly assertInPlace: () => void
  /** How long an operation waits for a lock that another process holds. */
  readonly busyTimeoutMillis: number
  /** How often the change feed looks for what other processes did. */
  readonly pollIntervalMillis: number
  /** This process, which claims runs. */
  readonly process: OwnerProcess
  /** Called with the id of each run that this connection changed, after the change is durable. */
  readonly changeListeners: Set<(runId: string) => void>
  /** Called with the id of each run that this connection left mail for, after the mail is durable. */
  readonly mailListeners: Set<(runId: string) => void>
}

/** An operation, for messages. */
export interface About {
  readonly operation: string
  readonly runId?: string
}

/**
 * How long SQLite itself waits for a lock, which stops this whole process: long enough for most transactions of another
 * one. After that the operation waits by the clock, and everything else goes on.
 */
export const blockingMillis = 5

/** How long an operation waits between two attempts at a lock. */
export const pauseMillis = 5

/** The failure that an error of SQLite means, or the defect that any other error is. */
export const failure = (
  connection: Pick<SqliteConnection, "path">,
  about: About,
  error: unknown
): Effect.Effect<never, StoreError> => {
  const known = sqliteFailure(error, about, connection.path)
  return known === undefined ? Effect.die(error) : Effect.fail(known)
}

/** Runs plain code that asks SQLite for something, again and again while another process holds the lock. */
export const whenFree = <A>(
  connection: Pick<SqliteConnection, "path" | "busyTimeoutMillis">,
  about: About,
  run: () => Exit.Exit<A, StoreError>
): Effect.Effect<A, StoreError> => {
  const attempt = (busySince: number | undefined): Effect.Effect<A, StoreError> =>
    Effect.suspend(() => {
      const result = Result.try(run)
      if (Result.isSuccess(result)) return result.success
      if (!isBusy(result.failure)) return failure(connection, about, result.failure)
      return Clock.clockWith((clock) => {
        const now = monotonicMillis(clock)
        const since = busySince ?? now
        if (now - since >= connection.busyTimeoutMillis) return failure(connection, about, result.failure)
        return Effect.andThen(Effect.sleep(pauseMillis), attempt(since))
      })
    })
  return attempt(undefined)
}
