import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import { SleepAction } from "@dagflow/actions"
import { attempt } from "../attempt.ts"

const sleep = SleepAction.make()

describe("SleepAction", () => {
  it.effect.each<[string | number, number]>([
    ["90 seconds", 90_000],
    ["2 minutes", 120_000],
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["1.5s500ms", 2000],
    [250, 250],
    ["0 millis", 0]
  ])("waits %s by the clock of the run", ([duration, millis]) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(attempt(sleep, { duration }), { startImmediately: true })
      if (millis > 0) {
        yield* TestClock.adjust(millis - 1)
        expect(fiber.pollUnsafe()).toBeUndefined()
      }
      yield* TestClock.adjust(1)
      expect(yield* Fiber.join(fiber)).toEqual({ sleptMillis: millis })
    })
  )

  it.effect("ends at once when it is interrupted", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(attempt(sleep, { duration: "1 hour" }), {
        startImmediately: true
      })
      yield* Fiber.interrupt(fiber)
      expect(Exit.hasInterrupts(yield* Fiber.await(fiber))).toBe(true)
    })
  )

  it.effect.each(["soon", "5 parsecs", "5x", "1h 30m", "Infinity"])(
    "refuses %s as a length of time",
    (duration) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(attempt(sleep, { duration }))
        expect(String(Exit.isFailure(exit) && exit.cause)).toContain("write milliseconds")
      })
  )
})
