import { type FrontierContext, listMax, type NodeList } from "../error/FrontierContext.ts"
import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"
import { isDue } from "./VisitState.ts"

const listNodes = (state: RunState, belongs: (node: NodeState) => boolean): NodeList => {
  const nodes = state.nodes.filter(belongs)
  return { count: nodes.length, first: nodes.slice(0, listMax).map((node) => node.spec.id) }
}

/** Tells where a run stands, for an error. It looks at every node, so it is not for the hot path. */
export const make = (state: RunState): FrontierContext => ({
  runId: state.runId,
  flow: state.flow?.name ?? "",
  sequence: state.sequence,
  ...(state.step !== undefined && { step: state.step.number }),
  frontier: listNodes(state, (node) => node.status === "pending" && isDue(node)),
  running: listNodes(state, (node) => node.status === "running"),
  retrying: listNodes(state, (node) => node.status === "retrying"),
  waiting: listNodes(state, (node) => node.status === "waiting"),
  pending: listNodes(state, (node) => node.status === "pending"),
  failed: listNodes(state, (node) => node.status === "failed"),
  completed: state.counts.completed,
  skipped: state.counts.skipped,
  cancelled: state.counts.cancelled
})
