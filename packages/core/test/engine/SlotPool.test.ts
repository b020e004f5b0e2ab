import { describe, expect, it } from "vitest"
import { SlotPool } from "../../src/index.ts"

/** A run that wants slots, and takes down when it is told of one. */
const run = () => {
  const told: Array<string> = []
  return { told, onSlotFree: () => void told.push("told") }
}

describe("SlotPool", () => {
  it("tells the run that has waited longest", () => {
    const pool = new SlotPool(1)
    const [holder, first, second] = [run(), run(), run()]
    expect(pool.tryTake(holder)).toBe(true)
    expect(pool.tryTake(first)).toBe(false)
    expect(pool.tryTake(second)).toBe(false)
    pool.release(1)
    expect([first.told.length, second.told.length]).toEqual([1, 0])
  })

  // The slot stayed free for ever: only one run was told, and it had ended, or had nothing left to start.
  it("tells the next run of a slot that the first one does not take", () => {
    const pool = new SlotPool(1)
    const [holder, first, second] = [run(), run(), run()]
    pool.tryTake(holder)
    pool.tryTake(first)
    pool.tryTake(second)
    pool.release(1)
    pool.tell()
    expect(second.told).toHaveLength(1)
  })

  it("tells the next run when the first one leaves", () => {
    const pool = new SlotPool(1)
    const [holder, first, second] = [run(), run(), run()]
    pool.tryTake(holder)
    pool.tryTake(first)
    pool.tryTake(second)
    pool.release(1)
    pool.leave(first)
    expect(second.told).toHaveLength(1)
  })

  it("does not tell a run that has taken a slot meanwhile", () => {
    const pool = new SlotPool(1)
    const [holder, first, second] = [run(), run(), run()]
    pool.tryTake(holder)
    pool.tryTake(first)
    pool.tryTake(second)
    pool.release(1)
    expect(pool.tryTake(second)).toBe(true)
    pool.release(1)
    expect(second.told).toEqual([])
  })
})
