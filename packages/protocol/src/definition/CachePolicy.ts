/** Whether outputs of an action are used again by whoever asks it the same. */
import * as Schema from "effect/Schema"

/** Longest time for which outputs are used again, unless it is for ever: ten years of 365 days. */
export const ttlMillisMax = 315_360_000_000

/** For how long outputs are used again, and what has to be the same. */
export const CacheUse = Schema.Struct({
  /** For how long, 1 ms to ten years; left out: until they are pruned by hand, or the action has another version. */
  ttlMillis: Schema.optionalKey(
    Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: ttlMillisMax })))
  ),
  /** Names of the inputs that have to be the same; left out: all of them. */
  key: Schema.optionalKey(Schema.Array(Schema.String))
})
/** For how long outputs are used again, and what has to be the same. */
export type CacheUse = typeof CacheUse.Type

/** `false`: never, although the action says otherwise. */
export const CachePolicy = Schema.Union([Schema.Literal(false), CacheUse])
/** Whether outputs of an action are used again by whoever asks it the same. */
export type CachePolicy = typeof CachePolicy.Type
