/** Durations as people write them: `30s`, `500ms`, `1.5h`, `1h30m`. */

const unitMillis: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000
}

/** Text that is read as a duration. */
export const pattern = /^(?:\d+(?:\.\d+)?(?:e[+-]?\d+)? ?(?:ms|s|m|h|d) ?)+$/u

const part = /(\d+(?:\.\d+)?(?:e[+-]?\d+)?) ?(ms|s|m|h|d)/g

/** The milliseconds of a duration, or `undefined` when the text is none. */
export const parse = (text: string): number | undefined => {
  if (text.length > 100 || !pattern.test(text)) return undefined
  let millis = 0
  for (const [, count = "", unit = ""] of text.matchAll(part)) {
    millis += inMillis(Number(count), unitMillis[unit] ?? 0)
  }
  return millis
}

/** The milliseconds of a number of seconds. */
export const ofSeconds = (seconds: number): number => inMillis(seconds, 1000)

/** Writes milliseconds in the greatest unit that gives a whole number; the inverse of `parse`. */
export const format = (millis: number): string => {
  for (const unit of ["h", "m", "s"]) {
    const size = unitMillis[unit] ?? 1
    if (millis !== 0 && millis % size === 0) return `${millis / size}${unit}`
  }
  return `${millis}ms`
}

/** A count of a unit greater than a millisecond is rounded to nanoseconds, since `0.07 × 1000` is not quite 70. */
const inMillis = (count: number, size: number): number =>
  size === 1 ? count : Math.round(count * size * 1e6) / 1e6
