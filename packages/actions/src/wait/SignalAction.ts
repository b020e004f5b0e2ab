/** Waiting for a signal from outside, as a node. */
import { Action, NodeOutput } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { timeFields, timeOf } from "./waitTime.ts"

/** What the action takes. */
export const Input = Schema.Struct({
  prompt: Schema.optionalKey(
    Schema.String.annotate({ description: "What people are asked, if it is people who answer." })
  ),
  schema: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Json).annotate({
      description: "JSON Schema (draft 2020-12) of the payload, an object. Default: any outputs are welcome."
    })
  ),
  ...timeFields,
  onTimeout: Schema.optionalKey(
    Schema.Literals(["autopilot", "pause", "fail"]).annotate({
      description:
        "What happens once the time is over: the outputs are those of default, the run is paused until somebody answers, or the attempt fails (the default)."
    })
  ),
  default: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Json).annotate({
      description: "The outputs of autopilot; default none."
    })
  )
})

/**
 * Makes the action `wait-for-signal`, which waits for a signal; its payload becomes the outputs of the node. It holds no slot
 * meanwhile and goes on over restarts; a signal that comes before the node waits is kept for it.
 */
export const make = () =>
  Action.make("wait-for-signal", {
    version: "1",
    description: "Waits for a signal, whose payload becomes the outputs.",
    input: Input,
    output: Schema.Record(Schema.String, Schema.Json),
    run: ({ default: outputs = {}, onTimeout = "fail", prompt, schema, ...when }) => {
      const time = timeOf(when)
      const asked = { ...(prompt !== undefined && { prompt }), ...(schema !== undefined && { schema }) }
      if (time === undefined) return NodeOutput.wait(asked)
      return onTimeout === "autopilot"
        ? NodeOutput.wait<typeof outputs>({ ...asked, ...time, onTimeout, default: outputs })
        : NodeOutput.wait({ ...asked, ...time, onTimeout })
    }
  })
