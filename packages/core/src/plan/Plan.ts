/**
 * The plan of a run: a flow that was found to be without problems, with everything settled that its runs do not decide.
 *
 * Nothing is trusted here, since definitions come from code, from files and over the network alike: first each single
 * value is checked, then the flow as a whole, then how its nodes use their actions. All problems are refused together.
 */
import {
  DefinitionError,
  DefinitionHash,
  FlowConfig,
  FlowGraph,
  FlowProblems,
  type FlowSpec,
  type NodeSpec,
  type Problem,
  Reference,
  RunError
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Action from "../action/Action.ts"
import * as Flow from "./Flow.ts"
import * as ActionProblems from "./internal/actionProblems.ts"
import * as Construction from "./internal/construction.ts"
import * as Misfits from "./internal/misfits.ts"
import * as SpecProblems from "./internal/specProblems.ts"
import * as RunInput from "./RunInput.ts"

/** What a run starts from. */
export interface Plan {
  /** The flow in plan order: every node after all that it depends on, which includes the nodes it refers to. */
  readonly flow: FlowSpec.FlowSpec
  /** Fingerprint of the definition; the order in which it lists things does not matter. */
  readonly hash: string
  readonly config: FlowConfig.ResolvedConfig
  readonly inputs: RunInput.RunInput
  /** Versions of the flow's actions that have one, by name. */
  readonly actions: Readonly<Record<string, string>>
  /** What is odd about the flow and does not stop it from running. */
  readonly warnings: ReadonlyArray<Problem>
}

/** The actions that a plan may use, besides those that a flow in TypeScript brings itself. */
export interface Actions {
  readonly get: (name: string) => Action.Any | undefined
  readonly list: ReadonlyArray<Action.Any>
}

/** What a plan is made with. */
export interface PlanOptions {
  readonly actions: Actions
  /** Id of the run, for the error that refuses its inputs. */
  readonly runId: string
  /** The configuration given at the start of the run; it wins over the flow's, key by key. */
  readonly config?: FlowConfig.FlowConfig | undefined
  /** The inputs given at the start of the run. */
  readonly input?: unknown
}

/**
 * Plans a run of a flow.
 *
 * **Failures**
 * - `DefinitionError`: the flow, or the configuration of the run, has problems; all of them are listed. Problems of flows
 *   in TypeScript have the position of the call that added the node.
 * - `RunError` with `InvalidInput`: the inputs of the run do not fit the flow; all of them are named.
 */
export const make = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  options: PlanOptions
): Result.Result<Plan, DefinitionError | RunError> => {
  const lookup = lookupOf(flow, options.actions)
  const problems = check(flow, options.actions, options.config)
  if (FlowProblems.hasErrors(problems)) return Result.fail(new DefinitionError({ problems }))
  const spec = normalised(specOf(flow))
  const schemaOf = (name: string) => (Flow.isFlow(flow) ? flow[Flow.TypeId].inputs[name]?.schema : undefined)
  return Result.mapBoth(RunInput.resolve(spec.inputs, options.input ?? {}, schemaOf), {
    onFailure: (messages) =>
      new RunError({ runId: options.runId, reason: { _tag: "InvalidInput", message: messages.join("; ") } }),
    onSuccess: (inputs) => ({
      flow: spec,
      hash: DefinitionHash.make(spec),
      config: FlowConfig.resolve(spec.config, options.config),
      inputs,
      actions: versionsOf(spec, lookup),
      warnings: problems
    })
  })
}

/** Finds all problems of a flow, warnings included, without planning a run of it. */
export const check = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  actions: Actions,
  config?: FlowConfig.FlowConfig
): ReadonlyArray<Problem> => {
  const { problems: ofValues, spec } = SpecProblems.check(specOf(flow))
  const ofConfig = config === undefined ? [] : configProblems(config)
  const ofBuilder = Flow.isFlow(flow) ? flow[Flow.TypeId].problems : []
  const ofWhole =
    spec === undefined ? [] : wholeProblems(spec, ofConfig.length > 0 ? undefined : config, flow, actions)
  const values = without(ofBuilder, [...ofConfig, ...ofValues])
  return [...ofBuilder, ...values, ...without([...ofBuilder, ...values], ofWhole)]
    .map((problem) => placed(flow, problem))
    .sort((a, b) => nodeIndex(a) - nodeIndex(b))
}

