import { type NodeState, type RunState, VisitState } from "@dagflow/protocol"
import { Heap } from "./heap.ts"

/**
 * The visit of a node that another one refers to: of the visits among its ancestors the one that ended last; without any, the
 * node of that id.
 *
 * Ancestors end before what follows them begins. So the one that ended last is found by always looking behind the one that
 * ended last of those found so far, which in a loop costs as much as one turn of it, however often it has turned.
 */
export const visitSeenBy = (
  state: RunState.RunState,
  node: NodeState.NodeState,
  id: string
): NodeState.NodeState | undefined => {
  const named = state.byId.get(id)
  // Whoever was led to before what it depends on had ended does not see that, however long it goes on.
  const seenMax = node.seen?.sequence ?? Infinity
  const own = named !== undefined && named.endedSequence <= seenMax ? named : undefined
  if (state.visitCount === 0 || named === undefined) return own
  const found = new Set<NodeState.NodeState>()
  const heap = new Heap<NodeState.NodeState>((a, b) => a.endedSequence > b.endedSequence)
  const look = (one: NodeState.NodeState): void => {
    if (one.endedSequence === 0 || one.endedSequence > seenMax || found.has(one)) return
    found.add(one)
    heap.add(one)
  }
  const lookBehind = (reached: NodeState.NodeState): void => {
    // What comes before an item is what comes before its list, also where the item has led here.
    const { dependencies, visits } = reached.list ?? reached
    for (const one of dependencies) look(one)
    for (const one of visits?.routedBy ?? []) look(one)
    for (const one of visits?.counted.values() ?? []) look(one)
  }
  lookBehind(node)
  for (let one = heap.take(); one !== undefined; one = heap.take()) {
    if (VisitState.firstOf(one) === named) return one
    lookBehind(one)
  }
  return own
}
