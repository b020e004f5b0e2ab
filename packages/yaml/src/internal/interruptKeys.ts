import * as Schema from "effect/Schema"

const texts = (description: string) => Schema.Array(Schema.String).annotate({ description })

/** Where a run by the strategy superstep pauses. */
export const interruptKeys = Schema.Struct({
  atStart: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "The run pauses before its first step; default false." })
  ),
  before: Schema.optionalKey(
    texts("The run pauses before a step with one of these nodes: nothing of that step has started.")
  ),
  after: Schema.optionalKey(texts("The run pauses after a step in which one of these nodes ran.")),
  eachStep: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "The run pauses after every step; default false." })
  )
}).annotate({
  identifier: "Interrupts",
  description: "Where a run by the strategy superstep pauses between two steps; default nowhere."
})
