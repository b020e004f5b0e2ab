import { Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RetryPolicy } from "../../src/index.ts"

/** The waits before the first five retries, without jitter. */
const delays = (policy: RetryPolicy.RetryPolicy) =>
  [1, 2, 3, 4, 5].map((retry) => RetryPolicy.delayMillis({ jitter: 0, ...policy }, retry, 0.5))

describe("RetryPolicy", () => {
  it.each([
    ["left out", {}, [1000, 2000, 4000, 8000, 16_000]],
    ["exponential", { backoff: "exponential", initialMillis: 100, factor: 3 }, [100, 300, 900, 2700, 8100]],
    ["linear", { backoff: "linear", initialMillis: 100 }, [100, 200, 300, 400, 500]],
    ["fixed", { backoff: "fixed", initialMillis: 250 }, [250, 250, 250, 250, 250]],
    ["immediate", { backoff: "immediate", initialMillis: 250 }, [0, 0, 0, 0, 0]],
    ["cut off", { initialMillis: 1000, factor: 10, maxMillis: 5000 }, [1000, 5000, 5000, 5000, 5000]],
    ["cut off from the start", { backoff: "fixed", initialMillis: 900, maxMillis: 10 }, [10, 10, 10, 10, 10]],
    ["of a factor 1", { initialMillis: 70, factor: 1 }, [70, 70, 70, 70, 70]],
    ["without a wait", { initialMillis: 0 }, [0, 0, 0, 0, 0]],
    ["of parts of a millisecond", { backoff: "fixed", initialMillis: 0.6 }, [1, 1, 1, 1, 1]]
  ] as const)("waits as a policy %s says", (_, policy, expected) => {
    expect(delays(policy)).toEqual(expected)
  })

  it("makes a wait shorter by at most the share of its jitter", () => {
    const policy = { backoff: "fixed", initialMillis: 1000, jitter: 0.4 } as const
    expect(RetryPolicy.delayMillis(policy, 1, 0)).toBe(1000)
    expect(RetryPolicy.delayMillis(policy, 1, 0.5)).toBe(800)
    expect(RetryPolicy.delayMillis(policy, 1, 1)).toBe(600)
    expect(RetryPolicy.delayMillis({ initialMillis: 1000 }, 1, 1)).toBe(800)
  })

  it("does not wait, or waits its maximum, where the growth is beyond every number", () => {
    expect(RetryPolicy.delayMillis({ initialMillis: 0, factor: 100 }, 1000, 0)).toBe(0)
    expect(RetryPolicy.delayMillis({ initialMillis: 1, factor: 100 }, 1000, 0)).toBe(60_000)
  })

  it("never waits longer than its maximum, nor less than nothing, however often it is asked", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RetryPolicy.Backoff.literals),
        fc.integer({ min: 0, max: 86_400_000 }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        fc.integer({ min: 0, max: 86_400_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (backoff, initialMillis, factor, maxMillis, jitter, retry, random) => {
          const policy = { backoff, initialMillis, factor, maxMillis, jitter }
          const wait = RetryPolicy.delayMillis(policy, retry, random)
          expect(Number.isInteger(wait)).toBe(true)
          expect(wait).toBeGreaterThanOrEqual(0)
          expect(wait).toBeLessThanOrEqual(maxMillis)
        }
      )
    )
  })

  it.each([
    { tries: 0 },
    { tries: 1001 },
    { tries: 1.5 },
    { initialMillis: -1 },
    { initialMillis: 86_400_001 },
    { factor: 0.5 },
    { factor: 101 },
    { jitter: -0.1 },
    { jitter: 1.1 },
    { maxMillis: Number.NaN },
    { backoff: "quadratic" }
  ])("refuses %j", (policy) => {
    expect(Schema.is(RetryPolicy.RetryPolicy)(policy)).toBe(false)
  })
})
