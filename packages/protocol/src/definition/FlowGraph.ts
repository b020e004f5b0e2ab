/**
 * The nodes of a flow as a graph of numbers: who depends on whom, in which order nodes are planned, how deep they lie.
 *
 * A node is named by its index in `flow.nodes`. What makes a definition invalid makes no trouble here: a dependency on
 * an unknown node, on the node itself or on the same node a second time adds no edge, and of several nodes with one id
 * the first is the one that others depend on. `FlowProblems` reports all of that.
 */
import * as Dependency from "./Dependency.ts"
import type { FlowSpec } from "./FlowSpec.ts"
import * as RankHeap from "./internal/rankHeap.ts"

/** The nodes of a flow as a graph of numbers. */
export interface FlowGraph {
  /** The id of each node, in the order of `flow.nodes`. */
  readonly ids: ReadonlyArray<string>
  /** The index of the (first) node with an id. */
  readonly indexOf: ReadonlyMap<string, number>
  /** Per node, the nodes that it depends on, in the order of its `dependencies`. */
  readonly dependencies: ReadonlyArray<ReadonlyArray<number>>
  /** Per node, the nodes that depend on it, by rising index. */
  readonly dependents: ReadonlyArray<ReadonlyArray<number>>
}

/** Builds the graph of a flow in time proportional to its nodes and dependencies. */
export const make = (flow: Pick<FlowSpec, "nodes">): FlowGraph => {
  const ids = flow.nodes.map((node) => node.id)
  const indexOf = new Map<string, number>()
  ids.forEach((id, index) => {
    if (!indexOf.has(id)) indexOf.set(id, index)
  })
  const dependents: ReadonlyArray<Array<number>> = ids.map(() => [])
  const dependencies = flow.nodes.map((node, index) => {
    const known = new Set<number>()
    for (const given of node.dependencies ?? []) {
      const id = Dependency.nodeOf(given)
      const dependency = indexOf.get(id)
      if (dependency !== undefined && id !== node.id) known.add(dependency)
    }
    for (const dependency of known) dependents[dependency]?.push(index)
    return [...known]
  })
  return { ids, indexOf, dependencies, dependents }
}

/**
 * The nodes in plan order, as indexes: every node after all that it depends on and, where that leaves a choice, the
 * smallest id first. The order of the nodes and dependencies in the definition has no influence.
 *
 * Nodes on a cycle and nodes that depend on one are left out.
 */
export const order = (graph: FlowGraph): ReadonlyArray<number> => {
  const byRank = sortedById(graph)
  const rank = inverse(byRank)
  const open = graph.dependencies.map((list) => list.length)
  const ready = RankHeap.make()
  open.forEach((count, index) => {
    if (count === 0) RankHeap.push(ready, rank[index] ?? 0)
  })
  const result: Array<number> = []
  for (let next = RankHeap.pop(ready); next !== undefined; next = RankHeap.pop(ready)) {
    const index = byRank[next] ?? 0
    result.push(index)
    for (const dependent of graph.dependents[index] ?? []) {
      const left = (open[dependent] ?? 0) - 1
      open[dependent] = left
      if (left === 0) RankHeap.push(ready, rank[dependent] ?? 0)
    }
  }
  return result
}

/**
 * The ids of a flow's nodes in plan order; see `order`.
 *
 * **Example**
 * ```ts
 * FlowGraph.planOrder({ nodes: [
 *   { id: "report", action: "print", dependencies: ["load"] },
 *   { id: "load", action: "read" }
 * ] })
 * // => ["load", "report"]
 * ```
 */
export const planOrder = (flow: Pick<FlowSpec, "nodes">): ReadonlyArray<string> => {
  const graph = make(flow)
  return order(graph).map((index) => graph.ids[index] ?? "")
}

/**
 * The nodes level by level, as indexes: level 0 holds the nodes without dependencies, every other node is one level
 * below the deepest node that it depends on. Inside a level the smallest id comes first.
 *
 * Nodes on a cycle and nodes that depend on one are left out.
 */
export const levels = (graph: FlowGraph): ReadonlyArray<ReadonlyArray<number>> => {
  const depth = new Map<number, number>()
  const result: Array<Array<number>> = []
  for (const index of order(graph)) {
    let level = 0
    for (const dependency of graph.dependencies[index] ?? []) {
      level = Math.max(level, (depth.get(dependency) ?? 0) + 1)
    }
    depth.set(index, level)
    const members = result[level]
    if (members === undefined) result.push([index])
    else members.push(index)
  }
  const rank = inverse(sortedById(graph))
  for (const members of result) members.sort((a, b) => (rank[a] ?? 0) - (rank[b] ?? 0))
  return result
}

// -- internal -------------------------------------------------------------------------------------------------------

/** The nodes sorted by id; nodes with one id, which only an invalid flow has, keep their order. */
const sortedById = (graph: FlowGraph): ReadonlyArray<number> =>
  graph.ids.map((_, index) => index).sort((a, b) => compare(graph.ids[a], graph.ids[b]))

/** Per number, its position in a list that holds each number once. */
const inverse = (list: ReadonlyArray<number>): Int32Array => {
  const positions = new Int32Array(list.length)
  list.forEach((one, position) => (positions[one] = position))
  return positions
}

const compare = (a: string | undefined = "", b: string | undefined = ""): number =>
  a < b ? -1 : a > b ? 1 : 0
