/** What looks like a promise, whoever made it. */
import * as Effect from "effect/Effect"

/** Whether something looks like a promise. Seeing that may run a getter of the user's, which may throw. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

/** What user code returned as an Effect: an Effect as it is, a promise as one that waits for it, and all else as it stands. */
export const asEffect = (value: unknown): Effect.Effect<unknown, unknown> => {
  if (Effect.isEffect(value)) return value as Effect.Effect<unknown, unknown>
  return isThenable(value) ? Effect.promise(() => Promise.resolve(value)) : Effect.succeed(value)
}
