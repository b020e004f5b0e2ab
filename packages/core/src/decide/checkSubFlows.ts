/** Whether nodes that are added may run the flows that they bring: those are checked with the command, and not when they start. */
import {
  type Binding,
  type FlowSpec,
  type NodeSpec,
  type Rejection,
  type RunState,
  SubFlow,
  Suggestion
} from "@dagflow/protocol"
import type { KnownActions } from "./knownActions.ts"

/** Refuses nodes whose flow cannot run, or not so deep. */
export const checkSubFlows = (
  state: RunState.RunState,
  specs: ReadonlyArray<NodeSpec.NodeSpec>,
  actions: KnownActions
): Rejection.Rejection | undefined => {
  for (const spec of specs) {
    if (spec.flow === undefined && spec.returns === undefined) continue
    const refused = checkDepth(state, spec.flow) ?? checkFlow(spec, actions)
    if (refused !== undefined) return refused
  }
  return undefined
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Levels of flows inside of a flow, itself included. */
const levelsOf = (flow: FlowSpec.FlowSpec): number =>
  1 + Math.max(0, ...flow.nodes.map(({ flow: inner }) => (inner === undefined ? 0 : levelsOf(inner))))

const checkDepth = (
  { parent }: RunState.RunState,
  flow: FlowSpec.FlowSpec | undefined
): Rejection.Rejection | undefined => {
  const requested = (parent?.depth ?? 0) + (flow === undefined ? 0 : levelsOf(flow))
  return requested <= SubFlow.depthMax
    ? undefined
    : { _tag: "LimitReached", limit: "the depth of runs", maximum: SubFlow.depthMax, requested }
}

/** What the flow around a node says of a reference is checked elsewhere: here it stands for any value. */
const anyValue = (binding: Binding.Binding): Binding.Binding => {
  if ("list" in binding) return { list: binding.list.map((one) => ("ref" in one ? { value: null } : one)) }
  return "ref" in binding ? { value: null } : binding
}

const checkFlow = (spec: NodeSpec.NodeSpec, actions: KnownActions): Rejection.Rejection | undefined => {
  const { action, cache, flow, id, inputs = {}, intent, recovery, returns } = spec
  const missing = flow && missingAction(flow, actions)
  if (missing !== undefined) return { _tag: "UnknownAction", nodeId: id, ...missing }
  const node: NodeSpec.NodeSpec = {
    id,
    action,
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, anyValue(one)])),
    ...(flow !== undefined && { flow }),
    ...(returns !== undefined && { returns }),
    ...(cache !== undefined && { cache }),
    ...(recovery !== undefined && { recovery }),
    ...(intent !== undefined && { intent })
  }
  const messages = actions.flowProblems({ name: flow?.name ?? action, nodes: [node] })
  return messages.length === 0
    ? undefined
    : { _tag: "InvalidInput", nodeId: id, message: messages.join("; ") }
}

const missingAction = (
  flow: FlowSpec.FlowSpec,
  actions: KnownActions
): { readonly action: string; readonly suggestion?: string } | undefined => {
  for (const { action, failure, flow: inner } of flow.nodes) {
    for (const name of [inner === undefined ? action : undefined, failure]) {
      if (name !== undefined && !actions.has(name)) {
        const suggestion = Suggestion.nearest(name, Suggestion.vocabulary(actions.names()))
        return { action: name, ...(suggestion !== undefined && { suggestion }) }
      }
    }
    const deeper = inner && missingAction(inner, actions)
    if (deeper !== undefined) return deeper
  }
  return undefined
}
