/** Waiting in tests: for something that is so sooner or later, and never for a guessed time. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as TestClock from "effect/testing/TestClock"

/** How long a condition is waited for. */
export interface ConditionOptions {
  /** Longest wait in real time, whatever the clock of the test says; default 5 seconds. */
  readonly within?: Duration.Input
  /** What is waited for, in words, for the message when it never comes. */
  readonly what?: string
}

/** Between two looks, in milliseconds of real time. */
const pauseMillis = 2

/** What was waited for has not come. */
export class ConditionNotMet extends Error {
  readonly _tag = "ConditionNotMet"
}

const isTestClock = (clock: Clock.Clock): clock is TestClock.TestClock => "withLive" in clock

/** Runs an Effect by the real clock, also where a test clock stands still. */
const live = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) => (isTestClock(clock) ? clock.withLive(effect) : effect))

const show = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return String(value)
  return JSON.stringify(
    value,
    (_, member: unknown) => (typeof member === "bigint" ? String(member) : member),
    2
  )
}

/**
 * Looks again and again until what it sees satisfies a condition, and gives what it then saw.
 *
 * **Failures**
 * Dies with `ConditionNotMet`, which shows what was seen last, when the time is over.
 *
 * **Example**
 * ```ts
 * const report = yield* Condition.waitUntil(run.report, (seen) => seen.totals.running === 2)
 * ```
 */
export const waitUntil = <A, E, R>(
  look: Effect.Effect<A, E, R>,
  holds: (seen: A) => boolean,
  options: ConditionOptions = {}
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const within = Duration.toMillis(options.within ?? "5 seconds")
    const deadline = (yield* live(Clock.currentTimeMillis)) + within
    while (true) {
      const seen = yield* look
      if (holds(seen)) return seen
      if ((yield* live(Clock.currentTimeMillis)) >= deadline) {
        const what = options.what ?? "the condition"
        return yield* Effect.die(
          new ConditionNotMet(`${what} did not come about within ${within} ms; seen last: ${show(seen)}`)
        )
      }
      yield* live(Effect.sleep(pauseMillis))
    }
  })
