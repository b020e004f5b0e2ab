/** Writing JSON, as a node. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"

/** What the action takes. */
export const Input = Schema.Struct({
  value: Schema.Json.annotate({ description: "The value to write as text." }),
  indent: Schema.optionalKey(
    Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 10 }))).annotate({
      description: "Spaces for each level, 0 to 10; default 0: everything on one line."
    })
  )
})

/** What the action gives. */
export const Output = Schema.Struct({
  text: Schema.String.annotate({ description: "The value as JSON text." })
})

/** Makes the action `json-format`, which turns a value into JSON text. */
export const make = () =>
  Action.make("json-format", {
    version: "1",
    description: "Turns a value into JSON text.",
    input: Input,
    output: Output,
    run: ({ indent, value }) => ({ text: JSON.stringify(value, null, indent ?? 0) })
  })
