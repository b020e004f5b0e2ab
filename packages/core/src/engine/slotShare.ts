import type { SlotSource } from "../decide/schedule.ts"
import type { SlotPool, SlotWaiter } from "./SlotPool.ts"

/** The slots that one run holds. It gives back what it holds, also when its attempts never began. */
export class SlotShare implements SlotSource {
  readonly #pool: SlotPool | undefined
  readonly #waiter: SlotWaiter
  #held = 0

  /** Without a pool there is always a slot. */
  constructor(pool: SlotPool | undefined, waiter: SlotWaiter) {
    this.#pool = pool
    this.#waiter = waiter
  }

  tryTake(): boolean {
    if (this.#pool?.tryTake(this.#waiter) === false) return false
    this.#held++
    return true
  }

  /** Gives slots back. */
  release(count: number): void {
    this.#held -= count
    this.#pool?.release(count)
  }

  /** Passes the news of a free slot on, whatever this run has taken of it. */
  pass(): void {
    this.#pool?.tell()
  }

  /** Gives everything back, and waits for nothing any more. */
  close(): void {
    this.release(this.#held)
    this.#pool?.leave(this.#waiter)
  }
}
