/** The part of the fold that makes nodes and branches. */
import * as Dependency from "../definition/Dependency.ts"
import type { NodeSpec } from "../definition/NodeSpec.ts"
import type { BranchState, NodeState } from "./NodeState.ts"
import { placePayloads } from "./payload.ts"
import type { RunState } from "./RunState.ts"
import type { Visit } from "../message/Event.ts"
import { visitProblem } from "./evolveVisits.ts"
import { link } from "./settle.ts"
import { isDue, makeVisits, visitsOf } from "./VisitState.ts"

/** A node that nothing has happened to. */
export const makeNode = (
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
  cachedAtMillis: undefined,
  edited: false,
  error: undefined,
  handlerError: undefined,
  handling: false,
  retryAtMillis: undefined,
  wait: undefined,
  child: undefined,
  signals: undefined,
  enabled: spec.enabled !== false,
  skip: undefined,
  cancel: undefined,
  endedAtMillis: undefined,
  endedSequence: 0,
  level: 0,
  step: 0,
  unsettled: 0,
  ends: { succeeded: 0, failed: 0, skipped: 0 },
  lastUnsuccessful: undefined,
  written: undefined,
  visits: undefined,
  seen: undefined,
  settled: false,
  payload: undefined,
  isConditional: spec.when !== undefined,
  route: undefined,
  list: undefined,
  place: 0,
  items: undefined,
  branches: [],
  pausedBranches: 0,
  cancelledBranch: false
})

const rememberGenerated = (state: RunState, spec: NodeSpec): void => {
  // Told by one character, most ids need no comparison of texts.
  if (spec.id[spec.action.length] !== "_" || !spec.id.startsWith(spec.action)) return
  const number = Number(spec.id.slice(spec.action.length + 1))
  if (Number.isSafeInteger(number) && number > (state.generated.get(spec.action) ?? 0)) {
    state.generated.set(spec.action, number)
  }
}

const isMember = (branch: BranchState, node: NodeState): boolean =>
  node.spec.id === branch.name ||
  node.spec.branch === branch.name ||
  (node.dependencies.length > 0 && node.dependencies.every((dependency) => branch.members.has(dependency)))

const enter = (branch: BranchState, node: NodeState): void => {
  branch.members.add(node)
  node.branches.push(branch)
}

/**
 * Lets added nodes join the branches they belong to. A node can only belong to the branches of its id, of its label and
 * of its first dependency, so the number of branches does not matter. A node of the same batch may follow those that
 * depend on it: they are looked at again once it has joined.
 */
const joinBranches = (state: RunState, added: ReadonlyArray<NodeState>): void => {
  if (state.branches.size === 0) return
  const queue = [...added]
  for (const node of queue) {
    const named = [state.branches.get(node.spec.id), state.branches.get(node.spec.branch ?? node.spec.id)]
    for (const branch of [...named, ...(node.dependencies[0]?.branches ?? [])]) {
      if (branch === undefined || branch.members.has(node) || !isMember(branch, node)) continue
      enter(branch, node)
      if (branch.status === "paused") node.pausedBranches++
      if (branch.status === "cancelled") node.cancelledBranch = true
      queue.push(...node.dependents)
    }
  }
}

/** The specs of visits: those of the nodes that are visited, with the nodes that led there as dependencies. */
const specsOfVisits = (state: RunState, visits: ReadonlyArray<Visit>): ReadonlyArray<NodeSpec> =>
  visits.flatMap(({ by, id, of }) => {
    const first = state.byId.get(of)
    return first === undefined ? [] : [{ ...first.spec, id, dependencies: by }]
  })

/** Adds nodes that are visited once more, all of them or, when one does not fit, none. Tells whether they were added. */
export const addVisits = (state: RunState, visits: ReadonlyArray<Visit>, sequence: number): boolean => {
  const problem = visitProblem(state, visits)
  if (problem !== undefined) {
    state.violations.push(`NodesAdded at ${sequence}: ${problem}`)
    return false
  }
  if (!addNodes(state, specsOfVisits(state, visits), sequence, undefined)) return false
  for (const { id, of } of visits) {
    const node = state.byId.get(id)
    const first = state.byId.get(of)
    if (node === undefined || first === undefined) continue
    node.visits = makeVisits(first, node.dependencies)
    visitsOf(first).later.push(node)
    state.visitCount++
  }
  return true
}

