/** The part of the fold that makes nodes and branches. */
import type { NodeSpec } from "../definition/NodeSpec.ts"
import type { NodeState } from "./NodeState.ts"
import type { BranchState, RunState } from "./RunState.ts"
import { link } from "./settle.ts"

const makeNode = (
  spec: NodeSpec,
  index: number,
  sequence: number,
  met: ReadonlySet<string> | undefined
): NodeState => ({
  index,
  spec,
  dependencies: [],
  dependents: [],
  addedBySequence: sequence,
  met,
  status: "pending",
  attempt: 0,
  inFlight: false,
  triesUsed: 0,
  lostAttempts: 0,
  attempts: [],
  outputs: undefined,
  metadata: undefined,
  usage: undefined,
  recovered: false,
  error: undefined,
  handlerError: undefined,
  handling: false,
  retryAtMillis: undefined,
  enabled: spec.enabled !== false,
  skip: undefined,
  cancel: undefined,
  endedAtMillis: undefined,
  unsettled: 0,
  ends: { succeeded: 0, failed: 0, skipped: 0 },
  lastUnsuccessful: undefined,
  settled: false,
  pausedBranches: 0,
  cancelledBranch: false
})

const rememberGenerated = (state: RunState, spec: NodeSpec): void => {
  if (!spec.id.startsWith(`${spec.action}_`)) return
  const number = Number(spec.id.slice(spec.action.length + 1))
  if (Number.isSafeInteger(number) && number > (state.generated.get(spec.action) ?? 0)) {
    state.generated.set(spec.action, number)
  }
}

const isMember = (branch: BranchState, node: NodeState): boolean =>
  node.spec.id === branch.name ||
  node.spec.branch === branch.name ||
  (node.dependencies.length > 0 && node.dependencies.every((dependency) => branch.members.has(dependency)))

const join = (branch: BranchState, node: NodeState): void => {
  branch.members.add(node)
  if (branch.status === "paused") node.pausedBranches++
  if (branch.status === "cancelled") node.cancelledBranch = true
}

/** Adds nodes to the graph. They may depend on one another in any order. */
export const addNodes = (
  state: RunState,
  specs: ReadonlyArray<NodeSpec>,
  sequence: number,
  met: Readonly<Record<string, ReadonlyArray<string>>> | undefined
): void => {
  const added: Array<NodeState> = []
  for (const spec of specs) {
    if (state.byId.has(spec.id)) {
      state.violations.push(`event ${sequence} adds node "${spec.id}" a second time`)
      continue
    }
    const names = met?.[spec.id]
    const node = makeNode(spec, state.nodes.length, sequence, names && new Set(names))
    state.nodes.push(node)
    state.byId.set(spec.id, node)
    state.counts.pending++
    rememberGenerated(state, spec)
    added.push(node)
  }
  for (const node of added) {
    for (const id of node.spec.dependencies ?? []) {
      const dependency = state.byId.get(id)
      if (dependency !== undefined) link(state, node, dependency)
      else state.violations.push(`node "${node.spec.id}" depends on "${id}", which the log never added`)
    }
    if (node.dependencies.length === 0) state.due.push(node)
    for (const branch of state.branches.values()) if (isMember(branch, node)) join(branch, node)
  }
}

/**
 * The members of a branch: its roots (the node of that name and the nodes labelled with it), and every node all of whose
 * dependencies are members. The cost is that of the branch and its direct surroundings.
 */
export const branchMembers = (state: RunState, name: string): Set<NodeState> => {
  const root = state.byId.get(name)
  const members = new Set(state.nodes.filter((node) => node === root || node.spec.branch === name))
  const inside = new Map<NodeState, number>()
  // A set is iterated in insertion order, members added meanwhile included, so this walks the whole branch.
  for (const member of members) {
    for (const dependent of member.dependents) {
      const count = (inside.get(dependent) ?? 0) + 1
      inside.set(dependent, count)
      if (count === dependent.dependencies.length) members.add(dependent)
    }
  }
  return members
}

/** The branch of that name, made when a command first names it. */
export const openBranch = (state: RunState, name: string): BranchState => {
  const known = state.branches.get(name)
  if (known !== undefined) return known
  const branch: BranchState = {
    name,
    status: "running",
    members: branchMembers(state, name),
    reason: undefined
  }
  state.branches.set(name, branch)
  return branch
}

/** Sets a branch's status and what it means for its members. */
export const setBranch = (
  state: RunState,
  name: string,
  status: BranchState["status"],
  reason: string | undefined
): void => {
  const branch = openBranch(state, name)
  const before = branch.status
  branch.status = status
  branch.reason = reason
  for (const node of branch.members) {
    if (before === "paused" && status !== "paused") node.pausedBranches--
    if (before !== "paused" && status === "paused") node.pausedBranches++
    if (status === "cancelled") node.cancelledBranch = true
    const isDue = node.status === "pending" && node.unsettled === 0
    if (isDue && (status === "cancelled" || node.pausedBranches === 0)) state.due.push(node)
  }
}
