import type { NodeState } from "@dagflow/protocol"

/** The order of nodes that may start: the greatest priority first, in plan order among equals. */
export const byPriority = (a: NodeState.NodeState, b: NodeState.NodeState): boolean => {
  const priority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0)
  return priority === 0 ? a.index < b.index : priority < 0
}
