import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { keyedRandom } from "../../src/decide/keyedRandom.ts"
import { Alarms } from "../../src/engine/Alarms.ts"

const make = (isWanted: (message: number) => boolean = () => true) =>
  Effect.map(Effect.context<never>(), (context) => {
    const rung: Array<ReadonlyArray<number>> = []
    const alarms = new Alarms<number>({
      ring: (messages) => rung.push(messages),
      isWanted,
      fork: (effect) => Effect.runForkWith(context)(effect)
    })
    return { alarms, rung }
  })

describe("alarms", () => {
  it.effect("ring in the order of their times; of one time, in the order in which they were set", () =>
    Effect.gen(function* () {
      const { alarms, rung } = yield* make()
      for (const [at, message] of [
        [50, 1],
        [10, 2],
        [50, 3],
        [30, 4]
      ] as const)
        alarms.set(at, message)
      yield* TestClock.adjust("29 millis")
      expect(rung).toEqual([[2]])
      yield* TestClock.adjust("1 minute")
      expect(rung).toEqual([[2], [4], [1, 3]])
    })
  )

  it.effect("one that is set for an earlier time than the others rings in time", () =>
    Effect.gen(function* () {
      const { alarms, rung } = yield* make()
      alarms.set(1000, 1)
      yield* TestClock.adjust("1 millis")
      alarms.set(10, 2)
      alarms.set(-5, 3)
      yield* TestClock.adjust("9 millis")
      expect(rung.flat()).toEqual([3, 2])
    })
  )

  it.effect("those that are not wanted any more do not ring, and thousands of them take no memory", () =>
    Effect.gen(function* () {
      const wanted = new Set<number>()
      const { alarms, rung } = yield* make((message) => wanted.has(message))
      for (let at = 0; at < 20_000; at++) {
        wanted.clear()
        wanted.add(at)
        alarms.set(1_000_000 + at, at)
      }
      yield* TestClock.adjust("1 hour")
      expect(rung.flat()).toEqual([19_999])
    })
  )

  it.effect("ring once the time has come, on a clock that shows fractions of a millisecond", () =>
    Effect.gen(function* () {
      const { alarms, rung } = yield* make()
      yield* TestClock.setTime(64_112.6666609996)
      // A duration is cut off at nanoseconds: a sleep for the rest of the time is over just before the alarm.
      alarms.set(90_012, 1)
      yield* TestClock.adjust("1 minute")
      expect(rung).toEqual([[1]])
    })
  )

  it.effect("none rings after all were forgotten", () =>
    Effect.gen(function* () {
      const { alarms, rung } = yield* make()
      alarms.set(10, 1)
      alarms.clear()
      yield* TestClock.adjust("1 minute")
      expect(rung).toEqual([])
    })
  )

  it.effect("I9: setting many in any order costs what a heap costs", () =>
    Effect.gen(function* () {
      let read = 0
      const { alarms, rung } = yield* make(() => {
        read++
        return true
      })
      const times = Array.from({ length: 5000 }, (_, index) => Math.floor(keyedRandom(1, index) * 1000))
      times.forEach((at, index) => alarms.set(at, index))
      yield* TestClock.adjust("2 seconds")
      const sorted = times
        .map((at, index) => ({ at, index }))
        .sort((a, b) => a.at - b.at || a.index - b.index)
      expect(rung.flat()).toEqual(sorted.map(({ index }) => index))
      // Each is looked at when it rings, and a few times while the heap is cleaned: not once for every other alarm.
      expect(read).toBeLessThan(times.length * 4)
    })
  )
})
