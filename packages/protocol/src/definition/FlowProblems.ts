/**
 * Everything that is wrong with the definition of a flow as a whole: names, dependencies, cycles, references.
 *
 * These checks are written once, over `FlowSpec`: what reads definitions from text adds positions to what they find,
 * and the plan of a run refuses what they refuse. That each single value is of its schema is taken for granted.
 */
import type { Problem } from "../error/DefinitionError.ts"
import * as FlowConfig from "./FlowConfig.ts"
import * as FlowGraph from "./FlowGraph.ts"
import type { FlowSpec } from "./FlowSpec.ts"
import * as ChannelProblems from "./internal/channelProblems.ts"
import * as Components from "./internal/components.ts"
import * as CycleProblems from "./internal/cycleProblems.ts"
import * as EdgeProblems from "./internal/edgeProblems.ts"
import * as InputProblems from "./internal/inputProblems.ts"
import * as ListProblems from "./internal/listProblems.ts"
import * as NodeProblems from "./internal/nodeProblems.ts"
import * as PayloadProblems from "./internal/payloadProblems.ts"
import * as ReferenceProblems from "./internal/referenceProblems.ts"
import * as SubFlowProblems from "./internal/subFlowProblems.ts"
import * as StrategyProblems from "./internal/strategyProblems.ts"
import * as Suggestion from "./Suggestion.ts"

/** What a check may know besides the definition. */
export interface Options {
  /** Names of the registered actions; left out, names of actions are not checked. */
  readonly actions?: Iterable<string> | undefined
}

/**
 * Finds all problems of a flow, warnings included: first those of the flow itself, then those of its nodes, in the
 * order of the definition.
 *
 * The work is proportional to nodes, dependencies and references, save that references to nodes that are no direct
 * dependency cost one pass over the graph for every 32 distinct targets.
 *
 * **Details**
 * Errors: `InvalidValue` (ids and names that nothing could refer to, defaults of the wrong type), `DuplicateNode`,
 * `UnknownAction`, `SelfDependency`, `UnknownDependency`, `CycleFound`, `MalformedReference`, `UnknownReference`,
 * `NotAnAncestor`, `InvalidExpression`, `LimitExceeded`, and of nodes that run a flow `MissingInput` and `UnknownInput`. Warnings: `EmptyFlow`, `DuplicateEdge`, `UnreachableNode`, `NoPathToEnd` and
 * `AmbiguousPayload`.
 *
 * **Example**
 * ```ts
 * FlowProblems.check({ name: "nightly", nodes: [
 *   { id: "fetch", action: "http" },
 *   { id: "report", action: "print", dependencies: ["fetc"] }
 * ] })
 * // => [{ code: "UnknownDependency", path: ["nodes", 1, "dependencies", 0], suggestion: "fetch", … }]
 * ```
 */
export const check = (flow: FlowSpec, options: Options = {}): ReadonlyArray<Problem> => {
  const actions = options.actions === undefined ? undefined : [...options.actions]
  return checkAt(flow, { actions }, 0)
}

/** Whether problems stop a flow from running. */
export const hasErrors = (problems: ReadonlyArray<Problem>): boolean =>
  problems.some(({ severity }) => severity === "error")

// -- internal -------------------------------------------------------------------------------------------------------

/** `depth`: how many flows this one is inside of. */
const checkAt = (flow: FlowSpec, options: Options, depth: number): ReadonlyArray<Problem> => {
  const graph = FlowGraph.make(flow)
  const components = Components.make(graph)
  const known = Suggestion.vocabulary(graph.ids)
  const problems = [
    ...sizeProblems(flow),
    ...StrategyProblems.find(flow, graph, known),
    ...InputProblems.find(flow),
    ...ChannelProblems.find(flow),
    ...NodeProblems.find(flow, graph, options.actions),
    ...ListProblems.find(flow),
    ...SubFlowProblems.find(flow, depth, (inner) => checkAt(inner, options, depth + 1)),
    ...EdgeProblems.find(flow, graph, known),
    ...CycleProblems.find(flow, graph, components),
    ...ReferenceProblems.find(flow, graph, components, known),
    ...PayloadProblems.find(flow, graph)
  ]
  return problems.sort((a, b) => nodeIndex(a) - nodeIndex(b))
}

const sizeProblems = (flow: FlowSpec): ReadonlyArray<Problem> => {
  const count = flow.nodes.length
  const maximum = flow.config?.nodesMax ?? FlowConfig.defaults.nodesMax
  if (count === 0) {
    const message = "the flow has no nodes: unless a hook adds some, its runs have nothing to do"
    return [{ code: "EmptyFlow", severity: "warning", message, path: ["nodes"] }]
  }
  if (count <= maximum) return []
  const message = `the flow has ${count} nodes, and a run of it may have ${maximum} (nodesMax)`
  return [{ code: "LimitExceeded", severity: "error", message, path: ["nodes"] }]
}

/** The index of the node that a problem belongs to; -1 for a problem of the flow itself. */
const nodeIndex = ({ path }: Problem): number =>
  path[0] === "nodes" && typeof path[1] === "number" ? path[1] : -1
