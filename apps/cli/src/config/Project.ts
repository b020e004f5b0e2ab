/** Everything that a command about a flow needs to know of its project: configuration, actions, the flow itself. */
import { type Action, Actions, Flow, Plan } from "@dagflow/core"
import {
  DefinitionError,
  Expression,
  FlowProblems,
  type FlowConfig,
  type FlowSpec,
  NodeExpressions,
  type Problem
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { CliFailure } from "../output/CliFailure.ts"
import { actionsOf } from "../run/EngineLayer.ts"
import type { SourceMap } from "../run/SourceMap.ts"
import * as ConfigFile from "./ConfigFile.ts"
import * as FlowSource from "./FlowSource.ts"

/** A flow and its surroundings. */
export interface Project {
  readonly config: ConfigFile.LoadedConfig
  /** The actions that are registered, those of a module's flow not among them. */
  readonly actions: ReadonlyArray<Action.Any<never>>
  /** What a plan of the flow may use. */
  readonly registry: ReturnType<typeof Actions.makeRegistry>
  readonly definition: Flow.Any | FlowSpec.FlowSpec | undefined
  readonly problems: ReadonlyArray<Problem>
  readonly sources: SourceMap
  readonly isModule: boolean
}

/** How a project is loaded. */
export interface ProjectOptions {
  readonly config: string | undefined
  readonly allowShell?: boolean
  /** Reads the shape of the flow only: whether its actions exist does not matter. */
  readonly shapeOnly?: boolean
  /** Whether variables of the environment that the flow names have to be set. */
  readonly needsVariables?: boolean
  /** What the start of the run sets; it is checked with the flow. */
  readonly settings?: FlowConfig.FlowConfig
}

/** Loads the project of a flow and checks the flow. */
export const load = (word: string, options: ProjectOptions): Effect.Effect<Project, CliFailure> =>
  Effect.gen(function* () {
    const source = yield* FlowSource.find(word)
    const config = yield* ConfigFile.load(options.config, FlowSource.folderOf(source))
    const actions = actionsOf(config, options.allowShell)
    const reducers = new Map(config.reducers?.map((reducer) => [reducer.name, reducer]))
    const registry = Actions.makeRegistry(actions, reducers)
    const isShape = options.shapeOnly ?? false
    const flow = yield* FlowSource.load(source, {
      actions: isShape ? undefined : actions.map((action) => action.name),
      needsVariables: options.needsVariables ?? false
    })
    // A flow in YAML has brought what reads expressions along, one of a module has not.
    if (flow.definition !== undefined && NodeExpressions.areIn(specOf(flow.definition).nodes))
      yield* Expression.load
    const problems = isShape ? flow.problems : check(flow, registry, options.settings)
    return { ...flow, problems, config, actions, registry }
  })

/** Whether the flow of a project can run. */
export const isValid = (project: Project): boolean =>
  project.definition !== undefined && !FlowProblems.hasErrors(project.problems)

/** The flow of a project, or everything that is wrong with it. */
export const valid = (project: Project): Effect.Effect<Flow.Any | FlowSpec.FlowSpec, DefinitionError> =>
  project.definition === undefined || !isValid(project)
    ? Effect.fail(new DefinitionError({ problems: project.problems }))
    : Effect.succeed(project.definition)

/** The definition of a flow as data. */
export const specOf = (definition: Flow.Any | FlowSpec.FlowSpec): FlowSpec.FlowSpec =>
  Flow.isFlow(definition) ? definition.spec : definition

/** Actions that are named where one was not found. */
const namedMax = 20

/**
 * What to do when an action is unknown and nothing like it is registered: which ones there are, and where one's own would
 * come from.
 */
export const hint = ({ actions, config, problems }: Project): string | undefined => {
  const isUnknown = problems.some(
    ({ code, suggestion }) => code === "UnknownAction" && suggestion === undefined
  )
  if (!isUnknown) return undefined
  const names = actions.map(({ name }) => name).sort()
  const more = names.length > namedMax ? ` and ${names.length - namedMax} more` : ""
  const own = config.file === undefined ? `a ${ConfigFile.names[0]}, and there is none` : config.file
  const shell = names.includes("shell") ? "" : '; "shell" is off unless --allow-shell is given'
  return `registered actions: ${names.slice(0, namedMax).join(", ")}${more}${shell}; those of a project come from ${own}`
}

// -- internal -------------------------------------------------------------------------------------------------------

/** The problems of the text, or those of the flow in it; the plan of a run finds no others. */
const check = (
  flow: FlowSource.LoadedFlow,
  registry: Project["registry"],
  settings: FlowConfig.FlowConfig | undefined
): ReadonlyArray<Problem> => {
  if (flow.definition === undefined || FlowProblems.hasErrors(flow.problems)) return flow.problems
  const found = Plan.check(flow.definition, registry, settings)
  const known = new Set(flow.problems.map((problem) => `${problem.code} ${problem.path.join("\n")}`))
  return [
    ...flow.problems,
    ...found
      .filter((problem) => !known.has(`${problem.code} ${problem.path.join("\n")}`))
      .map((problem) => flow.sources.locate(problem))
  ]
}
