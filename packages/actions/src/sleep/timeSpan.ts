/** Lengths of time as flows write them. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A length of time as flow files write it: `500ms`, `1h30m`. */
const short = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/

const fromShort = (text: string): Duration.Duration => {
  let millis = 0
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|[smhd])/g)) {
    millis += Number(number) * units[unit as keyof typeof units]
  }
  return Duration.millis(millis)
}

const fromInput = (value: string | number): Option.Option<Duration.Duration> =>
  typeof value === "string" && short.test(value)
    ? Option.some(fromShort(value))
    : Duration.fromInput(value as Duration.Input)

const isWait = (value: string | number): boolean =>
  Option.exists(fromInput(value), (duration) => Number.isFinite(duration.pipe(Duration.toMillis)))

/** A finite length of time: milliseconds, or a text such as `90s`, `1h30m` or `"90 seconds"`. */
export const TimeSpan = Schema.Union([Schema.String, Schema.Finite]).pipe(
  Schema.check(
    Schema.makeFilter(
      (value: string | number) =>
        isWait(value) || `write milliseconds, or a text such as "90s", "1h30m" or "2 minutes"`
    )
  )
)

/** The length of time that an input says. */
export const durationOf = (value: string | number): Duration.Duration =>
  Option.getOrElse(fromInput(value), () => Duration.zero)
