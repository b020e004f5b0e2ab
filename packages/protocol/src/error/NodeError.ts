/** Why an attempt of a node failed, as the log records it. */
import * as Schema from "effect/Schema"

/**
 * The kind of a failed attempt.
 *
 * - `Failed`: the action failed with an error of its own. `Thrown`: it threw, rejected or died.
 * - `Reported`: it returned an output that it marked as unsuccessful.
 * - `TimedOut`: the attempt took longer than the node's time-out.
 * - `InvalidInput`, `InvalidOutput`: the value does not fit the action's schema.
 * - `MissingReference`: a referenced value does not exist. `MissingVariable`: a variable of the environment is not set.
 * - `InvalidExpression`: a condition of the node could not be evaluated.
 * - `UnknownAction`: this process has no action of that name.
 * - `TooLarge`: the output is larger than the flow allows.
 * - `InvalidUpdate`: it wrote to a channel that there is not, or what the channel does not take; `channel` names it.
 * - `InvalidRoute`: it routed to a node that there is not, or in a run whose strategy has no routes.
 * - `NoList`: a node is to be mapped over a list, and what it names is none.
 * - `TooManyNodes`: with the items of its list the run would have more nodes than it may.
 * - `SubFlowFailed`: the child run that the attempt went on as failed, or somebody cancelled it; `child` names it.
 * - `OwnerLost`: the process that ran the attempt died before it could record how it ended.
 */
export const FailureCause = Schema.Literals([
  "Failed",
  "Thrown",
  "Reported",
  "TimedOut",
  "InvalidInput",
  "InvalidOutput",
  "MissingReference",
  "MissingVariable",
  "InvalidExpression",
  "UnknownAction",
  "TooLarge",
  "InvalidUpdate",
  "InvalidRoute",
  "NoList",
  "TooManyNodes",
  "SubFlowFailed",
  "OwnerLost"
])
/** The kind of a failed attempt. */
export type FailureCause = typeof FailureCause.Type

/** One link of the chain of errors below an error. */
export const ErrorLink = Schema.Struct({ tag: Schema.String, message: Schema.String })
/** One link of the chain of errors below an error. */
export type ErrorLink = typeof ErrorLink.Type

/** Why an attempt of a node failed, as the log records it. */
export const NodeError = Schema.Struct({
  cause: FailureCause,
  /** The error's own name: its `_tag` or `name`, and `Error` for anything without one. */
  tag: Schema.String,
  message: Schema.String,
  /** Whether another attempt may succeed, as far as the error itself knows. */
  isRetryable: Schema.Boolean,
  /** The errors below this one, outermost first. */
  chain: Schema.optionalKey(Schema.Array(ErrorLink)),
  /** The child run that failed or was cancelled, and the node of it that failed first, if one did. */
  child: Schema.optionalKey(
    Schema.Struct({ runId: Schema.String, nodeId: Schema.optionalKey(Schema.String) })
  ),
  /** The channel that could not be written to. */
  channel: Schema.optionalKey(Schema.String),
  /** Where the error was made: the lines of its stack that are the user's, at most five. */
  stack: Schema.optionalKey(Schema.Array(Schema.String)),
  /** The last lines that the attempt logged, at most ten. */
  logs: Schema.optionalKey(Schema.Array(Schema.String))
})
/** Why an attempt of a node failed, as the log records it. */
export type NodeError = typeof NodeError.Type

/** Causes that no further attempt can change. */
const final: ReadonlySet<FailureCause> = new Set([
  "InvalidInput",
  "InvalidOutput",
  "MissingReference",
  "MissingVariable",
  "InvalidExpression",
  "UnknownAction",
  "TooLarge",
  "InvalidUpdate",
  "InvalidRoute",
  "NoList",
  "TooManyNodes"
])

/** Tells whether another attempt could end differently, going by the kind of the failure alone. */
export const isRetryableCause = (cause: FailureCause): boolean => !final.has(cause)
