/** The clock of a process: ahead of or behind the test's by a fixed time, and frozen with its process. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** The clock of a process. */
export interface ProcessClock extends Clock.Clock {
  /** Stops the process's timers, as SIGSTOP does; those that are due meanwhile ring once it goes on. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Sets the time of day, as a time server or a person does; how much time passes stays as it is. */
  readonly step: (millis: number) => void
}

/** Makes a clock that differs from the test's by this many milliseconds. */
export const make = (skewMillis: number): Effect.Effect<ProcessClock> =>
  Effect.map(Clock.Clock, (base) => {
    const isLive = Latch.makeUnsafe(true)
    let skew = skewMillis
    const millis = (): number => base.currentTimeMillisUnsafe() + skew
    const nanos = (): bigint => base.currentTimeNanosUnsafe() + BigInt(skew) * 1_000_000n
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => base.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: base.monotonicTimeNanos,
      sleep: (duration) => Effect.andThen(base.sleep(duration), isLive.await),
      freeze: () => void isLive.closeUnsafe(),
      thaw: () => void isLive.openUnsafe(),
      step: (by) => {
        skew += by
      }
    }
  })
