/** How a run ended, or why it does not go on. */
import * as Schema from "effect/Schema"
import { Shortage } from "../definition/Budget.ts"
import { NodeError } from "../error/NodeError.ts"
import { ChannelFailed, LimitReached } from "../error/stepFailure.ts"

/** A node that failed for good. */
export const FailedNode = Schema.Struct({
  nodeId: Schema.String,
  attempts: Schema.Int,
  error: NodeError
})
/** A node that failed for good. */
export type FailedNode = typeof FailedNode.Type

/**
 * Why a run failed.
 *
 * - `NodesFailed`: nodes failed for good, in the order of their failures.
 * - `TimedOut`: the run took longer than its time-out.
 * - `Stalled`: these nodes can never start.
 * - `HookFailed`: a hook failed, and the flow says that this fails the run.
 * - `BudgetExhausted`: budgets of the run, or of branches of it, were used up, and their policy is to stop.
 * - `ChannelFailed`: what the nodes of a step wrote to a channel could not be put together.
 * - `LimitReached`: a loop wanted to go on beyond a limit; `frontier` lists the nodes that it would have gone to.
 */
export const RunFailure = Schema.Union([
  Schema.TaggedStruct("NodesFailed", { nodes: Schema.Array(FailedNode) }),
  Schema.TaggedStruct("TimedOut", { timeoutMillis: Schema.Finite }),
  Schema.TaggedStruct("Stalled", { nodeIds: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("HookFailed", { hook: Schema.String, message: Schema.String }),
  Schema.TaggedStruct("BudgetExhausted", { shortages: Schema.Array(Shortage) }),
  ChannelFailed,
  LimitReached
])
/** Why a run failed. */
export type RunFailure = typeof RunFailure.Type

/** How a run ends. */
export const RunResult = Schema.Union([
  /** `failed` lists nodes that failed under `best_effort`; `payload` is the final one, of a flow whose nodes have intents. */
  Schema.TaggedStruct("Completed", {
    failed: Schema.optionalKey(Schema.Array(FailedNode)),
    payload: Schema.optionalKey(Schema.Json)
  }),
  Schema.TaggedStruct("Failed", { failure: RunFailure }),
  Schema.TaggedStruct("Cancelled", { reason: Schema.optionalKey(Schema.String) })
])
/** How a run ends. */
export type RunResult = typeof RunResult.Type
