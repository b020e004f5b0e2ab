import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"

const settleDependency = (state: RunState, node: NodeState, dependency: NodeState): void => {
  if (dependency.status === "completed" || node.met?.has(dependency.spec.id) === true) {
    node.ends.succeeded++
  } else {
    if (dependency.status === "failed") node.ends.failed++
    else node.ends.skipped++
    node.lastUnsuccessful = dependency
  }
  node.unsettled--
  if (node.unsettled === 0 && node.status === "pending") state.due.push(node)
}

/** Lets the end of a node count for its dependents. */
export const settle = (state: RunState, node: NodeState): void => {
  node.settled = true
  for (const dependent of node.dependents) settleDependency(state, dependent, node)
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

/** Links a node to a dependency and counts the dependency's end if it has settled already. */
export const link = (state: RunState, node: NodeState, dependency: NodeState): void => {
  node.dependencies.push(dependency)
  dependency.dependents.push(node)
  node.unsettled++
  if (dependency.settled) settleDependency(state, node, dependency)
}
