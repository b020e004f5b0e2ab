/** Waiting for a time without holding anything, as a node. */
import { Action, NodeOutput } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { timeFields, timeOf } from "./waitTime.ts"

/** What the action takes: a `timeout` or an `until`. */
export const Input = Schema.Struct(timeFields)

/**
 * Makes the action `sleep-until`, which waits for a time. It holds no slot meanwhile, and a restart does not begin the wait
 * anew, so it is for waits of hours and months; `sleep` is for short ones.
 */
export const make = () =>
  Action.make("sleep-until", {
    version: "1",
    description: "Waits for a time, over restarts and without a slot.",
    input: Input,
    output: Schema.Struct({}),
    run: (when) => {
      const time = timeOf(when)
      return time === undefined
        ? NodeOutput.failure("sleep-until needs a timeout or an until")
        : NodeOutput.sleep(time, {})
    }
  })
