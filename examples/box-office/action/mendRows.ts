/** Carries out the changes that repairs ask for. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { Row } from "../film/Row.ts"
import { Patch } from "./repairRows.ts"

/** The rows, and any number of lists of changes under any names. */
const Input = Schema.StructWithRest(Schema.Struct({ rows: Schema.Array(Row) }), [
  Schema.Record(Schema.String, Schema.Union([Schema.Array(Patch), Schema.Array(Row)]))
])

const isPatch = Schema.is(Patch)

export const mendRows = Action.make("mend-rows", {
  description: "Changes rows as repairs ask for.",
  input: Input,
  output: Schema.Struct({ rows: Schema.Array(Row) }),
  run: ({ rows, ...lists }) => {
    const mended = [...rows]
    for (const one of Object.values(lists).flat()) {
      if (isPatch(one)) mended[one.index] = { ...mended[one.index], ...one.columns }
    }
    return { rows: mended }
  }
})
