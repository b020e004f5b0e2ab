import type { Problem } from "../../error/DefinitionError.ts"
import * as Dependency from "../Dependency.ts"
import * as FlowGraph from "../FlowGraph.ts"
import type { FlowSpec } from "../FlowSpec.ts"
import * as Components from "./components.ts"

/**
 * Problems of the shape of a flow: nodes that wait for each other, and the nodes that this takes along.
 *
 * Each group of nodes that wait for one another gives one error, with a shortest closed path through its smallest id.
 * What lies behind or leads only into such a group follows from that error, and is a warning per node.
 */
export const find = (
  flow: FlowSpec,
  graph: FlowGraph.FlowGraph,
  components: Components.Components
): ReadonlyArray<Problem> => {
  const groups = components.members.filter((members) => members.length > 1)
  if (groups.length === 0) return []
  const onCycle = new Set(groups.flat())
  const cycles = groups.map((group) =>
    cycleProblem(flow, graph, Components.shortestCycle(graph, components, group))
  )
  return [...cycles, ...neverStarting(graph, onCycle), ...endless(graph, onCycle)]
}

const cycleProblem = (flow: FlowSpec, graph: FlowGraph.FlowGraph, cycle: ReadonlyArray<number>): Problem => {
  const ids = cycle.map((index) => graph.ids[index] ?? "")
  const [start = 0] = cycle
  const position = (flow.nodes[start]?.dependencies ?? []).findIndex(
    (one) => Dependency.nodeOf(one) === (ids[1] ?? "")
  )
  return {
    code: "CycleFound",
    severity: "error",
    message: `these nodes wait for each other: ${ids.join(" → ")}`,
    path: ["nodes", start, "dependencies", position],
    nodeId: ids[0] ?? ""
  }
}

/** Nodes that wait, directly or through others, for a node on a cycle. */
const neverStarting = (graph: FlowGraph.FlowGraph, onCycle: ReadonlySet<number>): ReadonlyArray<Problem> => {
  const planned = new Set(FlowGraph.order(graph))
  return graph.ids.flatMap((id, index): ReadonlyArray<Problem> => {
    if (planned.has(index) || onCycle.has(index)) return []
    const blocker = graph.dependencies[index]?.find((dependency) => !planned.has(dependency)) ?? index
    return [
      {
        code: "UnreachableNode",
        severity: "warning",
        message: `node "${id}" can never start: it waits for "${graph.ids[blocker] ?? ""}", which is on a cycle or behind one`,
        path: ["nodes", index, "id"],
        nodeId: id
      }
    ]
  })
}

/** Nodes from which every way leads into a cycle, so that nothing they do is ever used. */
const endless = (graph: FlowGraph.FlowGraph, onCycle: ReadonlySet<number>): ReadonlyArray<Problem> => {
  const ends = graph.ids.map((_, index) => index).filter((index) => graph.dependents[index]?.length === 0)
  const reaching = new Set(ends)
  for (const index of reaching) {
    for (const dependency of graph.dependencies[index] ?? []) reaching.add(dependency)
  }
  return graph.ids.flatMap((id, index): ReadonlyArray<Problem> => {
    if (reaching.has(index) || onCycle.has(index)) return []
    return [
      {
        code: "NoPathToEnd",
        severity: "warning",
        message: `node "${id}" leads to no end: every way from it runs into a cycle`,
        path: ["nodes", index, "id"],
        nodeId: id
      }
    ]
  })
}
