/** What a run that has settled its result tells its parent of it. */
import { type ChildEnd, type Event, NodeError, type RunResult, type RunState } from "@dagflow/protocol"
import { messageMax } from "../action/ErrorDescription.ts"

/** What all attempts of a run used up. What its own child runs did, their nodes have been charged with. */
export const usageOf = ({ nodes }: RunState.RunState): Event.Usage | undefined => {
  const sum: Record<string, number> = {}
  for (const { attempts } of nodes) {
    for (const { usage } of attempts)
      for (const name in usage) sum[name] = (sum[name] ?? 0) + (usage[name] ?? 0)
  }
  return Object.keys(sum).length === 0 ? undefined : sum
}

/** Whether another child run could end differently, going by what the first failure says of itself. */
const mayMend = (failure: RunResult.RunFailure): boolean => {
  switch (failure._tag) {
    case "NodesFailed": {
      const error = failure.nodes[0]?.error
      return error !== undefined && error.isRetryable && NodeError.isRetryableCause(error.cause)
    }
    case "TimedOut":
    case "HookFailed":
      return true
    case "Stalled":
    case "BudgetExhausted":
    case "ChannelFailed":
    case "LimitReached":
      return false
  }
}

/** The node that the failure of a run is about, if it is about one. */
const nodeOf = (failure: RunResult.RunFailure): string | undefined => {
  switch (failure._tag) {
    case "NodesFailed":
      return failure.nodes[0]?.nodeId
    case "Stalled":
      return failure.nodeIds[0]
    case "ChannelFailed":
      return failure.nodeId
    case "TimedOut":
    case "HookFailed":
    case "BudgetExhausted":
    case "LimitReached":
      return undefined
  }
}

/** The failure of a child run as the error of its node. Its tag is that of the first failure, for retries that look at it. */
export const errorOf = (
  runId: string,
  failure: RunResult.RunFailure,
  described: string
): NodeError.NodeError => {
  const nodeId = nodeOf(failure)
  const first = failure._tag === "NodesFailed" ? failure.nodes[0]?.error : undefined
  return {
    cause: "SubFlowFailed",
    tag: first?.tag ?? failure._tag,
    message: described.slice(0, messageMax),
    isRetryable: mayMend(failure),
    child: { runId, ...(nodeId !== undefined && { nodeId }) },
    ...(first !== undefined && {
      chain: [{ tag: first.tag, message: first.message }, ...(first.chain ?? [])].slice(0, 5)
    })
  }
}

/** The error of a node whose child run somebody cancelled. */
export const cancelledError = ({ end, runId }: ChildEnd.ChildEnd): NodeError.NodeError => {
  const reason = end._tag === "Cancelled" ? end.reason : undefined
  return {
    cause: "SubFlowFailed",
    tag: "Cancelled",
    message: `run "${runId}" was cancelled${reason === undefined ? "" : `: ${reason}`}`,
    isRetryable: false,
    child: { runId }
  }
}
