import * as Effect from "effect/Effect"

const millisMax = 1_000

/** Waits before a further try of something: 10 ms, doubling, at most a second. */
export const pause = (tries: number): Effect.Effect<void> =>
  Effect.sleep(Math.min(millisMax, 10 * 2 ** Math.min(tries, 10)))
