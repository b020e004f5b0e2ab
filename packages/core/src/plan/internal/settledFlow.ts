import {
  type Binding,
  DefinitionHash,
  Dependency,
  FlowGraph,
  type FlowSpec,
  ForEach,
  NodeBindings,
  type NodeSpec
} from "@dagflow/protocol"
import { sharedJson } from "../../action/frozenJson.ts"

/** A definition as its runs record it. */
export interface SettledFlow {
  /** The nodes stand in plan order, and every node has the nodes it refers to among its dependencies. */
  readonly flow: FlowSpec.FlowSpec
  readonly hash: string
  /** Names of the actions it uses, failure handlers included, sorted. */
  readonly actions: ReadonlyArray<string>
}

/** Settles a definition that has no problems. */
export const make = (spec: FlowSpec.FlowSpec): SettledFlow => {
  const byId = new Map(spec.nodes.map((node) => [node.id, withReferenced(node)]))
  const order = FlowGraph.planOrder({ nodes: [...byId.values()] })
  const flow = { ...spec, nodes: order.flatMap((id) => byId.get(id) ?? []) }
  const actions = new Set<string>()
  for (const { action, failure, flow: inner } of flow.nodes) {
    // Those of a flow inside are asked for by its own runs.
    if (inner === undefined) actions.add(action)
    if (failure !== undefined) actions.add(failure)
  }
  return { flow, hash: DefinitionHash.make(flow), actions: [...actions].sort() }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** The node with every node it refers to among its dependencies, each once. */
const withReferenced = (node: NodeSpec.NodeSpec): NodeSpec.NodeSpec => {
  const referenced = NodeBindings.referencedNodes(node).keys()
  const { dependencies: _, ...rest } = withSettledFlow(withOwnValues(node))
  const dependencies = Dependency.withNodes(node.dependencies, referenced)
  return dependencies.length === 0 ? rest : { ...rest, dependencies }
}

const withOwnValue = (binding: Binding.Binding): Binding.Binding => {
  if ("list" in binding)
    return { list: binding.list.map((item) => withOwnValue(item) as Binding.ItemBinding) }
  return "value" in binding && typeof binding.value === "object"
    ? { value: sharedJson(binding.value) }
    : binding
}

/** The node with copies of its literals, since whoever wrote the definition may change what they wrote. */
const withOwnValues = (given: NodeSpec.NodeSpec): NodeSpec.NodeSpec => {
  const { forEach } = given
  const node =
    forEach === undefined || ForEach.isMade(forEach.items)
      ? given
      : { ...given, forEach: { ...forEach, items: withOwnValue(forEach.items) } }
  const literals = Object.entries(node.inputs ?? {}).flatMap(([name, binding]) => {
    const own = withOwnValue(binding)
    return own === binding ? [] : [[name, own] as const]
  })
  return literals.length === 0
    ? node
    : { ...node, inputs: { ...node.inputs, ...Object.fromEntries(literals) } }
}

/** The node with the flow that it runs settled too, so that the order in which that lists things does not matter either. */
const withSettledFlow = (node: NodeSpec.NodeSpec): NodeSpec.NodeSpec =>
  node.flow === undefined ? node : { ...node, flow: make(node.flow).flow }
