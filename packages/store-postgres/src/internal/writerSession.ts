/**
 * The connection that a store writes on. It is opened when it is needed, and it holds a lock for as long as it lives: whoever
 * opens the next one waits for that lock, and so knows that nothing that was sent on the last one can still happen.
 */
import { StoreError } from "@dagflow/protocol"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type About, failOf, type QueryFailure } from "./postgresFailure.ts"
import {
  ask,
  endSession,
  openSession,
  type PostgresSession,
  type Statement,
  type UnfitServer
} from "./postgresSession.ts"
import { monotonicMillis } from "./monotonicMillis.ts"
import { pause } from "./pause.ts"
import type { PostgresSettings } from "./postgresSettings.ts"

/** The server may not know yet that a connection is lost; a role may end the processes that it started. */
const endLast: Statement = {
  name: "end-last",
  text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2`
}

const lock: Statement = { name: "lock", text: "SELECT pg_advisory_lock($1::bigint)" }

/** Says why there is no connection. */
export const openFailure = (
  failure: QueryFailure | UnfitServer,
  about: About,
  place: string
): Effect.Effect<never, StoreError> =>
  failure._tag === "Unfit"
    ? Effect.fail(
        new StoreError({ ...about, reason: { _tag: "Unsupported", ability: `${place}: ${failure.ability}` } })
      )
    : failOf(failure, about, place)

/** Opens and keeps the one connection that is written on. */
export class WriterSession {
  readonly #settings: PostgresSettings
  readonly #handle: string
  readonly #clock: Clock.Clock
  #current: PostgresSession | undefined
  #last: PostgresSession | undefined

  /** `handle` is a number that no other store has. */
  constructor(settings: PostgresSettings, handle: string, clock: Clock.Clock) {
    this.#settings = settings
    this.#handle = handle
    this.#clock = clock
  }

  /** The connection, if one is open. */
  get current(): PostgresSession | undefined {
    return this.#current
  }

  /** The connection; a server that cannot be reached is tried again until a moment has passed. */
  openBefore(deadline: number): WriterSession["open"] {
    const attempt = (count: number): WriterSession["open"] =>
      this.open.pipe(
        Effect.catch((failure) => {
          const isOver = failure._tag !== "Lost" || monotonicMillis(this.#clock) >= deadline
          return isOver ? Effect.fail(failure) : Effect.andThen(pause(count), attempt(count + 1))
        })
      )
    return attempt(0)
  }

  /** The connection; a new one waits until the server has ended the last one. */
  get open(): Effect.Effect<PostgresSession, QueryFailure | UnfitServer> {
    return Effect.uninterruptibleMask((restore) => {
      if (this.#current !== undefined) return Effect.succeed(this.#current)
      return Effect.tap(restore(openSession(this.#settings)), (session) =>
        Effect.onError(restore(this.#succeed(session)), () => endSession(session))
      )
    })
  }

  #succeed(session: PostgresSession): Effect.Effect<void, QueryFailure> {
    const last = this.#last
    return Effect.gen({ self: this }, function* () {
      if (last !== undefined) yield* ask(session, endLast, [last.pid, last.startedAt])
      yield* ask(session, lock, [this.#handle])
      this.#current = session
      this.#last = session
      session.client.once("end", () => {
        if (this.#current === session) this.#current = undefined
      })
    })
  }

  /** Gives up a connection that was lost. */
  get drop(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const session = this.#current
      this.#current = undefined
      return session === undefined ? Effect.void : endSession(session)
    })
  }

  /** Says goodbye. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const session = this.#current
      this.#current = undefined
      if (session === undefined) return Effect.void
      return Effect.promise(() => session.client.end()).pipe(
        Effect.timeoutOrElse({ duration: this.#settings.connectMillis, orElse: () => endSession(session) }),
        Effect.catchCause(() => endSession(session))
      )
    })
  }
}
