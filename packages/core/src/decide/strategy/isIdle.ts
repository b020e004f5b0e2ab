import type { NodeState, RunState } from "@dagflow/protocol"

/**
 * Whether nothing goes on that a barrier waits for: no attempt is in flight or goes on as a child run, no hook owes an answer, and no node that
 * `counts` is going to be retried. What waits for somebody does not count, since that may take for ever; neither does what a
 * paused branch holds back.
 */
export const isIdle = (
  state: RunState.RunState,
  counts: (node: NodeState.NodeState) => boolean = () => true
): boolean =>
  state.inFlight === 0 &&
  state.children.size === 0 &&
  state.owed.size === 0 &&
  state.unhandled.length === 0 &&
  state.due.length === 0 &&
  (state.counts.retrying === 0 ||
    !state.nodes.some((node) => node.status === "retrying" && node.pausedBranches === 0 && counts(node)))
