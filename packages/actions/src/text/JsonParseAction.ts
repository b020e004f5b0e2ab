/** Reading JSON, as a node. */
import { Action } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parseJson } from "./parseJson.ts"
import { TextError } from "./TextError.ts"

/** What the action takes. */
export const Input = Schema.Struct({
  text: Schema.String.annotate({ description: "The JSON text." })
})

/** What the action gives. */
export const Output = Schema.Struct({
  value: Schema.Json.annotate({ description: "The value that the text stands for." })
})

/**
 * Makes the action `json-parse`, which turns JSON text into a value whose parts other nodes can refer to.
 *
 * **Failures**
 * - `TextError` with `MalformedJson`: the text is not JSON. Not retried.
 */
export const make = () =>
  Action.make("json-parse", {
    version: "1",
    description: "Turns JSON text into a value whose parts can be referred to.",
    input: Input,
    output: Output,
    run: ({ text }) =>
      parseJson(text).pipe(
        Effect.mapBoth({
          onSuccess: (value) => ({ value }),
          onFailure: (message) => new TextError({ reason: { _tag: "MalformedJson", message } })
        })
      )
  })
