import type { FlowGraph } from "../FlowGraph.ts"

/** The groups of nodes that all wait for one another, in an order where every group follows those it depends on. */
export interface Components {
  /** Per node, the index of its group. */
  readonly of: ReadonlyArray<number>
  /** Per group, its nodes. A group of one node is no cycle, since a graph has no edge from a node to itself. */
  readonly members: ReadonlyArray<ReadonlyArray<number>>
}

/**
 * Finds the groups by Tarjan's algorithm, in time proportional to nodes and edges. It keeps its own stack of nodes, so
 * that a chain of a million nodes does not overflow the machine's.
 */
export const make = (graph: FlowGraph): Components => {
  const count = graph.ids.length
  const seen = new Int32Array(count)
  const lowest = new Int32Array(count)
  const nextEdge = new Int32Array(count)
  const of = graph.ids.map(() => -1)
  const members: Array<ReadonlyArray<number>> = []
  const open: Array<number> = []
  let clock = 0

  const enter = (node: number, path: Array<number>) => {
    clock++
    seen[node] = clock
    lowest[node] = clock
    open.push(node)
    path.push(node)
  }
  const leave = (node: number, parent: number | undefined) => {
    const low = lowest[node] ?? 0
    if (parent !== undefined) lowest[parent] = Math.min(lowest[parent] ?? 0, low)
    if (low !== seen[node]) return
    const group = open.splice(open.lastIndexOf(node))
    for (const member of group) of[member] = members.length
    members.push(group)
  }

  for (let root = 0; root < count; root++) {
    if (seen[root] !== 0) continue
    const path: Array<number> = []
    enter(root, path)
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const target = graph.dependencies[node]?.[nextEdge[node] ?? 0]
      nextEdge[node] = (nextEdge[node] ?? 0) + 1
      if (target === undefined) {
        path.pop()
        leave(node, path.at(-1))
      } else if (seen[target] === 0) enter(target, path)
      else if (of[target] === -1) lowest[node] = Math.min(lowest[node] ?? 0, seen[target] ?? 0)
    }
  }
  return { of, members }
}

/**
 * A shortest cycle through the node of a group with the smallest id, as node indexes that begin and end with it, each
 * one depending on the next.
 */
export const shortestCycle = (
  graph: FlowGraph,
  components: Components,
  group: ReadonlyArray<number>
): ReadonlyArray<number> => {
  const idOf = (index: number) => graph.ids[index] ?? ""
  const start = group.reduce((least, one) => (idOf(one) < idOf(least) ? one : least))
  const cameFrom = new Map<number, number>()
  const queue = [start]
  for (const node of queue) {
    const inside = (graph.dependencies[node] ?? []).filter(
      (one) => components.of[one] === components.of[start]
    )
    inside.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
    for (const target of inside) {
      if (target === start) return [...pathTo(cameFrom, start, node), start]
      if (cameFrom.has(target)) continue
      cameFrom.set(target, node)
      queue.push(target)
    }
  }
  return [start]
}

const pathTo = (cameFrom: ReadonlyMap<number, number>, start: number, end: number): ReadonlyArray<number> => {
  const path = [end]
  for (let node = end; node !== start;) {
    node = cameFrom.get(node) ?? start
    path.push(node)
  }
  return path.reverse()
}
