/** What follows from the end of an attempt, as its worker reports it. */
import { type Event, NodeError, type NodeState, RetryPolicy, type Wait } from "@dagflow/protocol"
import { cancelReasonOf } from "./interruptRun.ts"
import { keyedRandom } from "./keyedRandom.ts"
import type { Turn } from "./Turn.ts"

/** What a worker saw of an attempt. */
export type Report =
  | {
      readonly _tag: "AttemptSucceeded"
      readonly node: NodeState.NodeState
      readonly attempt: number
      readonly outputs: Event.Outputs
      readonly metadata: Event.EventOf<"NodeCompleted">["metadata"]
      readonly usage: Event.Usage | undefined
      /** What it wrote to channels, and where it led. */
      readonly updates?: Event.EventOf<"NodeCompleted">["updates"]
      readonly routes?: Event.Routes | undefined
      /** When the outputs were recorded, if they are used again. */
      readonly cachedAtMillis?: number | undefined
    }
  | {
      readonly _tag: "AttemptFailed"
      readonly node: NodeState.NodeState
      readonly attempt: number
      readonly error: NodeError.NodeError
      readonly usage: Event.Usage | undefined
    }
  /** Its code is over, and its node is to wait. */
  | {
      readonly _tag: "AttemptWaits"
      readonly node: NodeState.NodeState
      readonly attempt: number
      readonly wait: Wait.Wait
      /** The deadline of a wait that opens at a moment. */
      readonly deadline: ((nowMillis: number) => Wait.Deadline) | undefined
      readonly metadata: Event.EventOf<"NodeWaiting">["metadata"]
      readonly usage: Event.Usage | undefined
    }
  /** It ended because it was interrupted, or the grace period was over and it `ignored` the interruption. */
  | {
      readonly _tag: "AttemptInterrupted"
      readonly node: NodeState.NodeState
      readonly attempt: number
      readonly ignored: boolean
      /** What a child run had used up. */
      readonly usage?: Event.Usage | undefined
    }

/** Retry keys of a node; those that it leaves out are the flow's. */
const retryPolicy = (turn: Turn, node: NodeState.NodeState): RetryPolicy.RetryPolicy => ({
  ...turn.state.config.retry,
  ...node.spec.retry
})

const mayRetry = (policy: RetryPolicy.RetryPolicy, error: NodeError.NodeError): boolean =>
  error.isRetryable &&
  NodeError.isRetryableCause(error.cause) &&
  (policy.retryIf === undefined || policy.retryIf.includes(error.tag) || policy.retryIf.includes(error.cause))

/** What a failed attempt used up, and the end of the wait that it was in. */
type FailureDetails = Pick<Event.EventOf<"NodeFailed">, "usage" | "waitEnd">

/** Why an attempt failed whose process is gone. */
export const lost: NodeError.NodeError = {
  cause: "OwnerLost",
  tag: "OwnerLost",
  message: "the process that ran this attempt ended before it could record how it went",
  isRetryable: true
}

/** Lets a node run again whose attempt was lost with its process; no try is used up. */
export const failLost = (turn: Turn, node: NodeState.NodeState, details: FailureDetails = {}): void => {
  const base = {
    _tag: "NodeFailed",
    nodeId: node.spec.id,
    attempt: node.attempt,
    error: lost,
    ...details
  } as const
  turn.record(node.handling ? { ...base, handling: true } : { ...base, retryAtMillis: turn.nowMillis })
}

/** Fails an attempt: it is retried, or handed to the node's failure handler, or the node has failed for good. */
export const failAttempt = (
  turn: Turn,
  node: NodeState.NodeState,
  error: NodeError.NodeError,
  details: FailureDetails = {}
): void => {
  const { state } = turn
  const nodeId = node.spec.id
  const attempt = node.attempt
  const base = { _tag: "NodeFailed", nodeId, attempt, ...details } as const
  if (node.handling && node.error !== undefined) {
    return turn.record({ ...base, error: node.error, handlerError: error })
  }
  const isEnding = state.interrupted !== undefined || node.cancelledBranch
  const policy = retryPolicy(turn, node)
  const retry = node.triesUsed + 1
  if (!isEnding && retry < (policy.tries ?? RetryPolicy.defaults.tries) && mayRetry(policy, error)) {
    const random = keyedRandom(state.seed, nodeId, attempt, "retry")
    const retryAtMillis = turn.nowMillis + RetryPolicy.delayMillis(policy, retry, random)
    return turn.record({ ...base, error, retryAtMillis })
  }
  if (!isEnding && node.spec.failure !== undefined) return turn.record({ ...base, error, handling: true })
  return turn.record({ ...base, error })
}

/** Records that an attempt stopped because the run or its branch was told to. */
export const cancelAttempt = (
  turn: Turn,
  node: NodeState.NodeState,
  stopped: "interrupted" | "ignored",
  usage?: Event.Usage
): void => {
  const { interrupted } = turn.state
  turn.record({
    _tag: "NodeCancelled",
    nodeId: node.spec.id,
    reason: interrupted === undefined ? "branch_cancelled" : cancelReasonOf[interrupted.cause],
    stopped,
    attempt: node.attempt,
    ...(usage !== undefined && { usage })
  })
}

const complete = (turn: Turn, report: Report & { readonly _tag: "AttemptSucceeded" }): void => {
  const { cachedAtMillis, metadata, node, outputs, routes, updates, usage } = report
  const completed = { _tag: "NodeCompleted", nodeId: node.spec.id, attempt: node.attempt, outputs } as const
  const isBare = metadata === undefined && usage === undefined && cachedAtMillis === undefined
  if (isBare && !node.handling && updates === undefined && routes === undefined) return turn.record(completed)
  turn.record({
    ...completed,
    ...(metadata !== undefined && { metadata }),
    ...(usage !== undefined && { usage }),
    ...(node.handling && { recovered: true }),
    ...(cachedAtMillis !== undefined && { cachedAtMillis }),
    ...(updates !== undefined && { updates }),
    ...(routes !== undefined && { routes })
  })
}

/** Opens the wait that an attempt has returned. In what comes to its end anyway, it is cancelled instead. */
const openWait = (turn: Turn, report: Report & { readonly _tag: "AttemptWaits" }): void => {
  const { deadline, metadata, node, usage, wait } = report
  if (turn.state.interrupted !== undefined || node.cancelledBranch) {
    return cancelAttempt(turn, node, "interrupted")
  }
  turn.record({
    _tag: "NodeWaiting",
    nodeId: node.spec.id,
    attempt: node.attempt,
    wait,
    ...(deadline !== undefined && { deadline: deadline(turn.nowMillis) }),
    ...(metadata !== undefined && { metadata }),
    ...(usage !== undefined && { usage })
  })
}

/** Decides a report. One of an attempt that has ended already is late and changes nothing. */
export const decideReport = (turn: Turn, report: Report): void => {
  const { node } = report
  if ((!node.inFlight && node.child === undefined) || node.attempt !== report.attempt) return
  switch (report._tag) {
    case "AttemptSucceeded":
      return complete(turn, report)
    case "AttemptFailed":
      return failAttempt(turn, node, report.error, report.usage === undefined ? {} : { usage: report.usage })
    case "AttemptWaits":
      return openWait(turn, report)
    case "AttemptInterrupted": {
      if (turn.state.interrupted !== undefined || node.cancelledBranch) {
        return cancelAttempt(turn, node, report.ignored ? "ignored" : "interrupted", report.usage)
      }
      return failAttempt(turn, node, {
        cause: "Thrown",
        tag: "Interrupted",
        message: "the action interrupted itself",
        isRetryable: true
      })
    }
  }
}
