/** Slots that the runs of one engine share. */

/** Somebody who wants to know when a slot is free. */
export interface SlotWaiter {
  readonly onSlotFree: () => void
}

/**
 * Slots that the runs of one engine share; the run that has waited longest is told first.
 *
 * Being told reserves nothing: by the time the run looks, it may have nothing left to start. It then has to pass the news
 * on, or the slot stays free while others wait.
 */
export class SlotPool {
  #free: number
  readonly #waiting = new Set<SlotWaiter>()

  constructor(slots: number) {
    this.#free = slots
  }

  /** Takes a slot, or answers false and tells the waiter when one is free. */
  tryTake(waiter: SlotWaiter): boolean {
    if (this.#free > 0) {
      this.#free--
      this.#waiting.delete(waiter)
      return true
    }
    this.#waiting.add(waiter)
    return false
  }

  /** Gives slots back. */
  release(count: number): void {
    this.#free += count
    this.tell()
  }

  /** Tells as many waiters as there are free slots. */
  tell(): void {
    let offers = this.#free
    for (const waiter of this.#waiting) {
      if (offers-- <= 0) return
      this.#waiting.delete(waiter)
      waiter.onSlotFree()
    }
  }

  /** Forgets a waiter, which may have been told of a slot that it will not take. */
  leave(waiter: SlotWaiter): void {
    this.#waiting.delete(waiter)
    this.tell()
  }
}
