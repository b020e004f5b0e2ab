/** The part of the fold that takes note of what the conditions of a node came to. */
import type { EventOf } from "../message/Event.ts"
import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"
import { countedOf, countsAsSuccess, unsuccessfulOf } from "./VisitState.ts"

/** Lets the edges that turned out inactive count as skipped. */
export const routeNode = (state: RunState, event: EventOf<"NodeRouted">): void => {
  const node = state.byId.get(event.nodeId)
  const ids = new Set(event.inactive)
  const inactive = new Set(node?.dependencies.filter((dependency) => ids.has(dependency.spec.id)))
  const isLegal =
    node?.isConditional === true &&
    node.status === "pending" &&
    node.unsettled === 0 &&
    node.route === undefined &&
    inactive.size === ids.size &&
    [...inactive].every((dependency) => countsAsSuccess(node, dependency))
  if (!isLegal) {
    state.violations.push(`NodeRouted at ${state.sequence}: "${event.nodeId}" cannot be routed so`)
    return
  }
  node.route = { inactive, error: event.error }
  for (const dependency of inactive) {
    node.ends.succeeded--
    node.ends.skipped++
    node.lastUnsuccessful = countedOf(node, dependency)
  }
}

/** Takes back what the conditions came to: a dependency, or the node itself, is to run again. */
export const unroute = (node: NodeState): void => {
  const { route } = node
  if (route === undefined) return
  node.route = undefined
  node.ends.succeeded += route.inactive.size
  node.ends.skipped -= route.inactive.size
  node.lastUnsuccessful = unsuccessfulOf(node)
}
