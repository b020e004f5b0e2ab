import type * as Clock from "effect/Clock"

/** How much time has passed since some moment, in milliseconds: for waits, since the time of day may be set meanwhile. */
export const monotonicMillis = (clock: Clock.Clock): number =>
  Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
