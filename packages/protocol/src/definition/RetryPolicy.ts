/** How often, and after which waits, a failed attempt is tried again. */
import * as Schema from "effect/Schema"

const millis = (maximum: number) =>
  Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum })))

const dayMillis = 86_400_000

/** How the wait grows from one retry to the next. */
export const Backoff = Schema.Literals(["exponential", "linear", "fixed", "immediate"])
/** How the wait grows from one retry to the next. */
export type Backoff = typeof Backoff.Type

/**
 * How often, and after which waits, a failed attempt is tried again. Keys left out take the value of `defaults`.
 *
 * - `tries`: attempts in total, 1 to 1,000; 1 means no retry.
 * - `backoff`: `exponential` waits `initial × factor^(n-1)` before retry n, `linear` waits `initial × n`, `fixed` waits
 *   `initial`, `immediate` does not wait.
 * - `initialMillis`: the first wait, 0 to one day.
 * - `factor`: the growth of an exponential wait, 1 to 100.
 * - `maxMillis`: no wait is longer than this, 0 to one day.
 * - `jitter`: 0 to 1; a wait w becomes a random one between `w × (1 - jitter)` and `w`.
 * - `retryIf`: only failures whose `tag` or `cause` is listed are tried again; left out: every retryable one.
 */
export const RetryPolicy = Schema.Struct({
  tries: Schema.optionalKey(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 1000 })))),
  backoff: Schema.optionalKey(Backoff),
  initialMillis: Schema.optionalKey(millis(dayMillis)),
  factor: Schema.optionalKey(
    Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 100 })))
  ),
  maxMillis: Schema.optionalKey(millis(dayMillis)),
  jitter: Schema.optionalKey(Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 1 })))),
  retryIf: Schema.optionalKey(Schema.Array(Schema.String))
})
/** How often, and after which waits, a failed attempt is tried again. */
export type RetryPolicy = typeof RetryPolicy.Type

/** The values of the keys that a policy leaves out: one attempt; once retries are asked for, 1 s × 2 up to 60 s with jitter. */
export const defaults = {
  tries: 1,
  backoff: "exponential",
  initialMillis: 1000,
  factor: 2,
  maxMillis: 60_000,
  jitter: 0.2
} as const satisfies RetryPolicy

/**
 * The wait before retry number `retry` (1 is the first), in whole milliseconds.
 *
 * `random` is a number from 0 up to, but without, 1; it is only used when the policy has jitter.
 */
export const delayMillis = (policy: RetryPolicy, retry: number, random: number): number => {
  const { backoff, factor, initialMillis, jitter, maxMillis } = { ...defaults, ...policy }
  const grown = (): number => {
    switch (backoff) {
      case "exponential":
        // The power of a late retry is infinite, and infinitely many times no wait is not a number.
        return initialMillis === 0 ? 0 : initialMillis * factor ** (retry - 1)
      case "linear":
        return initialMillis * retry
      case "fixed":
        return initialMillis
      case "immediate":
        return 0
    }
  }
  return Math.round(Math.min(grown(), maxMillis) * (1 - jitter * random))
}
