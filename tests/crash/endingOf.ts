import type { Envelope, NodeState, RunState } from "@dagflow/protocol"

const ofNode = (node: NodeState.NodeState) => ({
  id: node.spec.id,
  action: node.spec.action,
  dependencies: node.dependencies.map((dependency) => dependency.spec.id).sort(),
  status: node.status,
  outputs: node.outputs,
  recovered: node.recovered,
  error: node.status === "failed" ? [node.error?.cause, node.error?.tag] : undefined
})

/** How a run ended, without what a crash may change: times, numbers of attempts, the order of what is independent. */
export const endingOf = (state: RunState.RunState, log: ReadonlyArray<Envelope.Envelope>): unknown => ({
  status: state.status,
  result: state.result,
  nodes: state.nodes.map(ofNode).sort((a, b) => (a.id < b.id ? -1 : 1)),
  emitted: log.flatMap(({ event }) => (event._tag === "EventEmitted" ? [event.name] : [])).sort(),
  growth: log.flatMap(({ cause, event }) =>
    event._tag === "NodesAdded" ? [[cause?.hook, ...event.nodes.map((node) => node.id)]] : []
  ),
  rejected: log.filter(({ event }) => event._tag === "CommandRejected").length
})
