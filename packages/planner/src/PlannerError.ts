/** What makes a node of a planner fail. */
import * as Schema from "effect/Schema"

/** What went wrong. */
export const PlannerReason = Schema.Union([
  /** The model could not be asked, or answered with an error: which one, in the words of `effect/ai`. */
  Schema.TaggedStruct("ModelFailed", {
    error: Schema.String,
    message: Schema.String,
    isRetryable: Schema.Boolean
  }),
  /** The model's answer ended before it was complete. */
  Schema.TaggedStruct("IncompleteAnswer", { finish: Schema.String }),
  /** The messages that the node was given are none. */
  Schema.TaggedStruct("InvalidPrompt", { message: Schema.String }),
  /** A limit of the planner is reached, so the loop is over. */
  Schema.TaggedStruct("LimitReached", {
    limit: Schema.String,
    maximum: Schema.Finite,
    requested: Schema.Finite
  }),
  /** The run that is replayed asked something else: `at` names the message and where in it the texts part. */
  Schema.TaggedStruct("ReplayDiverged", {
    turn: Schema.String,
    at: Schema.String,
    recorded: Schema.String,
    given: Schema.String
  }),
  /** The recorded run has no answer of this node. */
  Schema.TaggedStruct("NotRecorded", { turn: Schema.String, attempt: Schema.Int })
])
/** What went wrong. */
export type PlannerReason = typeof PlannerReason.Type

const describe = (reason: PlannerReason): string => {
  switch (reason._tag) {
    case "ModelFailed":
      return reason.message
    case "IncompleteAnswer":
      return `the answer of the model ended before it was complete (${reason.finish})`
    case "InvalidPrompt":
      return `the messages of the prompt cannot be read: ${reason.message}`
    case "LimitReached":
      return `${reason.limit} is ${reason.maximum}, and this would make it ${reason.requested}: raise the limit, or tell the model to do less`
    case "ReplayDiverged":
      return `turn "${reason.turn}" asks something else than the recorded run: ${reason.at} was ${JSON.stringify(reason.recorded)} and is ${JSON.stringify(reason.given)}`
    case "NotRecorded":
      return `the recorded run has no answer of turn "${reason.turn}", attempt ${reason.attempt}`
  }
}

/** A failed node of a planner. */
export class PlannerError extends Schema.TaggedError<PlannerError>("@dagflow/planner/PlannerError")(
  "PlannerError",
  { reason: PlannerReason }
) {
  /** Whether the same node may succeed when it is tried again. */
  get isRetryable(): boolean {
    const { reason } = this
    return reason._tag === "ModelFailed" ? reason.isRetryable : reason._tag === "IncompleteAnswer"
  }

  override get message(): string {
    return describe(this.reason)
  }
}
