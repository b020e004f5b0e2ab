/** Counting what a text consists of, as a node that looks at the payload and leaves it as it is. */
import { Action, NodeOutput } from "@dagflow/core"
import * as Schema from "effect/Schema"

/** What the action takes. */
export const Input = Schema.Struct({
  payload: Schema.String.annotate({ description: "The text; a node with an intent gets it by itself." })
})

/** What the action gives. */
export const Output = Schema.Struct({
  characters: Schema.Int.annotate({ description: "Code points." }),
  words: Schema.Int.annotate({ description: "Parts between spaces." }),
  lines: Schema.Int.annotate({ description: "Lines, 1 at least." })
})

/** Makes the action `text-count`, which counts characters, words and lines; the counts are metadata of the node too. */
export const make = () =>
  Action.make("text-count", {
    version: "1",
    description: "Counts characters, words and lines of a text.",
    input: Input,
    output: Output,
    run: ({ payload }) => {
      const lines = payload.split(/\r?\n/)
      const counts = {
        characters: Array.from(payload).length,
        words: payload.split(/\s+/u).filter((word) => word !== "").length,
        // The end of the last line begins no other one.
        lines: Math.max(1, lines.at(-1) === "" ? lines.length - 1 : lines.length)
      }
      return NodeOutput.make(counts, { metadata: counts })
    }
  })
