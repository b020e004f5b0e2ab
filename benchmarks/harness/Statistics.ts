/** Several measurements of one thing, in three numbers. */

/** The middle and the ends of several measurements. */
export interface Spread {
  readonly median: number
  readonly minimum: number
  readonly maximum: number
}

/** The spread of at least one number. */
export const spread = (numbers: ReadonlyArray<number>): Spread => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    minimum: at(0),
    maximum: at(sorted.length - 1)
  }
}
