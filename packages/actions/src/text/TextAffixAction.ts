/** Putting something before and after a text, as a node that transforms the payload. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"

/** What the action takes. */
export const Input = Schema.Struct({
  payload: Schema.String.annotate({ description: "The text; a node with an intent gets it by itself." }),
  prefix: Schema.optionalKey(
    Schema.String.annotate({ description: "What comes before it; default nothing." })
  ),
  suffix: Schema.optionalKey(Schema.String.annotate({ description: "What comes after it; default nothing." }))
})

/** What the action gives. */
export const Output = Schema.Struct({
  payload: Schema.String.annotate({ description: "Prefix, text and suffix." })
})

/** Makes the action `text-affix`, which puts something before and after a text. */
export const make = () =>
  Action.make("text-affix", {
    version: "1",
    description: "Puts something before and after a text.",
    input: Input,
    output: Output,
    run: ({ payload, prefix = "", suffix = "" }) => ({ payload: prefix + payload + suffix })
  })
