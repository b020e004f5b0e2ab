/** Turning a text round, as a node that transforms the payload. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"

/** What the action takes. */
export const Input = Schema.Struct({
  payload: Schema.String.annotate({ description: "The text; a node with an intent gets it by itself." })
})

/** What the action gives. */
export const Output = Schema.Struct({
  payload: Schema.String.annotate({ description: "The characters of the text, the last one first." })
})

/** Makes the action `text-reverse`, which turns a text round, code point by code point. */
export const make = () =>
  Action.make("text-reverse", {
    version: "1",
    description: "Turns a text round.",
    input: Input,
    output: Output,
    run: ({ payload }) => ({ payload: Array.from(payload).toReversed().join("") })
  })
