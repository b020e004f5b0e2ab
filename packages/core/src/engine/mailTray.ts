/** Mail that a run has taken in and not settled yet, by id. */
import type * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** Mail in work. */
export class MailTray {
  readonly #open = new Set<string>()
  readonly #empty = Latch.makeUnsafe(true)
  #settled: Array<string> = []

  /** Waits until all mail in work has been settled, or will never be. */
  get empty(): Effect.Effect<void> {
    return this.#empty.await
  }

  /** Puts mail in; tells whether it was not in work already. */
  add(mailId: string): boolean {
    if (this.#open.has(mailId)) return false
    this.#open.add(mailId)
    this.#empty.closeUnsafe()
    return true
  }

  /** Takes note that mail has been decided: the next append removes it from the store. */
  settle(mailId: string): void {
    this.#settled.push(mailId)
  }

  /** Takes out what the next append is to remove. */
  takeSettled(): ReadonlyArray<string> {
    const settled = this.#settled
    this.#settled = []
    return settled
  }

  /** Forgets mail that the store has removed. */
  forget(mailIds: ReadonlyArray<string>): void {
    for (const mailId of mailIds) this.#open.delete(mailId)
    if (this.#open.size === 0) this.#empty.openUnsafe()
  }

  /** Nothing will be settled any more. */
  close(): void {
    this.#empty.openUnsafe()
  }
}
