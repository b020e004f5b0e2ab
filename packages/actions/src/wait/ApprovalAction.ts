/** Asking a person for a yes or a no, as a node. */
import { Action, NodeOutput } from "@dagflow/core"
import * as Schema from "effect/Schema"
import { timeFields, timeOf } from "./waitTime.ts"

/** What the action takes. */
export const Input = Schema.Struct({
  prompt: Schema.String.annotate({ description: "What people are asked, such as: Publish version 3?" }),
  ...timeFields,
  onTimeout: Schema.optionalKey(
    Schema.Literals(["approve", "reject", "pause", "fail"]).annotate({
      description:
        "What happens once the time is over: the answer is yes or no, the run is paused until somebody answers, or the attempt fails (the default)."
    })
  )
})

/** What the action gives. */
export const Output = Schema.Struct({
  approved: Schema.Boolean.annotate({ description: "Whether the answer was yes." }),
  note: Schema.optionalKey(Schema.String.annotate({ description: "What the person wanted to say." }))
})

/**
 * Makes the action `approval`, which waits until somebody says yes or no. It holds no slot meanwhile and goes on over
 * restarts; who answered is in the log.
 */
export const make = () =>
  Action.make("approval", {
    version: "1",
    description: "Waits until somebody approves or rejects.",
    input: Input,
    output: Output,
    run: ({ onTimeout = "fail", prompt, ...when }) => {
      const time = timeOf(when)
      if (time === undefined) return NodeOutput.wait({ prompt })
      if (onTimeout === "pause" || onTimeout === "fail")
        return NodeOutput.wait({ prompt, ...time, onTimeout })
      const answer = { approved: onTimeout === "approve" }
      return NodeOutput.wait<typeof answer>({ prompt, ...time, onTimeout: "autopilot", default: answer })
    }
  })
