/** The clock of a process: ahead of or behind the test's by a fixed time, and frozen with its process. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"

/** The clock of a process. */
export interface ProcessClock extends Clock.Clock {
  /** Stops the process's timers, as SIGSTOP does; those that are due meanwhile ring once it goes on. */
  readonly freeze: () => void
  readonly thaw: () => void
}

/** Makes a clock that differs from the test's by this many milliseconds. */
export const make = (skewMillis: number): Effect.Effect<ProcessClock> =>
  Effect.map(Clock.Clock, (base) => {
    const isLive = Latch.makeUnsafe(true)
    const skewNanos = BigInt(skewMillis) * 1_000_000n
    const millis = (): number => base.currentTimeMillisUnsafe() + skewMillis
    const nanos = (): bigint => base.currentTimeNanosUnsafe() + skewNanos
    return {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => base.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: base.monotonicTimeNanos,
      sleep: (duration) => Effect.andThen(base.sleep(duration), isLive.await),
      freeze: () => void isLive.closeUnsafe(),
      thaw: () => void isLive.openUnsafe()
    }
  })
