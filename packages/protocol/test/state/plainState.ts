import type { NodeState, RunState } from "../../src/index.ts"

type Node = NodeState.NodeState

const idOf = (node: Node | undefined): string | undefined => node?.spec.id

const plainNode = (node: Node) => ({
  ...node,
  dependencies: node.dependencies.map(idOf),
  dependents: node.dependents.map(idOf),
  lastUnsuccessful: idOf(node.lastUnsuccessful),
  branches: node.branches.map((branch) => branch.name),
  list: idOf(node.list),
  items: node.items && { ...node.items, nodes: node.items.nodes.map(idOf) },
  met: node.met && [...node.met],
  route: node.route && { ...node.route, inactive: [...node.route.inactive].map(idOf) }
})

/**
 * A state as a plain value that can be compared: nodes name one another by id. A copy, because the fold takes over the
 * state that it is given. `sequence` and `epoch` say how far the log was read, not what happened, and are left out.
 */
export const plainState = (state: RunState.RunState) => structuredClone(withIds(state))

const withIds = (state: RunState.RunState) => {
  const { epoch: _epoch, sequence: _sequence, ...rest } = state
  return {
    ...rest,
    nodes: state.nodes.map(plainNode),
    byId: [...state.byId].map(([id, node]) => [id, node.index]),
    labelled: [...state.labelled].map(([label, nodes]) => [label, nodes.map(idOf)]),
    step: state.step && {
      ...state.step,
      frontier: state.step.frontier.map(idOf),
      ran: state.step.ran.map(idOf),
      skipped: state.step.skipped.map(idOf),
      passed: state.step.passed && [...state.step.passed]
    },
    failures: state.failures.map(idOf),
    handled: [...state.handled].map(idOf),
    children: [...state.children].map(idOf),
    retrying: [...state.retrying].map(idOf),
    sleeping: [...state.sleeping].map(idOf),
    branches: [...state.branches.values()].map((branch) => ({
      ...branch,
      members: [...branch.members].map(idOf)
    })),
    pausedBy: [...state.pausedBy].map(idOf),
    owed: [...state.owed.values()].map((owed) => ({ ...owed, node: idOf(owed.node) })),
    due: state.due.map(idOf),
    unhandled: state.unhandled.map(idOf),
    leftovers: state.leftovers.map(idOf)
  }
}

/** A state as one text, which is quick to compare: for tests that look at thousands of states. */
export const stateText = (state: RunState.RunState): string =>
  JSON.stringify(withIds(state), (_, value: unknown) => {
    if (value === undefined) return "(undefined)"
    return value instanceof Map || value instanceof Set ? [...value] : value
  })
