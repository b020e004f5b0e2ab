/** The graph of a flow or of a run with the flows that its nodes run inside of them, at every level. */
import type { FlowSpec } from "../definition/FlowSpec.ts"
import type { RunState } from "../state/RunState.ts"
import * as RunGraph from "./RunGraph.ts"

/** The graph of a definition, with the flows inside of its nodes. */
export const ofFlow = (flow: FlowSpec): RunGraph.RunGraph => {
  const inside = new Map(
    flow.nodes.flatMap(({ flow: inner, id }) => (inner === undefined ? [] : [[id, inner]]))
  )
  return withInner(RunGraph.ofFlow(flow), ({ id }) => {
    const inner = inside.get(id)
    return inner && ofFlow(inner)
  })
}

/**
 * The graph of a run, with the child runs inside of its nodes, each by the state of its id. A child that is not among them stays
 * a node that names it, and a node that has not begun shows the flow that it will run.
 */
export const ofRun = (state: RunState, runs: ReadonlyMap<string, RunState>): RunGraph.RunGraph =>
  withInner(RunGraph.ofRun(state), ({ childRunId, id }) => {
    const child = childRunId === undefined ? undefined : runs.get(childRunId)
    if (child !== undefined) return ofRun(child, runs)
    const node = state.byId.get(id)
    if (childRunId !== undefined || node?.spec.flow === undefined || node.items !== undefined)
      return undefined
    return ofFlow(node.spec.flow)
  })

// -- internal -------------------------------------------------------------------------------------------------------

const withInner = (
  graph: RunGraph.RunGraph,
  innerOf: (node: RunGraph.GraphNode) => RunGraph.RunGraph | undefined
): RunGraph.RunGraph => ({
  ...graph,
  items: graph.items.map((item) => {
    const inner = item._tag === "Node" && item.flow !== undefined ? innerOf(item) : undefined
    // A frame with nothing in it would be no picture.
    return inner === undefined || inner.items.length === 0 ? item : { ...item, inner }
  })
})
