import * as Schema from "effect/Schema"

/** What a node takes and gives, as lists of a file have it. */

const text = (description: string) => Schema.String.annotate({ description })

/** An input of a node as an entry of a list. */
export const NodeInput = Schema.Struct({
  name: text("Name by which the action reads the value."),
  description: Schema.optionalKey(text("For readers of the file.")),
  reference: Schema.optionalKey(
    Schema.Union([Schema.String, Schema.Array(Schema.Json)]).annotate({
      description:
        "Where the value comes from: inputs.<name>, channels.<name> or <node>.<output>, or a list of those, which is put together item by item."
    })
  ),
  ref: Schema.optionalKey(
    Schema.Union([Schema.String, Schema.Array(Schema.Json)]).annotate({
      description: "The same as reference."
    })
  ),
  default: Schema.optionalKey(
    Schema.Json.annotate({ description: "What stands in when the referenced value does not exist." })
  ),
  template: Schema.optionalKey(
    text("A text whose ${env.NAME} parts are filled in just before the action runs.")
  ),
  value: Schema.optionalKey(Schema.Json.annotate({ description: "A value that is taken as it stands." }))
}).annotate({ identifier: "NodeInput", description: "An input of a node." })

/** An output of a node. */
export const Output = Schema.Union([
  Schema.String,
  Schema.Struct({
    name: text("Name by which other nodes refer to the output."),
    description: Schema.optionalKey(text("What the output is."))
  })
])
