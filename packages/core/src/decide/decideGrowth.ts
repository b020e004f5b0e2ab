/** Whether nodes can be added to a run, all of them or none. */
import {
  type Command,
  Dependency,
  NodeExpressions,
  NodeBindings,
  NodeId,
  type NodeSpec,
  Reference,
  type Rejection,
  type RunState,
  Suggestion
} from "@dagflow/protocol"
import { checkConditions, checkEdges } from "./checkConditions.ts"
import { checkSubFlows } from "./checkSubFlows.ts"
import { itemsBehind } from "./decideItems.ts"
import type { KnownActions } from "./knownActions.ts"

type Drafts = ReadonlyArray<NodeSpec.NodeDraft>
type Specs = ReadonlyArray<NodeSpec.NodeSpec>

/** The nodes of a growth, ready to be recorded. */
export interface Growth {
  readonly nodes: Specs
  readonly met: Readonly<Record<string, ReadonlyArray<string>>> | undefined
  /** Versions of actions that the run had no version of. */
  readonly actions: Readonly<Record<string, string>> | undefined
}

const suggest = (name: string, names: Iterable<string>): { readonly suggestion?: string } => {
  const suggestion = Suggestion.nearest(name, Suggestion.vocabulary(names))
  return suggestion === undefined ? {} : { suggestion }
}

/** Gives every draft its id and every node it refers to as a dependency. */
const complete = (state: RunState.RunState, drafts: Drafts): Specs => {
  const given = new Set(drafts.flatMap((draft) => draft.id ?? []))
  const last = new Map<string, number>()
  const generate = (action: string): string => {
    let number = last.get(action) ?? state.generated.get(action) ?? 0
    do number++
    while (given.has(`${action}_${number}`))
    last.set(action, number)
    return `${action}_${number}`
  }
  return drafts.map((draft) => {
    const named = NodeBindings.referencedNodes(draft).keys()
    const read = NodeExpressions.isIn(draft) ? [...NodeExpressions.nodesRead(draft)] : []
    const dependencies = Dependency.withNodes(draft.dependencies, [...named, ...read])
    const rest = dependencies.length > 0 ? { ...draft, dependencies } : draft
    return { ...rest, id: rest.id ?? generate(draft.action) }
  })
}

const checkActions = (specs: Specs, actions: KnownActions): Rejection.Rejection | undefined => {
  for (const spec of specs) {
    for (const action of [spec.flow === undefined ? spec.action : undefined, spec.failure]) {
      if (action !== undefined && !actions.has(action)) {
        return { _tag: "UnknownAction", nodeId: spec.id, action, ...suggest(action, actions.names()) }
      }
    }
  }
  return undefined
}

const checkIds = (
  state: RunState.RunState,
  specs: Specs,
  batch: ReadonlyMap<string, NodeSpec.NodeSpec>
): Rejection.Rejection | undefined => {
  if (batch.size < specs.length) {
    const twice = specs.find((spec) => batch.get(spec.id) !== spec)
    return { _tag: "DuplicateNode", nodeId: twice?.id ?? "" }
  }
  for (const spec of specs) {
    // Ids may be generated from names of actions, which may hold what no id can.
    const problem = NodeId.problem(spec.id)
    if (problem !== undefined) return { _tag: "InvalidInput", nodeId: spec.id, message: problem }
    if (state.byId.has(spec.id)) return { _tag: "DuplicateNode", nodeId: spec.id }
    for (const given of spec.dependencies ?? []) {
      const dependency = Dependency.nodeOf(given)
      if (dependency === spec.id) return { _tag: "CycleFound", path: [spec.id, spec.id] }
      if (state.byId.has(dependency) || batch.has(dependency)) continue
      const hint = suggest(dependency, [...state.byId.keys(), ...batch.keys()])
      return { _tag: "UnknownDependency", nodeId: spec.id, dependency, ...hint }
    }
  }
  return undefined
}

const missingOutput = (nodeId: string, ref: string): Rejection.Rejection => ({
  _tag: "InvalidInput",
  nodeId,
  message: `node "${nodeId}" refers to "${ref}", which does not exist`
})

/** Refuses references to values that can be known not to exist. `isMapped`: the inputs are of a node with a list, or an item. */
export const checkInputs = (
  state: RunState.RunState,
  nodeId: string,
  bound: NodeBindings.Bound,
  isMapped: boolean,
  batch: ReadonlyMap<string, NodeSpec.NodeSpec>
): Rejection.Rejection | undefined => {
  for (const { binding, path } of NodeBindings.references(bound)) {
    const reference = Reference.parse(binding.ref)
    if (reference._tag === "MalformedReference") {
      return { _tag: "InvalidInput", nodeId, message: `node "${nodeId}": ${reference.message}` }
    }
    if (reference._tag === "Channel") {
      if (!state.channels.has(reference.name)) return missingOutput(nodeId, binding.ref)
      continue
    }
    if (reference._tag === "Each") {
      if (isMapped && path[0] === "inputs") continue
      const message = `node "${nodeId}" refers to "${binding.ref}", and that is no value of a list it is mapped over`
      return { _tag: "InvalidInput", nodeId, message }
    }
    if (binding.default !== undefined) continue
    if (reference._tag === "Input") {
      if (!(reference.name in state.inputs)) return missingOutput(nodeId, binding.ref)
      continue
    }
    const source = state.byId.get(reference.nodeId)
    const promised = (source?.spec ?? batch.get(reference.nodeId))?.outputs
    const isPromised = promised === undefined || promised.some((one) => one.name === reference.output)
    const isThere =
      source?.outputs === undefined ||
      reference.output in source.outputs ||
      itemsBehind(source, reference.output) !== undefined
    if (!isPromised || !isThere) return missingOutput(nodeId, binding.ref)
  }
  return undefined
}

