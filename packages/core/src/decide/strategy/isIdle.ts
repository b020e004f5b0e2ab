import type { NodeState, RunState } from "@dagflow/protocol"

/**
 * Whether nothing goes on that a barrier waits for: no attempt is in flight or goes on as a child run, no hook owes an answer, and no node that
 * `counts` is going to be retried. What waits for somebody does not count, since that may take for ever; neither does what a
 * paused branch holds back.
 */
export const isIdle = (
  state: RunState.RunState,
  counts: (node: NodeState.NodeState) => boolean = () => true
): boolean => {
  const { children, due, inFlight, owed, retrying, unhandled } = state
  if (inFlight + children.size + owed.size + unhandled.length + due.length > 0) return false
  for (const node of retrying) if (node.pausedBranches === 0 && counts(node)) return false
  return true
}
