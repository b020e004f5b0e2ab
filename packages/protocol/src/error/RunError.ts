/** Why a run cannot be started, reached or brought to its end. */
import * as Schema from "effect/Schema"
import { describe as describeShortage, Shortage } from "./BudgetShortage.ts"
import { FrontierContext } from "./FrontierContext.ts"
import { NodeError } from "./NodeError.ts"
import * as Rejection from "./Rejection.ts"
import { ChannelFailed, LimitReached } from "./stepFailure.ts"
import { StoreReason } from "./StoreError.ts"

const FailedNode = Schema.Struct({ nodeId: Schema.String, attempts: Schema.Int, error: NodeError })

/** What is wrong with a run. */
export const RunReason = Schema.Union([
  /** Nodes failed for good, in the order of their failures. */
  Schema.TaggedStruct("NodesFailed", { nodes: Schema.Array(FailedNode) }),
  Schema.TaggedStruct("TimedOut", { timeoutMillis: Schema.Finite }),
  /** These nodes can never start. */
  Schema.TaggedStruct("Stalled", { nodeIds: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("HookFailed", { hook: Schema.String, message: Schema.String }),
  /** A budget is used up: the run was stopped by it, or is paused until somebody raises it. */
  Schema.TaggedStruct("BudgetExhausted", { shortages: Schema.Array(Shortage) }),
  ChannelFailed,
  LimitReached,
  Schema.TaggedStruct("Cancelled", { reason: Schema.optionalKey(Schema.String) }),
  /** The run waits for somebody: it is paused, or what remains belongs to paused branches. */
  Schema.TaggedStruct("Waiting", { reasons: Schema.Array(Schema.String) }),
  /** The engine was closed while the run went on; another process may take it up. */
  Schema.TaggedStruct("Parked", {}),
  Schema.TaggedStruct("InvalidInput", { message: Schema.String }),
  Schema.TaggedStruct("CommandRejected", { command: Schema.String, rejection: Rejection.Rejection }),
  Schema.TaggedStruct("RunExists", {}),
  Schema.TaggedStruct("RunNotFound", {}),
  /** Another process owns the run. */
  Schema.TaggedStruct("RunNotOwned", { owner: Schema.optionalKey(Schema.String) }),
  /** This process lacks actions of the run, or has others versions of them. */
  Schema.TaggedStruct("ActionsMissing", {
    missing: Schema.Array(Schema.String),
    changed: Schema.Array(
      Schema.Struct({ action: Schema.String, recorded: Schema.String, registered: Schema.String })
    )
  }),
  /** This process lacks reducers of the run's channels, or has other versions of them. */
  Schema.TaggedStruct("ReducersMissing", {
    missing: Schema.Array(Schema.String),
    changed: Schema.Array(
      Schema.Struct({ reducer: Schema.String, recorded: Schema.String, registered: Schema.String })
    )
  }),
  /** The values of these channels look otherwise than the flow that is to continue them says. */
  Schema.TaggedStruct("ChannelsChanged", {
    channels: Schema.Array(
      Schema.Struct({ channel: Schema.String, recorded: Schema.Int, declared: Schema.Int })
    )
  }),
  /** The run of this id is of another flow than the one given. */
  Schema.TaggedStruct("FlowChanged", { recordedHash: Schema.String, givenHash: Schema.String }),
  /** The run of this id was started with other inputs than those given: those of these names. */
  Schema.TaggedStruct("InputsChanged", { names: Schema.Array(Schema.String) }),
  /** The log of the run could not be written or read. */
  Schema.TaggedStruct("StoreFailed", { operation: Schema.String, reason: StoreReason }),
  /** A hook or an action waited for the result of a command to its own run, which could never come. */
  Schema.TaggedStruct("WouldDeadlock", { message: Schema.String })
])
/** What is wrong with a run. */
export type RunReason = typeof RunReason.Type

const list = (ids: ReadonlyArray<string>, max = 5): string =>
  ids.length <= max ? ids.join(", ") : `${ids.slice(0, max).join(", ")} and ${ids.length - max} more`

const differing = (
  missing: ReadonlyArray<string>,
  changed: ReadonlyArray<{ readonly name: string; readonly recorded: string; readonly registered: string }>
): string =>
  [
    ...(missing.length === 0 ? [] : [`not registered here: ${list(missing)}`]),
    ...changed.map((one) => `"${one.name}" is ${one.registered} here and was ${one.recorded}`)
  ].join("; ")

const describe = (reason: RunReason): string => {
  switch (reason._tag) {
    case "NodesFailed": {
      const [first, ...rest] = reason.nodes
      if (first === undefined) return "nodes failed"
      const attempts = first.attempts === 1 ? "" : ` after ${first.attempts} attempts`
      const others =
        rest.length === 0 ? "" : `; ${rest.length} more failed: ${list(rest.map((one) => one.nodeId))}`
      return `node "${first.nodeId}" failed${attempts}: ${first.error.tag}: ${first.error.message}${others}`
    }
    case "TimedOut":
      return `it took longer than its time-out of ${reason.timeoutMillis} ms`
    case "Stalled":
      return `these nodes can never start: ${list(reason.nodeIds)}`
    case "HookFailed":
      return `hook "${reason.hook}" failed: ${reason.message}`
    case "BudgetExhausted":
      return reason.shortages.map(describeShortage).join("; ")
    case "ChannelFailed":
      return `what the nodes of step ${reason.step} wrote to channel "${reason.channel}" cannot be put together, at node "${reason.nodeId}": ${reason.message}`
    case "LimitReached":
      return `${reason.limit} is ${reason.maximum}, and after step ${reason.step} it would have gone on to: ${list(reason.frontier)}`
    case "Cancelled":
      return `it was cancelled${reason.reason === undefined ? "" : `: ${reason.reason}`}`
    case "Waiting":
      return `it waits: ${list(reason.reasons)}`
    case "Parked":
      return "its engine was closed; start or resume it again to go on"
    case "InvalidInput":
      return reason.message
    case "CommandRejected":
      return `${reason.command} was refused: ${Rejection.describe(reason.rejection)}`
    case "RunExists":
      return "a run of this id exists already: resume it, or choose another id"
    case "RunNotFound":
      return "there is no run of this id in the store"
    case "RunNotOwned":
      return `another process has taken it up${reason.owner === undefined ? "" : ` (${reason.owner})`}`
    case "ActionsMissing":
      return `its actions are not the ones it was started with: ${differing(
        reason.missing,
        reason.changed.map((one) => ({ ...one, name: one.action }))
      )}`
    case "ReducersMissing":
      return `the reducers of its channels are not the ones it was started with: ${differing(
        reason.missing,
        reason.changed.map((one) => ({ ...one, name: one.reducer }))
      )}`
    case "ChannelsChanged":
      return `the channels that it would continue have other versions: ${reason.channels
        .map((one) => `"${one.channel}" is ${one.declared} here and was ${one.recorded}`)
        .join("; ")}`
    case "FlowChanged":
      return "it was started from another definition than the one given; resume it as it is, or choose another id"
    case "InputsChanged":
      return `it was started with other inputs than those given (${list(reason.names)}); resume it as it is, or choose another id`
    case "StoreFailed":
      return `its log could not be used (${reason.operation}: ${reason.reason._tag}${"message" in reason.reason ? `: ${reason.reason.message}` : ""})`
    case "WouldDeadlock":
      return reason.message
  }
}

const retryable: ReadonlySet<RunReason["_tag"]> = new Set(["Parked", "RunNotOwned"])

/** A run that cannot be started, reached or brought to its end. */
export class RunError extends Schema.TaggedError<RunError>("@dagflow/protocol/RunError")("RunError", {
  reason: RunReason,
  runId: Schema.String,
  /** Where the run stood, when it had begun. */
  context: Schema.optionalKey(FrontierContext)
}) {
  /** Whether the same call may succeed later without anybody changing anything. */
  get isRetryable(): boolean {
    const { reason } = this
    if (reason._tag === "StoreFailed") return reason.reason._tag === "Unavailable"
    return retryable.has(reason._tag)
  }

  override get message(): string {
    return `run "${this.runId}": ${describe(this.reason)}`
  }
}
