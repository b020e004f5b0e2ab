import type { GraphItem, GraphNode, RunGraph } from "../RunGraph.ts"

/** Nodes of which each is the only one after the one before it and waits for nothing else. */
export interface Segment {
  readonly nodes: ReadonlyArray<GraphNode>
  /** The edges that lead into its first node and out of its last one, as texts that can be compared. */
  readonly before: ReadonlyArray<string>
  readonly after: ReadonlyArray<string>
}

interface Neighbours {
  readonly before: ReadonlyMap<string, ReadonlyArray<readonly [id: string, kind: string]>>
  readonly after: ReadonlyMap<string, ReadonlyArray<readonly [id: string, kind: string]>>
}

const neighbours = (graph: RunGraph): Neighbours => {
  const before = new Map<string, Array<readonly [string, string]>>()
  const after = new Map<string, Array<readonly [string, string]>>()
  for (const { id } of graph.items) {
    before.set(id, [])
    after.set(id, [])
  }
  for (const { from, inactive = false, kind, to, when } of graph.edges) {
    const meaning = when === undefined ? kind : `${kind} ${inactive} ${when}`
    before.get(to)?.push([from, meaning])
    after.get(from)?.push([to, meaning])
  }
  return { before, after }
}

/**
 * Splits the foldable nodes of a graph into the longest segments there are, in the order of their first nodes. Its cost
 * is proportional to items and edges.
 */
export const segments = (
  graph: RunGraph,
  isFoldable: (item: GraphItem) => boolean
): ReadonlyArray<Segment> => {
  const { after, before } = neighbours(graph)
  const foldable = new Map<string, GraphNode>()
  for (const item of graph.items) if (item._tag === "Node" && isFoldable(item)) foldable.set(item.id, item)

  /** The node that follows in the same segment. */
  const next = (id: string): GraphNode | undefined => {
    const [only, ...others] = after.get(id) ?? []
    if (only === undefined || others.length > 0 || before.get(only[0])?.length !== 1) return undefined
    return foldable.get(only[0])
  }
  const isInside = (id: string): boolean => {
    const [only, ...others] = before.get(id) ?? []
    return only !== undefined && others.length === 0 && foldable.has(only[0]) && next(only[0])?.id === id
  }
  const texts = (edges: ReadonlyArray<readonly [string, string]> = []) =>
    edges.map((edge) => JSON.stringify(edge)).sort()

  const found: Array<Segment> = []
  for (const head of foldable.values()) {
    if (isInside(head.id)) continue
    const nodes = [head]
    for (let node = next(head.id); node !== undefined; node = next(node.id)) nodes.push(node)
    const tail = nodes.at(-1) ?? head
    found.push({ nodes, before: texts(before.get(head.id)), after: texts(after.get(tail.id)) })
  }
  return found
}

/** The items that lie on a cycle or behind one; none for a graph without cycles. */
export const entangled = (graph: RunGraph): ReadonlySet<string> => {
  const { after, before } = neighbours(graph)
  const open = new Map([...before].map(([id, list]) => [id, list.length]))
  const ready = [...open].filter(([, count]) => count === 0).map(([id]) => id)
  const rest = new Set(open.keys())
  for (const id of ready) {
    rest.delete(id)
    for (const [to] of after.get(id) ?? []) {
      const left = (open.get(to) ?? 0) - 1
      open.set(to, left)
      if (left === 0) ready.push(to)
    }
  }
  return rest
}
