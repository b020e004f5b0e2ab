/** Slots that the runs of one engine share. */

/** Somebody who wants to know when a slot is free. */
export interface SlotWaiter {
  readonly onSlotFree: () => void
}

/** Slots that the runs of one engine share; the run that has waited longest is told first. */
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
      return true
    }
    this.#waiting.add(waiter)
    return false
  }

  /** Gives slots back. */
  release(count: number): void {
    this.#free += count
    let offers = this.#free
    for (const waiter of this.#waiting) {
      if (offers-- <= 0) return
      this.#waiting.delete(waiter)
      waiter.onSlotFree()
    }
  }

  /** Forgets a waiter. */
  leave(waiter: SlotWaiter): void {
    this.#waiting.delete(waiter)
  }
}
