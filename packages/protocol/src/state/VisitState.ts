/**
 * Routes and loops: where nodes lead, and how a node that ran already runs once more, as a node of its own named `name#2`.
 *
 * Only nodes that a route or a loop has touched have this state; the others follow from their dependencies alone.
 */
import type * as Schema from "effect/Schema"
import type { Routes, Visit } from "../message/Event.ts"
import type { Update } from "./ChannelState.ts"
import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"

/** The part that a node has in routes and loops. */
export interface VisitState {
  /** The first visit, of which this is a later one; `undefined` for the first one itself. */
  readonly of: NodeState | undefined
  /** Nodes that led here by a route. With any, the node starts whatever became of its dependencies. */
  readonly routedBy: Array<NodeState>
  /** Of a first visit: the later ones, in order. */
  readonly later: Array<NodeState>
  /** Later visits of dependencies that count in their places, by the first visit. */
  readonly counted: Map<NodeState, NodeState>
  /** Dependencies that led elsewhere. While one of these might still lead here, the node is not skipped. */
  readonly inactive: Set<NodeState>
}

/** What a node wrote to channels and where it led, besides its outputs. */
export interface WrittenState {
  readonly updates: Readonly<Record<string, Schema.Json>> | undefined
  readonly routes: Routes | undefined
}

/** The part of a node in routes and loops, made when it is first needed. */
export const visitsOf = (node: NodeState): VisitState => {
  node.visits ??= makeVisits(undefined, [])
  return node.visits
}

/** The part of a node in routes and loops that was led to by others. */
export const makeVisits = (of: NodeState | undefined, routedBy: ReadonlyArray<NodeState>): VisitState => ({
  of,
  routedBy: [...routedBy],
  later: [],
  counted: new Map(),
  inactive: new Set()
})

/** Whether a node is a later visit of another one. */
export const isLater = (node: NodeState): boolean => node.visits?.of !== undefined

/** The first visit of a node. */
export const firstOf = (node: NodeState): NodeState => node.visits?.of ?? node

/** The last visit so far of a node, given the first one. */
export const lastOf = (first: NodeState): NodeState => first.visits?.later.at(-1) ?? first

/** Whether a route led to a node, so that it starts whatever became of its dependencies. */
export const isRouted = (node: NodeState): boolean =>
  node.visits !== undefined && node.visits.routedBy.length > 0

/** Whether a pending node waits for none of its dependencies any more: they have all settled, or a route led to it. */
export const isDue = (node: NodeState): boolean => node.unsettled === 0 || isRouted(node)

/** Whether a dependency led past a node, so that a later visit of it may still lead there. */
export const isLedPast = (node: NodeState): boolean =>
  node.visits !== undefined && node.visits.inactive.size > 0

/** The visit of a dependency that counts for a node. */
export const countedOf = (node: NodeState, dependency: NodeState): NodeState =>
  node.visits?.counted.get(dependency) ?? dependency

/** Whether a dependency of which the end counts, or the visit that counts in its place, counts as a success. */
export const countsAsSuccess = (node: NodeState, dependency: NodeState): boolean =>
  node.met?.has(dependency.spec.id) === true ||
  (countedOf(node, dependency).status === "completed" && node.visits?.inactive.has(dependency) !== true)

/** The last one of the dependencies that keeps a node from starting by its rule, as the visit that counts. */
export const unsuccessfulOf = (node: NodeState): NodeState | undefined => {
  const last = node.dependencies.findLast(
    (dependency) => dependency.settled && !countsAsSuccess(node, dependency)
  )
  return last && countedOf(node, last)
}

/** Whether a dependency led elsewhere, so that its end does not count for the node. What is added later was not known to it. */
export const isPassedOver = (node: NodeState, dependency: NodeState): boolean => {
  const routes = dependency.written?.routes
  return (
    routes !== undefined &&
    !routes.edges &&
    node.addedBySequence < dependency.endedSequence &&
    !routes.to.includes(firstOf(node).spec.id)
  )
}

/**
 * The nodes that a completed node leads to by more than their dependencies, as first visits, each once: those that it chose,
 * and, when a route led to the node itself, those that depend on it.
 */
export const targetsOf = (state: RunState, node: NodeState): ReadonlySet<NodeState> => {
  const targets = new Set<NodeState>()
  const routes = node.written?.routes
  if (isRouted(node) && routes?.edges !== false) {
    for (const dependent of firstOf(node).dependents) if (!isLater(dependent)) targets.add(dependent)
  }
  for (const id of routes?.to ?? []) {
    const target = state.byId.get(id)
    if (target !== undefined) targets.add(target)
  }
  return targets
}

/**
 * The visits that the nodes of a step make necessary: a node that was led to and that has been visited already runs once
 * more. The nodes are given in the order of the frontier; however many of them lead to one node, it is visited once.
 */
export const visitsAfter = (state: RunState, ran: ReadonlyArray<NodeState>): ReadonlyArray<Visit> => {
  const routers = new Map<NodeState, Array<string>>()
  for (const node of ran) {
    if (node.status !== "completed") continue
    for (const target of targetsOf(state, node)) {
      if (lastOf(target).status === "pending") continue
      const known = routers.get(target)
      if (known === undefined) routers.set(target, [node.spec.id])
      else known.push(node.spec.id)
    }
  }
  return [...routers].map(([target, by]) => ({
    id: `${target.spec.id}#${(target.visits?.later.length ?? 0) + 2}`,
    of: target.spec.id,
    by
  }))
}

/** What the nodes of a step wrote, in the order in which it is merged. */
export const updatesOf = (ran: ReadonlyArray<NodeState>): ReadonlyArray<Update> =>
  ran.flatMap(({ spec, status, written }) =>
    status === "completed" && written?.updates !== undefined
      ? [{ nodeId: spec.id, channels: written.updates }]
      : []
  )
