/**
 * Who has to hear of what is written. This store tells at once; what others write is found by asking the database what has
 * changed since it was last asked. A notification says only that it is time to ask, so that one that is lost costs no more
 * than the wait for the next poll.
 */
import type { StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import type { PostgresNames } from "./postgresNames.ts"
import type { PostgresPool } from "./postgresPool.ts"
import type { Statement } from "./postgresSession.ts"
import { decodeText } from "./postgresText.ts"

/** What the database has seen: the list of transactions that had ended at some moment. */
export type Snapshot = string

/** How long after a look the next one is at the earliest, so that a busy server is not asked for every notification. */
const lookGapMillis = 10

/** How long to wait after a look that failed. */
const failurePauseMillis = 500

/** Restored tables know transactions that this server has not had yet; they say nothing about what happens now. */
const since = (change: string): string =>
  `NOT pg_visible_in_snapshot(${change}, $1::pg_snapshot) AND ${change} < pg_snapshot_xmax(pg_current_snapshot())`

const block = (snapshot: string): string => `(${snapshot}::text::bigint >> 10)::integer`

/** The runs that other stores than `$2` changed after snapshot `$1`. */
export const changedRuns = (names: PostgresNames): Statement => ({
  name: "changed-runs",
  text: `SELECT pg_current_snapshot()::text AS snapshot, ARRAY (
      SELECT id FROM ${names.run}
      WHERE change_block BETWEEN ${block("pg_snapshot_xmin($1::pg_snapshot)")}
          AND ${block("pg_snapshot_xmax(pg_current_snapshot())")}
        AND changed_by <> $2::bigint AND ${since("change")}
    ) AS ids`
})

/** The runs that other stores than `$2` put mail for after snapshot `$1`. */
export const mailedRuns = (names: PostgresNames): Statement => ({
  name: "mailed-runs",
  text: `SELECT pg_current_snapshot()::text AS snapshot, ARRAY (
      SELECT DISTINCT r.id FROM ${names.mail} m JOIN ${names.run} r ON r.key = m.run_key
      WHERE m.change >= pg_snapshot_xmin($1::pg_snapshot) AND m.put_by <> $2::bigint AND ${since("m.change")}
    ) AS ids`
})

interface Look {
  readonly snapshot: Snapshot
  readonly ids: ReadonlyArray<string>
}

interface Listener {
  readonly told: Set<string>
  readonly arrived: Latch.Latch
  failure: Exit.Exit<never, StoreError> | undefined
}

/** What a feed needs to know of its store. */
export interface FeedOptions {
  readonly operation: "changes" | "arrivals"
  readonly statement: Statement
  readonly pool: PostgresPool
  /** The number of the store, whose own writes are told without asking. */
  readonly handle: string
  readonly pollMillis: number
  /** What the database had seen when the store was opened. */
  readonly snapshot: Snapshot
}

/** News of one kind for all who listen. */
export class PostgresFeed {
  readonly #options: FeedOptions
  readonly #listeners = new Set<Listener>()
  readonly #listening = Latch.makeUnsafe(false)
  readonly #due = Latch.makeUnsafe(false)
  #snapshot: Snapshot

  constructor(options: FeedOptions) {
    this.#options = options
    this.#snapshot = options.snapshot
  }

  /** Opens when somebody listens. */
  get listening(): Effect.Effect<void> {
    return this.#listening.await
  }

  /** Says that others may have written something. */
  wake(): void {
    this.#due.openUnsafe()
  }

  /** Tells all who listen of runs. */
  tell(runIds: ReadonlyArray<string>): void {
    for (const { arrived, told } of this.#listeners) {
      for (const runId of runIds) told.add(runId)
      arrived.openUnsafe()
    }
  }

  /** Looks for what others did while somebody listens, for ever. */
  get run(): Effect.Effect<never> {
    const { pollMillis } = this.#options
    const due =
      pollMillis === Infinity
        ? this.#due.await
        : Effect.timeoutOrElse(this.#due.await, { duration: pollMillis, orElse: () => Effect.void })
    return this.#listening.await.pipe(
      Effect.andThen(due),
      Effect.andThen(this.#look),
      Effect.andThen(Effect.sleep(lookGapMillis)),
      Effect.forever
    )
  }

  get #look(): Effect.Effect<void> {
    const { handle, operation, pool, statement } = this.#options
    return Effect.suspend(() => {
      this.#due.closeUnsafe()
      return pool.ask<Look>({ operation }, statement, [this.#snapshot, handle])
    }).pipe(
      Effect.matchCauseEffect({
        onSuccess: ([look]) =>
          Effect.sync(() => {
            if (look === undefined) return
            this.#snapshot = look.snapshot
            if (look.ids.length > 0) this.tell(look.ids.map(decodeText))
          }),
        onFailure: (cause) => {
          const exit = Exit.failCause(cause)
          const isPassing = cause.reasons.every(
            (reason) => reason._tag === "Fail" && reason.error.isRetryable
          )
          if (!isPassing) this.#fail(exit)
          // Nothing is missed: the next look asks for all that happened since the last one that succeeded.
          this.wake()
          return Effect.sleep(failurePauseMillis)
        }
      })
    )
  }

  #fail(failure: Exit.Exit<never, StoreError>): void {
    for (const listener of this.#listeners) {
      listener.failure = failure
      listener.arrived.openUnsafe()
    }
  }

  /** The ids of runs that somebody is told of from now on. A reader who is slow finds each of them once. */
  get stream(): Stream.Stream<string, StoreError> {
    const subscribe = Effect.acquireRelease(
      Effect.sync((): Listener => {
        const listener = { told: new Set<string>(), arrived: Latch.makeUnsafe(false), failure: undefined }
        this.#listeners.add(listener)
        this.#listening.openUnsafe()
        return listener
      }),
      (listener) =>
        Effect.sync(() => {
          this.#listeners.delete(listener)
          if (this.#listeners.size === 0) this.#listening.closeUnsafe()
        })
    )
    const take = (listener: Listener) =>
      Effect.suspend((): Effect.Effect<ReadonlyArray<string>, StoreError> => {
        if (listener.failure !== undefined) return listener.failure
        const runIds = [...listener.told]
        listener.told.clear()
        listener.arrived.closeUnsafe()
        return Effect.succeed(runIds)
      })
    return Stream.unwrap(
      Effect.map(subscribe, (listener) =>
        Stream.fromEffectRepeat(Effect.andThen(listener.arrived.await, take(listener))).pipe(
          Stream.flattenIterable
        )
      )
    )
  }
}
