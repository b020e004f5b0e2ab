/** Counting how often words occur, as a node that looks at the payload and leaves it as it is. */
import { Action, NodeOutput } from "@dagflow/core"
import * as Schema from "effect/Schema"

/** What the action takes. */
export const Input = Schema.Struct({
  payload: Schema.String.annotate({ description: "The text; a node with an intent gets it by itself." })
})

/** What the action gives. */
export const Output = Schema.Struct({
  frequency: Schema.Record(Schema.String, Schema.Int).annotate({
    description: "How often each word occurs."
  }),
  unique: Schema.Int.annotate({ description: "How many different words there are." })
})

/**
 * Makes the action `word-frequency`. Words are parts between spaces, in lower case and without what is neither letter nor
 * digit; the counts are metadata of the node too.
 */
export const make = () =>
  Action.make("word-frequency", {
    version: "1",
    description: "Counts how often words occur in a text.",
    input: Input,
    output: Output,
    run: ({ payload }) => {
      const counts = new Map<string, number>()
      for (const part of payload.split(/\s+/u)) {
        const word = part.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase()
        if (word !== "") counts.set(word, (counts.get(word) ?? 0) + 1)
      }
      const frequency = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
      return NodeOutput.make(
        { frequency, unique: counts.size },
        { metadata: { frequency, unique: counts.size } }
      )
    }
  })
