/** Waiting for a while, as a node. */
import { Action } from "@dagflow/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { durationOf, TimeSpan } from "./timeSpan.ts"

/** What the action takes. */
export const Input = Schema.Struct({
  duration: TimeSpan.annotate({
    description: `How long to wait: a text such as "90s", "1h30m" or "2 minutes"; a number counts milliseconds.`
  })
})

/** What the action gives. */
export const Output = Schema.Struct({
  sleptMillis: Schema.Finite.annotate({ description: "The wait in milliseconds." })
})

/**
 * Makes the action `sleep`, which waits and then gives how long it waited. Negative waits count as none.
 *
 * **Gotchas**
 * The attempt holds a slot of the run while it waits. After a crash the node waits its whole time again. For long waits there
 * is `sleep-until`.
 */
export const make = () =>
  Action.make("sleep", {
    version: "1",
    description: "Waits for a while.",
    input: Input,
    output: Output,
    run: ({ duration }) => {
      const wait = durationOf(duration)
      return Effect.as(Effect.sleep(wait), { sleptMillis: Duration.toMillis(wait) })
    }
  })
