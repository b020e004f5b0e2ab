/** Mail that a run has taken in and not settled yet, by id. */
import type * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** Mail in work. */
export class MailTray {
  readonly #open = new Set<string>()
  readonly #empty = Latch.makeUnsafe(true)
  #settled: Array<string> = []
  #isTwice = false
  #isLookedFor = false

  /** Waits until all mail in work has been settled, or will never be. */
  get empty(): Effect.Effect<void> {
    return this.#empty.await
  }

  /** Puts mail in; tells whether it was not in work already. */
  add(mailId: string): boolean {
    if (this.#open.has(mailId)) {
      this.#isTwice = true
      return false
    }
    this.#open.add(mailId)
    this.#empty.closeUnsafe()
    return true
  }

  /**
   * Whether the caller has to read the mail again once all that is in work has been settled. What lay in the store while
   * mail of its id was in work may be that mail, or may have come after that mail was removed. One reader is enough.
   */
  mustLookAgain(): boolean {
    if (!this.#isTwice || this.#isLookedFor) return false
    this.#isLookedFor = true
    return true
  }

  /** The mail is about to be read again. */
  lookAgain(): void {
    this.#isTwice = false
    this.#isLookedFor = false
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