/** Makes the nodes of a batch, by id, and finds what each depends on. What does not fit is a violation. */
const makeNodes = (
  state: RunState,
  specs: ReadonlyArray<NodeSpec>,
  sequence: number,
  met: Readonly<Record<string, ReadonlyArray<string>>> | undefined
): Map<string, NodeState> => {
  const made = new Map<string, NodeState>()
  for (const spec of specs) {
    const { id } = spec
    if (state.byId.has(id) || made.has(id)) {
      state.violations.push(`event ${sequence} adds node "${id}" a second time`)
      continue
    }
    const names = met?.[id]
    made.set(id, makeNode(spec, state.nodes.length + made.size, sequence, names && new Set(names)))
  }
  for (const node of made.values()) {
    const { dependencies } = node
    const named = node.spec.dependencies
    if (named === undefined || named.length === 0) continue
    for (const given of named.length === 1 ? named : new Set(named)) {
      const id = Dependency.nodeOf(given)
      if (typeof given !== "string") node.isConditional = true
      const dependency = made.get(id) ?? state.byId.get(id)
      if (dependency !== undefined) dependencies.push(dependency)
      else state.violations.push(`node "${node.spec.id}" depends on "${id}", which the log never added`)
    }
  }
  return made
}

/**
 * Adds nodes to the graph, all of them or, when one does not fit, none. They may depend on one another in any order.
 * Tells whether they were added.
 */
export const addNodes = (
  state: RunState,
  specs: ReadonlyArray<NodeSpec>,
  sequence: number,
  met: Readonly<Record<string, ReadonlyArray<string>>> | undefined
): boolean => {
  const before = state.violations.length
  const added = makeNodes(state, specs, sequence, met)
  if (state.violations.length > before) return false
  for (const [id, node] of added) {
    const { branch } = node.spec
    state.nodes.push(node)
    state.byId.set(id, node)
    if (branch !== undefined) {
      const labelled = state.labelled.get(branch)
      if (labelled === undefined) state.labelled.set(branch, [node])
      else labelled.push(node)
    }
    rememberGenerated(state, node.spec)
  }
  state.counts.pending += added.size
  for (const node of added.values()) {
    for (const dependency of node.dependencies) link(state, node, dependency)
    if (node.dependencies.length === 0) state.due.push(node)
  }
  joinBranches(state, [...added.values()])
  placePayloads(state, [...added.values()])
  return true
}

/**
 * The members of a branch: its roots (the node of that name and the nodes labelled with it), and every node all of whose
 * dependencies are members. The cost is that of the branch and its direct surroundings.
 */
export const branchMembers = (state: RunState, name: string): Set<NodeState> => {
  const root = state.byId.get(name)
  const roots = [...(state.labelled.get(name) ?? []), ...(root === undefined ? [] : [root])]
  const members = new Set(roots.sort((a, b) => a.index - b.index))
  const inside = new Map<NodeState, number>()
  // A set is iterated in insertion order, members added meanwhile included, so this walks the whole branch.
  for (const member of members) {
    for (const item of member.items?.nodes ?? []) members.add(item)
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
    members: new Set(),
    reason: undefined,
    budget: undefined
  }
  for (const node of branchMembers(state, name)) enter(branch, node)
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
  if (before === "cancelled" && status !== "cancelled") {
    state.violations.push(`branch "${name}" is cancelled, and event ${state.sequence} makes it ${status}`)
    return
  }
  branch.status = status
  branch.reason = reason
  if (status === "running" && branch.budget !== undefined) branch.budget.shortage = undefined
  for (const node of branch.members) {
    if (before === "paused" && status !== "paused") node.pausedBranches--
    if (before !== "paused" && status === "paused") node.pausedBranches++
    if (status === "cancelled") node.cancelledBranch = true
    const waits =
      (node.status === "pending" && isDue(node)) ||
      node.status === "retrying" ||
      (node.handling && !node.inFlight)
    if (waits && (status === "cancelled" || node.pausedBranches === 0)) state.due.push(node)
  }
}
