/** The connections of a store that any statement may use which is safe to be asked twice. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { StoreError } from "@dagflow/protocol"
import pg from "pg"
import { type About, failOf, isConflict, type QueryFailure, queryFailure } from "./postgresFailure.ts"
import { monotonicMillis } from "./monotonicMillis.ts"
import { pause } from "./pause.ts"
import type { Statement, Values } from "./postgresSession.ts"
import type { PostgresSettings } from "./postgresSettings.ts"

/** Answers questions on a few connections. */
export class PostgresPool {
  readonly #pool: pg.Pool
  readonly #settings: PostgresSettings

  constructor(settings: PostgresSettings) {
    this.#settings = settings
    this.#pool = new pg.Pool({
      ...settings.client,
      max: settings.poolSize,
      connectionTimeoutMillis: settings.connectMillis,
      query_timeout: settings.statementMillis + 5_000
    })
    // A connection that ends is found by whoever asks next.
    this.#pool.on("error", () => {})
    this.#pool.on("connect", (client) => client.on("error", () => {}))
  }

  /**
   * Asks for rows. While the server cannot be reached it is asked again, for as long as an operation waits for a connection;
   * so what is asked must mean the same when it is carried out twice. `lost` is called each time that an answer was lost.
   */
  ask<Row extends object>(
    about: About,
    statement: Statement,
    values: Values,
    lost: () => void = () => {}
  ): Effect.Effect<ReadonlyArray<Row>, StoreError> {
    const { connectMillis, place } = this.#settings
    return Clock.clockWith((clock) => {
      const deadline = monotonicMillis(clock) + connectMillis
      const attempt = (count: number): Effect.Effect<ReadonlyArray<Row>, StoreError> =>
        this.#once<Row>(statement, values).pipe(
          Effect.catch((failure) => {
            if (failure._tag === "Lost") lost()
            const mayPass = failure._tag === "Lost" || isConflict(failure)
            if (mayPass && monotonicMillis(clock) < deadline) {
              return Effect.andThen(pause(count), attempt(count + 1))
            }
            return this.#isFull(failure) ? Effect.fail(this.#full(about)) : failOf(failure, about, place)
          })
        )
      return attempt(0)
    })
  }

  #once<Row extends object>(
    { name, text }: Statement,
    values: Values
  ): Effect.Effect<ReadonlyArray<Row>, QueryFailure> {
    return Effect.callback<ReadonlyArray<Row>, QueryFailure>((resume) => {
      let isGone = false
      this.#pool.connect((refused, client, release) => {
        if (client === undefined) return resume(Effect.fail(queryFailure(refused)))
        if (isGone) return release()
        client.query<Row>({ name, text, values: [...values] }, (error: unknown, result) => {
          if (!error) {
            release()
            return resume(Effect.succeed(result.rows))
          }
          const failure = queryFailure(error)
          // Of a connection that was lost, nothing can be expected any more.
          release(failure._tag === "Lost")
          resume(Effect.fail(failure))
        })
      })
      return Effect.sync(() => {
        isGone = true
      })
    })
  }

  /** The pool says with an error of its own that nobody gave a connection back in time. */
  #isFull({ error }: QueryFailure): boolean {
    const isTimeout = error instanceof Error && error.message.startsWith("timeout exceeded")
    return isTimeout && this.#pool.totalCount >= this.#settings.poolSize
  }

  #full(about: About): StoreError {
    const { connectMillis, place, poolSize } = this.#settings
    const message = `${place}: all ${poolSize} connections were busy for ${connectMillis} ms: raise poolSize, or ask less at once`
    return new StoreError({ ...about, reason: { _tag: "Unavailable", message } })
  }

  /** Ends the connections once they are idle. */
  get close(): Effect.Effect<void> {
    return Effect.promise(() => this.#pool.end()).pipe(
      Effect.timeoutOrElse({ duration: this.#settings.connectMillis, orElse: () => Effect.void })
    )
  }
}
