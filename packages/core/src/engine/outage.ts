/** What an engine does again and again besides its runs, on a store that may fail for an hour. */
import { StoreError } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Failures of one kind that are no further apart than this, in milliseconds, are one outage. */
const pauseMillisMax = 60_000

/** Tells of an outage once when it begins, in one line, and once when the store does its work again. */
export class Outage {
  readonly #what: string
  #told: { readonly message: string; atMillis: number } | undefined

  /** `what` says what could not be done, as the beginning of a sentence. */
  constructor(what: string) {
    this.#what = what
  }

  /** Goes on with `standIn` when the operation fails: whoever asks for it asks again. */
  forgive<A, B>(operation: Effect.Effect<A, StoreError>, standIn: B): Effect.Effect<A | B> {
    return operation.pipe(
      Effect.tap(() => this.#over),
      Effect.catchCause((cause) => Effect.as(this.#failed(cause), standIn))
    )
  }

  get #over(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#told === undefined) return Effect.void
      this.#told = undefined
      return Effect.logInfo("the store is available again")
    })
  }

  #failed(cause: Cause.Cause<StoreError>): Effect.Effect<void> {
    const error = Cause.squash(cause)
    // The stack of anything else says where to look for the mistake.
    if (!(error instanceof StoreError)) return Effect.logWarning(this.#what, cause)
    const { message } = error
    const told = this.#told
    return Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      this.#told = { message, atMillis: nowMillis }
      const isKnown = told?.message === message && nowMillis - told.atMillis <= pauseMillisMax
      return isKnown ? Effect.void : Effect.logWarning(`${this.#what}, which is tried again: ${message}`)
    })
  }
}
