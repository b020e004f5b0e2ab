import type { GraphEdge, GraphItem, GraphNode, RunGraph } from "../RunGraph.ts"

/** What stands in one frame, or outside of any: the items of a step, in the order of the graph. */
export interface StepFrame {
  readonly step: number | undefined
  readonly items: ReadonlyArray<GraphItem>
}

/** The items of a graph by their steps, in the order of those; what no step had yet is last, outside of any frame. */
export const stepFrames = ({ items }: RunGraph): ReadonlyArray<StepFrame> => {
  const frames = Map.groupBy(items, (item) => item.step)
  return [...frames]
    .sort(([a = Infinity], [b = Infinity]) => (a === b ? 0 : a - b))
    .map(([step, inside]) => ({ step, items: inside }))
}

/** A graph that is drawn inside of a node. */
export const innerOf = (item: GraphItem): RunGraph | undefined =>
  item._tag === "Node" ? item.inner : undefined

/** The items that an edge may begin or end at where a frame cannot have one itself: its first, and its last. */
export const endsOf = ({
  edges,
  items
}: RunGraph): { readonly first: GraphItem; readonly last: GraphItem } | undefined => {
  const targets = new Set(edges.map(({ to }) => to))
  const sources = new Set(edges.map(({ from }) => from))
  const first = items.find(({ id }) => !targets.has(id)) ?? items[0]
  const last = items.findLast(({ id }) => !sources.has(id)) ?? items.at(-1)
  return first === undefined || last === undefined ? undefined : { first, last }
}

/** The id of an item inside of a frame, which is that of no item outside of it. */
export const innerId = (frame: string, id: string): string => `${frame}/${id}`

/** The same graph without frames: what is inside of a node follows it, with an edge of its own kind. */
export const flatten = (graph: RunGraph): RunGraph => {
  if (graph.items.every((item) => innerOf(item) === undefined)) return graph
  const items: Array<GraphItem> = []
  const edges: Array<GraphEdge> = [...graph.edges]
  for (const item of graph.items) {
    items.push(withoutInner(item))
    const inner = innerOf(item)
    if (inner === undefined) continue
    const inside = flatten(inner)
    const targets = new Set(inside.edges.map(({ to }) => to))
    for (const one of inside.items) {
      const id = innerId(item.id, one.id)
      items.push({ ...one, id })
      if (!targets.has(one.id)) edges.push({ from: item.id, to: id, kind: "inside", count: 1 })
    }
    for (const edge of inside.edges) {
      edges.push({ ...edge, from: innerId(item.id, edge.from), to: innerId(item.id, edge.to) })
    }
  }
  return { ...graph, items, edges }
}

const withoutInner = (item: GraphItem): GraphItem => {
  if (item._tag === "Group") return item
  const { inner: _, ...node } = item
  return node satisfies GraphNode
}
