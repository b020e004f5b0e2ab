/**
 * The plan of a run: a flow that was found to be without problems, with everything settled that its runs do not decide.
 *
 * Nothing is trusted here, since definitions come from code, from files and over the network alike: first each single
 * value is checked, then the flow as a whole, then how its nodes use their actions. All problems are refused together.
 */
import {
  DefinitionError,
  FlowConfig,
  FlowProblems,
  type FlowSpec,
  type Problem,
  RunError
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Action from "../action/Action.ts"
import type * as ChannelReducers from "../action/ChannelReducers.ts"
import * as Flow from "./Flow.ts"
import * as ChannelProblems from "./internal/channelProblems.ts"
import * as ActionProblems from "./internal/actionProblems.ts"
import * as Construction from "./internal/construction.ts"
import * as HandlerProblems from "./internal/handlerProblems.ts"
import * as Misfits from "./internal/misfits.ts"
import { remembered } from "./internal/remembered.ts"
import * as SettledFlow from "./internal/settledFlow.ts"
import * as SpecProblems from "./internal/specProblems.ts"
import * as RunInput from "./RunInput.ts"

/** A flow without errors, as all its runs record it. */
export interface PlannedFlow {
  /** The flow in plan order: every node after all that it depends on, which includes the nodes it refers to. */
  readonly flow: FlowSpec.FlowSpec
  /** Fingerprint of the definition; the order in which it lists things does not matter. */
  readonly hash: string
  /** Versions of the flow's actions that have one, by name. */
  readonly actions: Readonly<Record<string, string>>
  /** Versions of the reducers of the flow's channels that have one, by name. */
  readonly reducers: Readonly<Record<string, string>>
  /** What is odd about the flow and does not stop it from running. */
  readonly warnings: ReadonlyArray<Problem>
}

/** What a run starts from. */
export interface Plan extends PlannedFlow {
  readonly config: FlowConfig.ResolvedConfig
  readonly inputs: RunInput.RunInput
}

/** The actions that a plan may use, besides those that a flow in TypeScript brings itself. */
export interface Actions {
  readonly get: (name: string) => Action.Any | undefined
  readonly list: ReadonlyArray<Action.Any>
  /** Reducers of one's own, besides those that a flow in TypeScript brings itself. */
  readonly reducers?: ChannelReducers.ReducerRegistry
}

/** What a plan is made with. */
export interface PlanOptions {
  /** Of an action that the flow brings and one of that name in here, the latter counts. */
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
  const planned = ofFlow(flow, options.actions, options.config)
  if (Result.isFailure(planned)) return Result.fail(planned.failure)
  const { flow: spec } = planned.success
  const schemaOf = (name: string) => (Flow.isFlow(flow) ? flow[Flow.TypeId].inputs[name]?.schema : undefined)
  return Result.mapBoth(RunInput.resolve(spec.inputs, options.input ?? {}, schemaOf), {
    onFailure: (messages) =>
      new RunError({
        runId: options.runId,
        reason: { _tag: "InvalidInput", message: messages.join("; ") }
      }),
    onSuccess: (inputs) => ({
      ...planned.success,
      config: FlowConfig.resolve(spec.config, options.config),
      inputs
    })
  })
}

/**
 * Plans all that the runs of a flow have in common. A flow in TypeScript is planned once for the actions of an engine,
 * however many runs follow. Of the configuration of a run only what the flow has to fit, and mistakes, matter here.
 *
 * **Failures**
 * - `DefinitionError`: the flow, or the configuration, has problems; all of them are listed.
 */
export const ofFlow = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  actions: Actions,
  config?: FlowConfig.FlowConfig
): Result.Result<PlannedFlow, DefinitionError> => {
  const isSpecial =
    config !== undefined &&
    (configProblems(config).length > 0 || fitted.some((key) => config[key] !== undefined))
  if (isSpecial || !isMade(flow)) return settled(flow, actions, config)
  const { problems } = flow[Flow.TypeId]
  const known = plannedFlows.get(flow.spec)
  // Whoever adds a node to a flow that is made adds a problem.
  if (known?.actions === actions && known.mistakes === problems.length) return known.result
  const result = settled(flow, actions, undefined)
  plannedFlows.set(flow.spec, { actions, mistakes: problems.length, result })
  return result
}

/** Finds all problems of a flow, warnings included, without planning a run of it. */
export const check = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  actions: Actions,
  config?: FlowConfig.FlowConfig
): ReadonlyArray<Problem> => {
  const { problems: ofValues, spec } = isMade(flow)
    ? checkedOnce(flow.spec)
    : SpecProblems.check(specOf(flow))
  const ofConfig = config === undefined ? [] : configProblems(config)
  const ofBuilder = Flow.isFlow(flow) ? flow[Flow.TypeId].problems : []
  const ofRun = ofConfig.length > 0 ? undefined : config
  const ofWhole = spec === undefined ? [] : wholeProblems(flow, spec, actions, ofRun)
  const values = without(ofBuilder, [...ofConfig, ...ofValues])
  return [...ofBuilder, ...values, ...without([...ofBuilder, ...values], ofWhole)]
    .map((problem) => placed(flow, problem))
    .sort((a, b) => nodeIndex(a) - nodeIndex(b))
}

