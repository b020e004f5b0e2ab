import { unroute } from "./evolveRoute.ts"
import { contributionOf, countLatest, notePassing, settleVisit, unsettleVisit } from "./evolveVisits.ts"
import type { NodeState } from "./NodeState.ts"
import { handOn } from "./payload.ts"
import type { RunState } from "./RunState.ts"
import { isLater } from "./VisitState.ts"

const settleDependency = (state: RunState, node: NodeState, dependency: NodeState): void => {
  const contribution =
    node.met?.has(dependency.spec.id) === true ? "succeeded" : contributionOf(node, dependency)
  node.ends[contribution]++
  if (contribution !== "succeeded") node.lastUnsuccessful = dependency
  if (dependency.written !== undefined) notePassing(state, node, dependency)
  node.unsettled--
  if (node.unsettled === 0 && node.status === "pending") state.due.push(node)
}

/** Lets the end of a node count for its dependents. */
export const settle = (state: RunState, node: NodeState): void => {
  node.settled = true
  handOn(node)
  for (const dependent of node.dependents) settleDependency(state, dependent, node)
  if (isLater(node)) settleVisit(state, node)
  if (node.list?.items === undefined) return
  node.list.items.unsettled--
  state.due.push(node.list)
}

/** Takes back that the failure of a node counted for its dependents, none of which has started. */
export const unsettle = (state: RunState, node: NodeState): void => {
  node.settled = false
  state.handled.delete(node)
  if (isLater(node)) unsettleVisit(state, node)
  if (node.list?.items !== undefined) node.list.items.unsettled++
  for (const dependent of node.dependents) {
    unroute(dependent)
    const counted = dependent.visits?.counted.get(node)
    if (dependent.met?.has(node.spec.id) === true) dependent.ends.succeeded--
    else dependent.ends[counted === undefined ? "failed" : contributionOf(dependent, counted)]--
    dependent.visits?.counted.delete(node)
    dependent.unsettled++
    if (dependent.lastUnsuccessful !== node) continue
    dependent.lastUnsuccessful = dependent.dependencies.findLast(
      (other) => other.settled && other.status !== "completed"
    )
  }
}

/**
 * Lets the final failure of a node count: for its dependents when it was handled or its policy lets the others go on,
 * for the whole run otherwise.
 */
export const settleFailure = (state: RunState, node: NodeState, handled: boolean): void => {
  const policy = node.spec.onFailure ?? state.config.onFailure
  if (handled || policy === "continue" || policy === "best_effort") {
    if (handled) state.handled.add(node)
    settle(state, node)
  } else {
    state.unhandled.push(node)
  }
}

/** Lets a dependency know of a node that depends on it, and counts the dependency's end if it has settled already. */
export const link = (state: RunState, node: NodeState, dependency: NodeState): void => {
  dependency.dependents.push(node)
  node.unsettled++
  if (!dependency.settled) return
  settleDependency(state, node, dependency)
  if (dependency.visits !== undefined) countLatest(state, node, dependency)
}
