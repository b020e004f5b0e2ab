/** The part of the fold that follows routes, and lets later visits count in the place of earlier ones. */
import type { Visit } from "../message/Event.ts"
import { unroute } from "./evolveRoute.ts"
import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"
import * as VisitState from "./VisitState.ts"

/** How the end of a dependency counts for a node. */
export type Contribution = "succeeded" | "failed" | "skipped"

/** How the end of a dependency, or of a later visit of it, counts for a node. */
export const contributionOf = (node: NodeState, dependency: NodeState): Contribution => {
  switch (dependency.status) {
    case "completed":
      return dependency.written !== undefined && VisitState.isPassedOver(node, dependency)
        ? "skipped"
        : "succeeded"
    case "failed":
      return "failed"
    default:
      return "skipped"
  }
}

/** Takes note of whether a dependency that has ended leads to a node or past it. */
export const notePassing = (state: RunState, node: NodeState, dependency: NodeState): void => {
  const first = VisitState.firstOf(dependency)
  if (dependency.status === "completed" && VisitState.isPassedOver(node, dependency)) {
    VisitState.visitsOf(node).inactive.add(first)
    if (node.status === "pending") state.passedOver.add(node)
  } else node.visits?.inactive.delete(first)
}

/** Lets a visit count for a pending node in the place of another visit of the same dependency, which counted as said. */
const replace = (state: RunState, node: NodeState, before: Contribution, to: NodeState): void => {
  const first = VisitState.firstOf(to)
  // What was decided by the other visit is decided anew.
  unroute(node)
  node.ends[before]--
  node.ends[contributionOf(node, to)]++
  if (to === first) VisitState.visitsOf(node).counted.delete(first)
  else VisitState.visitsOf(node).counted.set(first, to)
  notePassing(state, node, to)
  node.lastUnsuccessful = contributionOf(node, to) === "succeeded" ? VisitState.unsuccessfulOf(node) : to
  if (node.unsettled === 0) state.due.push(node)
}

/** Lets the visit of a dependency count that ended last, for a node that is added when there are several. */
export const countLatest = (state: RunState, node: NodeState, first: NodeState): void => {
  let last = first
  for (const visit of first.visits?.later ?? []) {
    if (visit.settled && visit.endedSequence > last.endedSequence) last = visit
  }
  const isFixed = VisitState.isLater(node) || VisitState.isLater(first) || isMet(node, first)
  if (last !== first && !isFixed) replace(state, node, contributionOf(node, first), last)
}

/** The nodes that depend on the first visit of a node, have not begun, and for which its end has counted. */
const waitingFor = (first: NodeState): ReadonlyArray<NodeState> =>
  first.settled
    ? first.dependents.filter(
        (one) =>
          one.status === "pending" && one.attempt === 0 && !VisitState.isLater(one) && !isMet(one, first)
      )
    : []

const isMet = (node: NodeState, dependency: NodeState): boolean => node.met?.has(dependency.spec.id) === true

/** Lets the end of a later visit count for those that wait for its node. */
export const settleVisit = (state: RunState, visit: NodeState): void => {
  const first = VisitState.firstOf(visit)
  for (const node of waitingFor(first)) {
    replace(state, node, contributionOf(node, VisitState.countedOf(node, first)), visit)
  }
}

/** Takes back that the failure of a later visit counted. */
export const unsettleVisit = (state: RunState, visit: NodeState): void => {
  const first = VisitState.firstOf(visit)
  for (const node of waitingFor(first)) {
    if (node.visits?.counted.get(first) !== visit) continue
    const before = first.visits?.later.findLast((one) => one !== visit && one.settled)
    replace(state, node, "failed", before ?? first)
  }
}

/** Leads to pending nodes what the nodes of a step chose, in the order of the frontier. Nodes that ran already are visited. */
export const followRoutes = (state: RunState, ran: ReadonlyArray<NodeState>): void => {
  for (const node of ran) {
    if (node.status !== "completed" || (node.written?.routes === undefined && !VisitState.isRouted(node)))
      continue
    const chosen = new Set(node.written?.routes?.to)
    for (const target of VisitState.targetsOf(state, node)) {
      const next = VisitState.lastOf(target)
      // An edge alone leads to a node that has not been visited by what it depends on.
      if (next.status !== "pending" || !(chosen.has(target.spec.id) || VisitState.isLater(next))) continue
      VisitState.visitsOf(next).routedBy.push(node)
      state.due.push(next)
    }
  }
}

/** Why visits cannot be added; `undefined` when they can. */
export const visitProblem = (state: RunState, visits: ReadonlyArray<Visit>): string | undefined => {
  for (const { by, id, of } of visits) {
    const first = state.byId.get(of)
    if (first === undefined || VisitState.isLater(first)) return `there is no node "${of}" to visit`
    if (id !== `${of}#${(first.visits?.later.length ?? 0) + 2}`)
      return `"${id}" is not the next visit of "${of}"`
    if (VisitState.lastOf(first).status === "pending") return `node "${of}" has not begun`
    const unknown = by.find((name) => !state.byId.has(name))
    if (unknown !== undefined || by.length === 0) return `nobody has led to "${id}"`
  }
  return undefined
}
