/** A film as the analyses need it, with its money in the prices of one year. */
import * as Schema from "effect/Schema"

/** A film as the analyses need it. */
export const Film = Schema.Struct({
  title: Schema.String,
  year: Schema.Int,
  genre: Schema.String,
  /** What it cost to make, in dollars of the chosen year. */
  budget: Schema.Finite,
  /** What tickets brought in, worldwide, in dollars of the chosen year. */
  gross: Schema.Finite
})
/** A film as the analyses need it. */
export type Film = typeof Film.Type

/** How many times over a film earned what it cost. Both are of one year, so prices do not matter. */
export const timesOver = ({ budget, gross }: Film): number => gross / budget

/** The middle of some numbers, 0 of none. */
export const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}