// -- internal -------------------------------------------------------------------------------------------------------

const specOf = (flow: Flow.Any | FlowSpec.FlowSpec): FlowSpec.FlowSpec =>
  Flow.isFlow(flow) ? flow.spec : flow

/** Whether a flow is as the builder made it, and so will never have another definition. */
const isMade = (flow: Flow.Any | FlowSpec.FlowSpec): flow is Flow.Any =>
  Flow.isFlow(flow) && flow[Flow.TypeId].spec === flow.spec

interface Planned {
  readonly actions: Actions
  readonly mistakes: number
  readonly result: Result.Result<PlannedFlow, DefinitionError>
}

/** What was planned last of each flow in TypeScript. */
const plannedFlows = new WeakMap<FlowSpec.FlowSpec, Planned>()

const settled = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  actions: Actions,
  config: FlowConfig.FlowConfig | undefined
): Result.Result<PlannedFlow, DefinitionError> => {
  const problems = check(flow, actions, config)
  if (FlowProblems.hasErrors(problems)) return Result.fail(new DefinitionError({ problems }))
  const {
    actions: names,
    flow: spec,
    hash
  } = isMade(flow) ? settledOnce(flow.spec) : SettledFlow.make(specOf(flow))
  return Result.succeed({
    flow: spec,
    hash,
    actions: versionsOf(names, lookupOf(flow, actions)),
    reducers: versionsOf(ChannelProblems.reducerNames(spec), (name) => reducersOf(flow, actions).get(name)),
    warnings: problems
  })
}

const checkedOnce = remembered(SpecProblems.check)

const settledOnce = remembered(SettledFlow.make)

const lookupOf = (flow: Flow.Any | FlowSpec.FlowSpec, actions: Actions): ActionProblems.Lookup => {
  const own = new Map(Flow.isFlow(flow) ? flow.actions.map((action) => [action.name, action]) : [])
  return (name) => actions.get(name) ?? own.get(name)
}

const reducersOf = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  { reducers = noReducers }: Actions
): ChannelReducers.ReducerRegistry =>
  Flow.isFlow(flow) && flow.reducers.size > 0 ? new Map([...flow.reducers, ...reducers]) : reducers

const noReducers: ChannelReducers.ReducerRegistry = new Map()

/** Keys of a configuration that the flow as a whole has to fit. */
const fitted = ["nodesMax", "strategy", "interrupts"] as const satisfies ReadonlyArray<
  keyof FlowConfig.FlowConfig
>

/** A flow whose configuration is that of the run, as far as the flow has to fit it. */
const underConfig = (
  spec: FlowSpec.FlowSpec,
  config: FlowConfig.FlowConfig | undefined
): FlowSpec.FlowSpec => {
  const given = fitted.flatMap((key) => (config?.[key] === undefined ? [] : [[key, config[key]]]))
  return given.length === 0 ? spec : { ...spec, config: { ...spec.config, ...Object.fromEntries(given) } }
}

/** Problems of the flow as a whole, under the configuration of a run. */
const wholeProblems = (
  flow: Flow.Any | FlowSpec.FlowSpec,
  spec: FlowSpec.FlowSpec,
  actions: Actions,
  config: FlowConfig.FlowConfig | undefined
): ReadonlyArray<Problem> => {
  const own = Flow.isFlow(flow) ? flow.actions : []
  const lookup = lookupOf(flow, actions)
  const names = [...actions.list, ...own].map((action) => action.name)
  return [
    ...FlowProblems.check(underConfig(spec, config), { actions: names }),
    ...ChannelProblems.find(spec, reducersOf(flow, actions)),
    ...ActionProblems.find(spec, lookup),
    ...HandlerProblems.find(spec, lookup)
  ]
}

const findConfigMisfits = Misfits.finder(FlowConfig.FlowConfig, { onExcessProperty: "error" })

const configProblems = (config: FlowConfig.FlowConfig): ReadonlyArray<Problem> =>
  findConfigMisfits(config).map(({ code, message, path, suggestion }) => ({
    code,
    severity: "error",
    message: `${message} (given at the start of the run)`,
    path: ["config", ...path],
    ...(suggestion !== undefined && { suggestion })
  }))

/** The problems at places about which, or around which, nothing has been said yet. */
const without = (said: ReadonlyArray<Problem>, problems: ReadonlyArray<Problem>): ReadonlyArray<Problem> => {
  if (said.length === 0) return problems
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

const versionsOf = (
  names: ReadonlyArray<string>,
  lookup: (name: string) => { readonly version: string | undefined } | undefined
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const version = lookup(name)?.version
      return version === undefined ? [] : [[name, version]]
    })
  )
