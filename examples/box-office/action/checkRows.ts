/** Tells the rows with problems from the others. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { Row } from "../film/Row.ts"
import { problems } from "../problem/problems.ts"

export const checkRows = Action.make("check-rows", {
  description: "Tells the rows with problems from the others, and counts the problems.",
  input: Schema.Struct({ rows: Schema.Array(Row), lastYear: Schema.Int }),
  output: Schema.Struct({
    accepted: Schema.Array(Row),
    rejected: Schema.Array(Row),
    acceptedCount: Schema.Int,
    rejectedCount: Schema.Int,
    /** Rows with each problem; a row may have several. */
    problems: Schema.Record(Schema.String, Schema.Int)
  }),
  run: ({ lastYear, rows }, { log }) => {
    const counts: Record<string, number> = {}
    const accepted: Array<Row> = []
    const rejected: Array<Row> = []
    for (const row of rows) {
      const found = problems.filter(({ isFound }) => isFound(row, { lastYear }))
      for (const { name } of found) counts[name] = (counts[name] ?? 0) + 1
      ;(found.length === 0 ? accepted : rejected).push(row)
    }
    log(`${accepted.length} of ${rows.length} rows are fine`)
    return {
      accepted,
      rejected,
      acceptedCount: accepted.length,
      rejectedCount: rejected.length,
      problems: counts
    }
  }
})
