import { type Event, type NodeState, NodeStatus } from "@dagflow/protocol"
import type { Turn } from "./Turn.ts"

/** Why nodes are cancelled when a run is brought to its end for this cause. */
export const cancelReasonOf = {
  halted: "halted",
  cancelled: "run_cancelled",
  timed_out: "timed_out",
  hook_failed: "hook_failed",
  stalled: "stalled",
  budget_exhausted: "budget_exhausted",
  channel_failed: "channel_failed",
  limit_reached: "limit_reached"
} as const satisfies Record<
  Event.EventOf<"RunInterrupted">["cause"],
  Event.EventOf<"NodeCancelled">["reason"]
>

/**
 * Cancels a node that has no attempt in flight; one that has, or goes on as a child run, is left to its own end. The attempt of a node that waits, or goes
 * on as its items, is over with it.
 */
export const cancelIdleNode = (
  turn: Turn,
  node: NodeState.NodeState,
  reason: Event.EventOf<"NodeCancelled">["reason"]
): void => {
  const { attempt, child, inFlight, spec, status } = node
  const cancelled = { _tag: "NodeCancelled", nodeId: spec.id, reason, stopped: "pending" } as const
  if (status === "waiting") turn.record({ ...cancelled, attempt })
  else if (status === "running" && node.items !== undefined) turn.record({ ...cancelled, attempt })
  else if (child !== undefined) return
  else if (status === "pending" || status === "retrying" || (status === "running" && !inFlight)) {
    turn.record(cancelled)
  }
}

/**
 * Decides that the run comes to its end: nothing starts any more, and whatever is not in flight is cancelled. Attempts in
 * flight are interrupted once this is durable, and their ends are recorded as they are.
 */
export const interruptRun = (
  turn: Turn,
  event: Omit<Event.EventOf<"RunInterrupted">, "_tag">,
  cause?: Parameters<Turn["record"]>[1]
): void => {
  turn.record({ _tag: "RunInterrupted", ...event }, cause)
  const reason = cancelReasonOf[event.cause]
  for (const node of turn.state.nodes) cancelIdleNode(turn, node, reason)
}

/**
 * Cancels what is left to be cancelled of a run that is being brought to its end, or of a branch that was cancelled, since the log was
 * cut before that was recorded. Pending nodes of a branch are cancelled when their turn comes.
 */
export const finishCancelling = (turn: Turn): void => {
  const { interrupted, nodes, result } = turn.state
  if (result !== undefined) return
  const ofRun = interrupted && cancelReasonOf[interrupted.cause]
  for (const node of nodes) {
    const ofBranch = node.cancelledBranch && node.status !== "pending" ? "branch_cancelled" : undefined
    const reason = NodeStatus.isEnded(node.status) ? undefined : (ofRun ?? ofBranch)
    if (reason !== undefined) cancelIdleNode(turn, node, reason)
  }
}
