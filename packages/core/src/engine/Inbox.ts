/**
 * The bounded inbox of a run.
 *
 * A sender that finds it full waits: its message is taken in when there is room, in the order of arrival. The number of
 * waiting senders is bounded by who they are: one for each attempt in flight, one for each hook that is being asked, and
 * the callers of `send`, which are suspended.
 */
import type * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** The bounded inbox of a run. */
export class Inbox<M> {
  readonly #capacity: number
  readonly #latch = Latch.makeUnsafe(false)
  #messages: Array<M> = []
  #waiting: Array<M> = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0
  }

  /** Suspends until there is a message. */
  get awaitMessage(): Effect.Effect<void> {
    return this.#latch.await
  }

  /** Offers a message; when the inbox is full it waits outside. */
  offer(message: M): void {
    if (this.#messages.length >= this.#capacity) {
      this.#waiting.push(message)
      return
    }
    this.#messages.push(message)
    if (this.#messages.length === 1) this.#latch.openUnsafe()
  }

  /** Takes out what is there, at least one message if there is any, and lets waiting senders in. */
  take(): ReadonlyArray<M> {
    const taken = this.#messages
    if (this.#waiting.length === 0) {
      this.#messages = []
      this.#latch.closeUnsafe()
    } else {
      this.#messages = this.#waiting.slice(0, this.#capacity)
      this.#waiting = this.#waiting.slice(this.#messages.length)
    }
    return taken
  }
}
