/** The part of the fold that expands nodes to the items of their lists. */
import { boundOf, itemSpec } from "../definition/ForEach.ts"
import type { EventOf } from "../message/Event.ts"
import { makeNode } from "./evolveGraph.ts"
import { lookAround } from "./evolveStep.ts"
import { moveNode, openAttempt } from "./moveNode.ts"
import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"

/** Adds the items of a node, in their order. They belong to the branches that their node belongs to. */
const addItems = (state: RunState, node: NodeState, count: number): ReadonlyArray<NodeState> => {
  const { branch } = node.spec
  const items: Array<NodeState> = []
  for (let place = 0; place < count; place++) {
    const spec = itemSpec(node.spec, place)
    const item = makeNode(spec, state.nodes.length, state.sequence, undefined)
    item.list = node
    item.place = place
    // They run between the barriers between which their node stands.
    item.level = node.level
    items.push(item)
    state.nodes.push(item)
    state.byId.set(spec.id, item)
    state.due.push(item)
  }
  const labelled = branch === undefined ? undefined : state.labelled.get(branch)
  if (labelled !== undefined) for (const item of items) labelled.push(item)
  for (const one of node.branches) {
    for (const item of items) {
      one.members.add(item)
      item.branches.push(one)
      if (one.status === "paused") item.pausedBranches++
    }
  }
  if (state.branches.size > 0) for (const item of items) joinOwnBranch(state, item)
  state.counts.pending += count
  return items
}

/** In a fork an item may have been named as a branch before it is there again. */
const joinOwnBranch = (state: RunState, item: NodeState): void => {
  const own = state.branches.get(item.spec.id)
  if (own === undefined) return
  own.members.add(item)
  item.branches.push(own)
  if (own.status === "paused") item.pausedBranches++
  if (own.status === "cancelled") item.cancelledBranch = true
}

/** Expands a node. From here on it goes on for as long as its items do, and holds no slot. */
export const expandNode = (state: RunState, event: EventOf<"NodeExpanded">, at: number): void => {
  const { attempt, count, nodeId } = event
  const node = state.byId.get(nodeId)
  const complain = (message: string): void => {
    state.violations.push(`${event._tag} at ${state.sequence}: ${message}`)
  }
  if (node === undefined) return complain(`there is no node "${nodeId}"`)
  if (node.spec.forEach === undefined || node.items !== undefined) {
    return complain(`node "${nodeId}" ${node.items === undefined ? "has no list" : "has its items already"}`)
  }
  if (attempt !== node.attempt + 1)
    return complain(`attempt ${attempt} of "${nodeId}" follows ${node.attempt}`)
  if (moveNode(state, node, "running", event._tag) === undefined) return
  openAttempt(node, attempt, "action", at)
  if (state.step !== undefined) lookAround(state, node)
  const firstIndex = state.nodes.length
  const bound = boundOf(node.spec, state.config.maxParallel)
  node.items = { nodes: addItems(state, node, count), inFlight: 0, bound, unsettled: count }
  state.growth.set(state.sequence, {
    sequence: state.sequence,
    atMillis: at,
    firstIndex,
    nodeCount: count,
    round: state.iterations,
    isLoop: false,
    hook: undefined,
    commandId: undefined,
    nodeId
  })
  // A list without values is done at once.
  state.due.push(node)
}
