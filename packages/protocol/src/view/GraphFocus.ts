/** The surroundings of one node: what it comes from and what comes of it, a number of steps far. */
import * as RunGraph from "./RunGraph.ts"

/** Node ids by the id of the item that shows them. */
const itemOf = (graph: RunGraph.RunGraph, nodeId: string): RunGraph.GraphItem | undefined =>
  graph.items.find((item) => item.id === nodeId || RunGraph.nodeIdsOf(item).includes(nodeId))

const reach = (
  start: string,
  hops: number,
  neighbours: ReadonlyMap<string, ReadonlyArray<string>>,
  found: Set<string>
): void => {
  let frontier = [start]
  const seen = new Set(frontier)
  for (let hop = 0; hop < hops && frontier.length > 0; hop++) {
    const next: Array<string> = []
    for (const id of frontier.flatMap((one) => neighbours.get(one) ?? [])) {
      if (seen.has(id)) continue
      seen.add(id)
      found.add(id)
      next.push(id)
    }
    frontier = next
  }
}

const grouped = (pairs: Iterable<readonly [string, string]>): Map<string, Array<string>> => {
  const result = new Map<string, Array<string>>()
  for (const [key, value] of pairs) {
    const known = result.get(key)
    if (known === undefined) result.set(key, [value])
    else known.push(value)
  }
  return result
}

/**
 * Cuts out the item that shows a node together with everything at most `hops` edges before it and at most `hops` edges
 * after it; `hiddenCount` tells how many nodes that leaves out. `undefined` when the graph does not show the node.
 */
export const around = (
  graph: RunGraph.RunGraph,
  nodeId: string,
  hops: number
): RunGraph.RunGraph | undefined => {
  const centre = itemOf(graph, nodeId)
  if (centre === undefined) return undefined
  const shown = new Set([centre.id])
  const { edges } = graph
  reach(centre.id, hops, grouped(edges.map(({ from, to }) => [from, to] as const)), shown)
  reach(centre.id, hops, grouped(edges.map(({ from, to }) => [to, from] as const)), shown)
  const items = graph.items.filter(({ id }) => shown.has(id))
  return {
    ...graph,
    items,
    edges: edges.filter(({ from, to }) => shown.has(from) && shown.has(to)),
    hiddenCount: graph.nodeCount - items.reduce((sum, item) => sum + RunGraph.nodeIdsOf(item).length, 0)
  }
}
