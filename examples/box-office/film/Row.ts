/** A film as the data have it: by the names of the columns, with whatever is in them. */
import * as Schema from "effect/Schema"

const Cell = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean, Schema.Null])

/** A film as the data have it. */
export const Row = Schema.Record(Schema.String, Cell)
/** A film as the data have it. */
export type Row = typeof Row.Type

/** The year of a date such as `Jun 12 1998`, or `undefined` when there is none. */
export const releaseYear = (row: Row): number | undefined => {
  const year = /\b(\d{4})$/.exec(String(row["Release Date"] ?? ""))?.[1]
  return year === undefined ? undefined : Number(year)
}
