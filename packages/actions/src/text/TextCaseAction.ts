/** Changing the case of a text, as a node that transforms the payload. */
import { Action } from "@dagflow/core"
import * as Schema from "effect/Schema"

/** What the action takes. */
export const Input = Schema.Struct({
  payload: Schema.String.annotate({ description: "The text; a node with an intent gets it by itself." }),
  to: Schema.Literals(["upper", "lower", "proper"]).annotate({
    description: "upper, lower, or proper: each word begins with a capital."
  })
})

/** What the action gives. */
export const Output = Schema.Struct({
  payload: Schema.String.annotate({ description: "The text in the other case." })
})

/** Makes the action `text-case`, which changes the case of a text. */
export const make = () =>
  Action.make("text-case", {
    version: "1",
    description: "Changes the case of a text.",
    input: Input,
    output: Output,
    run: ({ payload, to }) => ({ payload: change[to](payload) })
  })

// -- internal -------------------------------------------------------------------------------------------------------

const change: Readonly<Record<(typeof Input.Type)["to"], (text: string) => string>> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  proper: (text) =>
    text
      .toLowerCase()
      .replace(/(^|\s)(\S)/gu, (_, space: string, first: string) => space + first.toUpperCase())
}
