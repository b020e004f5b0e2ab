/** Filling in a text, as a node. */
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { TextError } from "./TextError.ts"

/** What the action takes: the template, and every value it asks for as an input of its own. */
export const Input = Schema.StructWithRest(
  Schema.Struct({
    template: Schema.String.annotate({
      description:
        "The text, with {{name}} wherever the input of that name belongs; {{name.key[0]}} takes a part of it."
    })
  }),
  [Schema.Record(Schema.String, Schema.Json)]
)

/** What the action gives. */
export const Output = Schema.Struct({
  text: Schema.String.annotate({ description: "The filled-in text." })
})

/**
 * Makes the action `text-template`, which fills other inputs of its node into a text. A text goes in as it is, any other
 * value as JSON.
 *
 * **Failures**
 * - `TextError` with `MissingValues`: the template names inputs, or parts of inputs, that do not exist. Not retried.
 */
export const make = () =>
  Action.make("text-template", {
    version: "1",
    description: "Fills inputs of the node into a text.",
    input: Input,
    output: Output,
    run: (input) => {
      const missing = new Set<string>()
      const text = input.template.replace(placeholder, (_, path: string) => {
        const value = at(input, path)
        if (value === undefined) missing.add(path)
        return typeof value === "string" ? value : JSON.stringify(value)
      })
      return missing.size === 0
        ? Effect.succeed({ text })
        : Effect.fail(new TextError({ reason: { _tag: "MissingValues", names: [...missing] } }))
    }
  })

// -- internal -------------------------------------------------------------------------------------------------------

const placeholder = /\{\{\s*([^\s{}]+)\s*\}\}/g

/** The part of the inputs that a path such as `user.names[0]` leads to. */
const at = (inputs: Readonly<Record<string, Schema.Json>>, path: string): Schema.Json | undefined => {
  let value: Schema.Json | undefined = inputs
  for (const step of path.replaceAll(/\[(\d+)\]/g, ".$1").split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Readonly<Record<string, Schema.Json>>)[step]
  }
  return value
}
