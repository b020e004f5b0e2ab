/** Cuts a schedule that goes wrong down to what it takes to go wrong. */
import { Dependency, type NodeSpec } from "@dagflow/protocol"
import type { Scenario } from "./scenario/Scenario.ts"

/** Schedules that are tried at most; `DAGFLOW_SHRINK=0` shows a schedule as it is. */
const triesMax = Number(process.env["DAGFLOW_SHRINK"] ?? 400)

/** How long they may take at most, in real milliseconds: on a store with a server each takes a while. */
const millisMax = 60_000

const without = <A>(list: ReadonlyArray<A>, at: number): ReadonlyArray<A> =>
  list.filter((_, other) => other !== at)

/** A flow without one of its nodes, and without what refers to it. */
const withoutNode = (scenario: Scenario, gone: string): Scenario => {
  const nodes = scenario.flow.nodes
    .filter((node) => node.id !== gone)
    .map((node): NodeSpec.NodeSpec => {
      const dependencies = node.dependencies?.filter((one) => Dependency.nodeOf(one) !== gone) ?? []
      const inputs = Object.entries(node.inputs ?? {}).filter(([name]) => name !== `from-${gone}`)
      return { ...node, dependencies, inputs: Object.fromEntries(inputs) }
    })
  return { ...scenario, flow: { ...scenario.flow, nodes } }
}

const optional = [
  "when",
  "trigger",
  "timeoutMillis",
  "retry",
  "onFailure",
  "failure",
  "recovery",
  "priority",
  "estimate",
  "branch",
  "enabled"
] as const

/** A flow in which one node, wherever it is, is another one, or several, or none. */
const withNodes = (
  nodes: ReadonlyArray<NodeSpec.NodeSpec>,
  id: string,
  change: (node: NodeSpec.NodeSpec) => ReadonlyArray<NodeSpec.NodeSpec>
): ReadonlyArray<NodeSpec.NodeSpec> =>
  nodes.flatMap((node) => {
    if (node.id === id) return change(node)
    if (node.flow === undefined) return [node]
    return [{ ...node, flow: { ...node.flow, nodes: withNodes(node.flow.nodes, id, change) } }]
  })

/** Nodes that run flows, and what is in these; a flow of one node stays as it is. */
function* smallerFlows(scenario: Scenario, nodes = scenario.flow.nodes): Generator<Scenario> {
  const changed = (id: string, change: (node: NodeSpec.NodeSpec) => ReadonlyArray<NodeSpec.NodeSpec>) => ({
    ...scenario,
    flow: { ...scenario.flow, nodes: withNodes(scenario.flow.nodes, id, change) }
  })
  for (const { flow, id } of nodes) {
    if (flow === undefined) continue
    yield changed(id, (node) => {
      const { flow: _, returns: _returns, ...rest } = node
      return [{ ...rest, action: "work" }]
    })
    for (const inner of flow.nodes) {
      const isNeeded = flow.nodes.some(({ dependencies = [] }) =>
        dependencies.some((one) => Dependency.nodeOf(one) === inner.id)
      )
      if (isNeeded || flow.nodes.length === 1) continue
      yield changed(id, (node) => [withoutInner(node, inner.id)])
    }
    yield* smallerFlows(scenario, flow.nodes)
  }
}

const withoutInner = (node: NodeSpec.NodeSpec, gone: string): NodeSpec.NodeSpec => {
  const nodes = (node.flow?.nodes ?? []).filter(({ id }) => id !== gone)
  const [first] = nodes
  if (node.flow === undefined || first === undefined) return node
  const returns = Object.entries(node.returns ?? {}).map(([name, id]) => [name, id === gone ? first.id : id])
  return { ...node, flow: { ...node.flow, nodes }, returns: Object.fromEntries(returns) }
}

const withoutOption = (scenario: Scenario, at: number, option: (typeof optional)[number]): Scenario => {
  const nodes = scenario.flow.nodes.map((node, other) => {
    if (other !== at || node[option] === undefined) return node
    const { [option]: _, ...rest } = node
    return rest
  })
  return { ...scenario, flow: { ...scenario.flow, nodes } }
}

/** Every schedule that lacks one thing. */
function* smaller(scenario: Scenario): Generator<Scenario> {
  for (const at of scenario.faults.keys()) yield { ...scenario, faults: without(scenario.faults, at) }
  if (scenario.flow.config?.budget !== undefined) {
    const { budget: _, ...config } = scenario.flow.config
    yield { ...scenario, flow: { ...scenario.flow, config } }
  }
  if (scenario.runs > 1) yield { ...scenario, runs: 1, isSession: false }
  for (const at of scenario.commands.keys()) yield { ...scenario, commands: without(scenario.commands, at) }
  for (const at of scenario.hooks.keys()) yield { ...scenario, hooks: without(scenario.hooks, at) }
  for (const { id } of scenario.flow.nodes) yield withoutNode(scenario, id)
  yield* smallerFlows(scenario)
  const calm = { latencyMillis: 0, unavailable: 0 }
  if (scenario.store.latencyMillis + scenario.store.unavailable > 0) yield { ...scenario, store: calm }
  if (scenario.isShuffled) yield { ...scenario, isShuffled: false }
  for (const [at, hook] of scenario.hooks.entries()) {
    for (const rule of hook.rules.keys()) {
      const hooks = scenario.hooks.with(at, { ...hook, rules: without(hook.rules, rule) })
      yield { ...scenario, hooks }
    }
  }
  for (const [at, node] of scenario.flow.nodes.entries()) {
    for (const option of optional) if (node[option] !== undefined) yield withoutOption(scenario, at, option)
  }
}

/** The smallest schedule found that still goes wrong. */
export const shrink = async (
  scenario: Scenario,
  goesWrong: (scenario: Scenario) => Promise<boolean>
): Promise<Scenario> => {
  let smallest = scenario
  let tries = 0
  const until = performance.now() + millisMax
  const isEnough = () => tries >= triesMax || performance.now() > until
  for (let isSmaller = true; isSmaller && !isEnough();) {
    isSmaller = false
    for (const next of smaller(smallest)) {
      if (isEnough()) break
      tries++
      if (!(await goesWrong(next))) continue
      smallest = next
      isSmaller = true
      break
    }
  }
  return smallest
}
