/** Something that can be wrong with a row. */
import type { Row } from "../film/Row.ts"

/** What a check may know besides the row. */
export interface Facts {
  /** The year in which the data were collected. */
  readonly lastYear: number
}

/** Something that can be wrong with a row. */
export interface Problem {
  /** As it appears in the report and in the names of nodes. */
  readonly name: string
  /** What films are that have it, for people: `without a title`. */
  readonly description: string
  readonly isFound: (row: Row, facts: Facts) => boolean
  /** The columns to put right, when that can be done without guessing. */
  readonly repair?: (row: Row, facts: Facts) => Row
}
