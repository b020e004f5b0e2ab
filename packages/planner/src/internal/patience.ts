/** Asks again where a server says "not now". */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as AiError from "effect/ai/AiError"

/** How often and how long. */
export interface Patience {
  readonly tries?: number
  readonly waitMax?: Duration.Input
}

/** Longest part of a server's error that is told. */
export const errorTextMax = 1000

/** How long a server wants to be left alone: seconds, or a date. */
export const retryAfterOf = (
  headers: Readonly<Record<string, string | undefined>>,
  nowMillis: number
): Duration.Duration | undefined => {
  const millis = Number(headers["retry-after-ms"] ?? Number.NaN)
  if (Number.isFinite(millis)) return Duration.millis(Math.max(0, millis))
  const text = headers["retry-after"]
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return Duration.seconds(Math.max(0, seconds))
  const at = Date.parse(text)
  return Number.isFinite(at) ? Duration.millis(Math.max(0, at - nowMillis)) : undefined
}

/** Repeats a request for as long as that can help, after the time that the server names. */
export const patiently = <A, R>(
  once: Effect.Effect<A, AiError.AiError, R>,
  { tries = 3, waitMax = "1 minute" }: Patience
): Effect.Effect<A, AiError.AiError, R> => {
  const from = (attempt: number): typeof once =>
    once.pipe(
      Effect.catch((error) => {
        const wait = error.retryAfter ?? Duration.millis(500 * 2 ** (attempt - 1))
        const isOver = attempt >= tries || !error.isRetryable
        if (isOver || Duration.toMillis(wait) > Duration.toMillis(waitMax)) return Effect.fail(error)
        return Effect.andThen(Effect.sleep(wait), from(attempt + 1))
      })
    )
  return from(1)
}