/** What a cache goes by has to be there, or a mistyped name would let different questions have one answer. */
const checkCache = ({ cache, id, inputs = {} }: NodeSpec.NodeSpec): Rejection.Rejection | undefined => {
  const unknown = cache === false ? undefined : cache?.key?.find((name) => !Object.hasOwn(inputs, name))
  if (unknown === undefined) return undefined
  const { suggestion } = suggest(unknown, Object.keys(inputs))
  const hint = suggestion === undefined ? "" : `: did you mean "${suggestion}"?`
  const message = `node "${id}" caches by the input "${unknown}", which it does not give${hint}`
  return { _tag: "InvalidInput", nodeId: id, message }
}

/** Puts the nodes of a batch in an order in which dependencies come first, or finds nodes that wait for each other. */
const order = (specs: Specs, batch: ReadonlyMap<string, NodeSpec.NodeSpec>): Specs | Rejection.Rejection => {
  const ordered: Array<NodeSpec.NodeSpec> = []
  const isOpen = new Map<string, boolean>()
  for (const root of specs) {
    const path: Array<{ readonly spec: NodeSpec.NodeSpec; next: number }> = []
    const enter = (spec: NodeSpec.NodeSpec): void => {
      isOpen.set(spec.id, true)
      path.push({ spec, next: 0 })
    }
    if (!isOpen.has(root.id)) enter(root)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const given = top.spec.dependencies?.[top.next++]
      const dependency = given === undefined ? undefined : batch.get(Dependency.nodeOf(given))
      if (dependency !== undefined && isOpen.get(dependency.id) === true) {
        const ids = path.map((step) => step.spec.id)
        return { _tag: "CycleFound", path: [...ids.slice(ids.indexOf(dependency.id)), dependency.id] }
      }
      if (dependency !== undefined && !isOpen.has(dependency.id)) enter(dependency)
      else if (top.next >= (top.spec.dependencies?.length ?? 0)) {
        isOpen.set(top.spec.id, false)
        ordered.push(top.spec)
        path.pop()
      }
    }
  }
  return ordered
}

const checkLimits = (
  state: RunState.RunState,
  count: number,
  isNewRound: boolean
): Rejection.Rejection | undefined => {
  const { maxIterations, nodesMax } = state.config
  const nodes = state.nodes.length + count
  if (nodes > nodesMax)
    return { _tag: "LimitReached", limit: "nodesMax", maximum: nodesMax, requested: nodes }
  const rounds = state.iterations + 1
  if (isNewRound && rounds > maxIterations) {
    return { _tag: "LimitReached", limit: "maxIterations", maximum: maxIterations, requested: rounds }
  }
  return undefined
}

/** Versions that a later process has to have, of actions that the run did not use before. */
const newVersions = (
  state: RunState.RunState,
  nodes: Specs,
  actions: KnownActions
): Readonly<Record<string, string>> | undefined => {
  const versions: Record<string, string> = {}
  for (const node of nodes) {
    for (const name of [node.flow === undefined ? node.action : undefined, node.failure]) {
      const version = name === undefined || name in state.actions ? undefined : actions.versionOf(name)
      if (name !== undefined && version !== undefined) versions[name] = version
    }
  }
  return Object.keys(versions).length === 0 ? undefined : versions
}

/**
 * Decides a growth. `failedNode` is the node whose failure a hook is answering to: nodes added now that depend on it count
 * it as met. `round` names the answer, so that its further commands count as the same round of growth.
 */
export const decideGrowth = (
  state: RunState.RunState,
  command: Command.Command & { readonly _tag: "AddNode" | "AddNodes" },
  actions: KnownActions,
  failedNode: string | undefined,
  round: string | undefined
): Growth | Rejection.Rejection => {
  const drafts = command._tag === "AddNode" ? [command.node] : command.nodes
  const unclear = checkEdges(drafts)
  if (unclear !== undefined) return unclear
  const specs = complete(state, drafts)
  if (specs.length === 0) return { _tag: "InvalidInput", message: "there are no nodes to add" }
  const batch = new Map(specs.map((spec) => [spec.id, spec]))
  const isNewRound = command.round !== "same" && (round === undefined || round !== state.lastGrowth)
  const refused =
    checkLimits(state, specs.length, isNewRound) ??
    checkIds(state, specs, batch) ??
    checkActions(specs, actions) ??
    checkSubFlows(state, specs, actions)
  if (refused !== undefined) return refused
  for (const spec of specs) {
    const isMapped = spec.forEach !== undefined
    const invalid =
      checkInputs(state, spec.id, spec, isMapped, batch) ??
      checkCache(spec) ??
      checkConditions(state, spec, batch)
    if (invalid !== undefined) return invalid
  }
  const nodes = specs.length === 1 ? specs : order(specs, batch)
  if ("_tag" in nodes) return nodes
  const versions = newVersions(state, nodes, actions)
  if (failedNode === undefined) return { nodes, met: undefined, actions: versions }
  const dependents = nodes.filter(
    (node) => node.dependencies?.some((one) => Dependency.nodeOf(one) === failedNode) === true
  )
  const met = Object.fromEntries(dependents.map((node) => [node.id, [failedNode]]))
  return { nodes, met: dependents.length === 0 ? undefined : met, actions: versions }
}
