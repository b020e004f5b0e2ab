import type { NodeState, RunState } from "@dagflow/protocol"

const ofNode = (node: NodeState.NodeState) => ({
  id: node.spec.id,
  status: node.status,
  outputs: node.outputs,
  recovered: node.recovered,
  error: node.status === "failed" ? [node.error?.cause, node.error?.tag] : undefined,
  handlerError: node.handlerError?.tag
})

/** How a run ended, without what a crash may change: times, numbers of attempts and the order of what is independent. */
export const fingerprint = (state: RunState.RunState): unknown => ({
  status: state.status,
  result: state.result?._tag,
  nodes: state.nodes.map(ofNode).sort((a, b) => (a.id < b.id ? -1 : 1)),
  failures: state.failures.map((node) => node.spec.id).sort(),
  handled: [...state.handled].map((node) => node.spec.id).sort()
})
