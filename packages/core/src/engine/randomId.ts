import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Crockford's base 32: no letter that is mistaken for a digit (https://www.crockford.com/base32.html). */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const digits = (number: number, length: number): string => {
  let text = ""
  let rest = number
  for (let at = 0; at < length; at++) {
    text = (alphabet[rest % 32] ?? "0") + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** An id that sorts by the time it was made: nine digits of time, ten digits of chance. */
export const randomId = (prefix: string): Effect.Effect<string> =>
  Effect.gen(function* () {
    const time = digits(yield* Clock.currentTimeMillis, 9)
    const first = yield* Random.nextIntBetween(0, 33_554_431)
    const second = yield* Random.nextIntBetween(0, 33_554_431)
    return `${prefix}_${time}${digits(first, 5)}${digits(second, 5)}`
  })

/** A random start for the choices of a run. */
export const randomSeed: Effect.Effect<number> = Random.nextIntBetween(0, 2_147_483_647)
