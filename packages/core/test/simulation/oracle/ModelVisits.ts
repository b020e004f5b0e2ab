/**
 * Where nodes lead and what visits count, worked out anew from what nodes chose: R9. A visit is a node like any other one here;
 * which visit of a dependency counts, and whether a node was led past, is asked whenever it matters.
 */
import type { Event } from "@dagflow/protocol"
import type { Model, ModelNode } from "./Model.ts"

/** How the end of a dependency counts for a node. */
export type Weight = "good" | "bad" | "absent"

/** The node of which another one is a visit, or that node itself. */
export const firstOf = (model: Model, node: ModelNode): ModelNode =>
  node.of === undefined ? node : model.node(node.of)

/** All visits of a node, the first one included. */
export const visitsOf = (model: Model, first: ModelNode): ReadonlyArray<ModelNode> =>
  [...model.nodes.values()].filter((node) => node === first || node.of === first.id)

/** The name of a node without the number of its visit. */
export const nameOf = (id: string): string => id.replace(/#\d+/, "")

/** The same; of an item the name of the node that is mapped over the list. */
export const listOf = (id: string): string => nameOf(id).replace(/\[\d+\]$/, "")

/** Whether a node was led to, so that it waits for nothing. */
export const isRouted = (node: ModelNode): boolean => node.routedBy.length > 0

/** Whether a node has begun, so that nothing changes any more what it depends on. */
const hasBegun = ({ attempt, status }: ModelNode): boolean => attempt > 0 || status !== "pending"

/** The visit of a dependency that counts for a node: of those whose end counts the one for which that came last. */
export const countingVisit = (model: Model, node: ModelNode, dependency: ModelNode): ModelNode => {
  if (node.of !== undefined || node.met.has(dependency.id) || dependency.of !== undefined) return dependency
  if (hasBegun(node)) return model.node(node.counted.get(dependency.id) ?? dependency.id)
  const settled = visitsOf(model, dependency).filter(({ settledAt }) => settledAt > 0)
  return settled.reduce((last, one) => (one.settledAt > last.settledAt ? one : last), dependency)
}

/** Whether a node chose where it leads, and not to another one, which it knew. */
const leadsPast = (model: Model, by: ModelNode, node: ModelNode): boolean =>
  by.status === "completed" &&
  by.routes !== undefined &&
  !by.routes.edges &&
  node.addedSequence < by.endSequence &&
  !by.routes.to.includes(firstOf(model, node).id)

/** How the end of a dependency counts for a node. */
export const weightOf = (model: Model, node: ModelNode, dependency: ModelNode): Weight => {
  if (node.met.has(dependency.id)) return "good"
  const visit = countingVisit(model, node, dependency)
  if (visit.status === "completed") return leadsPast(model, visit, node) ? "absent" : "good"
  return visit.status === "failed" ? "bad" : "absent"
}

/** Whether a dependency led past a node, so that another visit of it may still lead there. */
export const isLedPast = (model: Model, node: ModelNode): boolean =>
  node.of === undefined &&
  model
    .dependencies(node)
    .some((one) => one.settledAt > 0 && leadsPast(model, countingVisit(model, node, one), node))

/** First visits of the nodes to which one leads by more than its edges, in their order. */
const targetsOf = (model: Model, node: ModelNode): ReadonlyArray<ModelNode> => {
  const { routes } = node
  const first = firstOf(model, node)
  const followers = [...model.nodes.values()].filter(
    (one) => one.of === undefined && model.dependencies(one).includes(first)
  )
  const edges = isRouted(node) && routes?.edges !== false ? followers : []
  return [...new Set([...edges, ...(routes?.to ?? []).map((id) => model.node(id))])]
}

const lastVisit = (model: Model, first: ModelNode): ModelNode => visitsOf(model, first).at(-1) ?? first

/** Leads to those that have not begun, when a step ends whose nodes ran in this order. */
export const lead = (model: Model, ran: ReadonlyArray<string>): void => {
  for (const node of ran.map((id) => model.node(id))) {
    if (node.status !== "completed") continue
    for (const target of targetsOf(model, node)) {
      const next = lastVisit(model, target)
      const isChosen = node.routes?.to.includes(target.id) === true
      if (next.status === "pending" && (isChosen || next.of !== undefined)) next.routedBy.push(node.id)
    }
  }
}

/** The visits that a step makes necessary whose nodes ran in this order, once it has led to those that had not begun. */
export const visitsAfter = (
  model: Model,
  ran: ReadonlyArray<string>
): NonNullable<Event.EventOf<"NodesAdded">["visits"]> => {
  const visits = new Map<string, Array<string>>()
  for (const node of ran.map((id) => model.node(id))) {
    if (node.status !== "completed") continue
    for (const target of targetsOf(model, node)) {
      if (lastVisit(model, target).status === "pending") continue
      visits.set(target.id, [...(visits.get(target.id) ?? []), node.id])
    }
  }
  return [...visits].map(([of, by]) => {
    const number = visitsOf(model, model.node(of)).length + 1
    return { id: `${of}#${number}`, of, by }
  })
}

/** The visit that a node means by a name: of those before it the one that ended last, else the node of that name. */
export const visitMeant = (model: Model, node: ModelNode, name: string): ModelNode | undefined => {
  const named = model.nodes.get(name)
  const own = named !== undefined && hadEnded(node, named) ? named : undefined
  if (named === undefined || model.visits === 0) return own
  const before = new Set<ModelNode>()
  const look = (one: ModelNode): void => {
    // What comes before an item comes before its list.
    const own = model.node(one.list ?? one.id)
    const ids = [
      ...model.dependencies(own),
      ...model.dependencies(own).map((id) => countingVisit(model, own, id))
    ]
    for (const other of [...ids, ...own.routedBy.map((id) => model.node(id))]) {
      if (before.has(other) || !model.isEnded(other) || !hadEnded(node, other)) continue
      before.add(other)
      look(other)
    }
  }
  look(node)
  const visits = [...before].filter((one) => firstOf(model, one) === named)
  return visits.sort((a, b) => b.endSequence - a.endSequence)[0] ?? own
}

/** Whether a node had ended when another one began: whoever was led to before that does not see it, however long it goes on. */
const hadEnded = (node: ModelNode, other: ModelNode): boolean =>
  node.beganSequence === 0 || other.endSequence <= node.beganSequence

/** Takes down, after an event, whose ends count since when, and which visits count for those that have not begun. */
export const noteSettled = (model: Model): void => {
  for (const node of model.nodes.values()) {
    if (!model.counts(node)) node.settledAt = 0
    else if (node.settledAt === 0) node.settledAt = ++model.settlements
  }
  if (model.visits === 0) return
  for (const node of model.nodes.values()) {
    if (hasBegun(node) || node.of !== undefined) continue
    const counted = model
      .dependencies(node)
      .map((one) => [one.id, countingVisit(model, node, one).id] as const)
    // What its conditions came to by another visit is decided anew.
    if (counted.some(([id, visit]) => (node.counted.get(id) ?? id) !== visit)) node.route = undefined
    node.counted = new Map(counted)
  }
}