// -- internal -------------------------------------------------------------------------------------------------------

const specOf = (flow: Flow.Any | FlowSpec.FlowSpec): FlowSpec.FlowSpec =>
  Flow.isFlow(flow) ? flow.spec : flow

/** What the process knows under a name wins, so that a test may put another action in the place of the flow's own. */
const lookupOf = (flow: Flow.Any | FlowSpec.FlowSpec, actions: Actions): ActionProblems.Lookup => {
  const own = new Map(Flow.isFlow(flow) ? flow.actions.map((action) => [action.name, action]) : [])
  return (name) => actions.get(name) ?? own.get(name)
}

const wholeProblems = (
  spec: FlowSpec.FlowSpec,
  config: FlowConfig.FlowConfig | undefined,
  flow: Flow.Any | FlowSpec.FlowSpec,
  actions: Actions
): ReadonlyArray<Problem> => {
  const own = Flow.isFlow(flow) ? flow.actions : []
  const names = [...actions.list, ...own].map((action) => action.name)
  const configured = config === undefined ? spec : { ...spec, config: { ...spec.config, ...config } }
  return [
    ...FlowProblems.check(configured, { actions: names }),
    ...ActionProblems.find(spec, lookupOf(flow, actions))
  ]
}

const findConfigMisfits = Misfits.finder(FlowConfig.FlowConfig, { onExcessProperty: "error" })

const configProblems = (config: FlowConfig.FlowConfig): ReadonlyArray<Problem> =>
  findConfigMisfits(config).map(({ code, message, path }) => ({
    code,
    severity: "error",
    message: `${message} (given at the start of the run)`,
    path: ["config", ...path]
  }))

/** The problems at places about which, or around which, nothing has been said yet. */
const without = (said: ReadonlyArray<Problem>, problems: ReadonlyArray<Problem>): ReadonlyArray<Problem> => {
  const places = new Set(said.filter(({ path }) => path.length > 1).map(({ path }) => path.join("\n")))
  return problems.filter(
    ({ path }) => !path.some((_, index) => places.has(path.slice(0, index + 1).join("\n")))
  )
}

const placed = (flow: Flow.Any | FlowSpec.FlowSpec, problem: Problem): Problem => {
  if (!Flow.isFlow(flow) || problem.position !== undefined) return problem
  const position = Construction.positionOf(flow[Flow.TypeId], problem.path)
  return position === undefined ? problem : { ...problem, position }
}

const nodeIndex = ({ path }: Problem): number =>
  path[0] === "nodes" && typeof path[1] === "number" ? path[1] : -1

const normalised = (spec: FlowSpec.FlowSpec): FlowSpec.FlowSpec => {
  const byId = new Map(spec.nodes.map((node) => [node.id, withReferenced(node)]))
  const nodes = FlowGraph.planOrder({ nodes: [...byId.values()] }).flatMap((id) => byId.get(id) ?? [])
  return { ...spec, nodes }
}

/** The node with every node it refers to among its dependencies, each once. */
const withReferenced = (node: NodeSpec.NodeSpec): NodeSpec.NodeSpec => {
  const listed = node.dependencies ?? []
  const referenced = Object.values(node.inputs ?? {}).flatMap((binding) => {
    const reference = "ref" in binding ? Reference.parse(binding.ref) : undefined
    return reference?._tag === "Output" ? [reference.nodeId] : []
  })
  const dependencies = [...new Set([...listed, ...referenced])]
  const { dependencies: _, ...rest } = node
  return dependencies.length === 0 ? rest : { ...rest, dependencies }
}

const versionsOf = (spec: FlowSpec.FlowSpec, lookup: ActionProblems.Lookup): Plan["actions"] => {
  const names = new Set(
    spec.nodes.flatMap((node) => [node.action, ...(node.failure === undefined ? [] : [node.failure])])
  )
  return Object.fromEntries(
    [...names].sort().flatMap((name) => {
      const version = lookup(name)?.version
      return version === undefined ? [] : [[name, version]]
    })
  )
}
