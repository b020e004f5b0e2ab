import type { Event, NodeState } from "@dagflow/protocol"
import type { Turn } from "./Turn.ts"

/** Why nodes are cancelled when a run is brought to its end for this cause. */
export const cancelReasonOf = {
  halted: "halted",
  cancelled: "run_cancelled",
  timed_out: "timed_out",
  hook_failed: "hook_failed",
  stalled: "stalled"
} as const satisfies Record<
  Event.EventOf<"RunInterrupted">["cause"],
  Event.EventOf<"NodeCancelled">["reason"]
>

/** Cancels a node that has no attempt in flight; one that has is left to its own end. */
export const cancelIdleNode = (
  turn: Turn,
  node: NodeState.NodeState,
  reason: Event.EventOf<"NodeCancelled">["reason"]
): void => {
  const isIdle =
    node.status === "pending" || node.status === "retrying" || (node.status === "running" && !node.inFlight)
  if (isIdle) turn.record({ _tag: "NodeCancelled", nodeId: node.spec.id, reason, stopped: "pending" })
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
