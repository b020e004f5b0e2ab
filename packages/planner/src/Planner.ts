/**
 * A planner lets a language model decide what a run does next. Each answer of the model is a node; the calls of tools in it
 * become nodes that run in parallel, one node collects what became of them, and the model is asked again, until it answers
 * without calls. What the model proposes passes a {@link Guard} before any of it becomes a command.
 */
import { type Action, Actions, type Hook, Hooks } from "@dagflow/core"
import type { NodeSpec } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Guard from "./Guard.ts"
import { actionNames } from "./internal/growth.ts"
import { stopCall } from "./internal/stopCall.ts"
import type { Answer } from "./internal/decideTurn.ts"
import { plannerHook } from "./internal/plannerHook.ts"
import { approvalAction, limitAction, resultsAction } from "./internal/resultsAction.ts"
import { type Price, turnAction, type TurnInput } from "./internal/turnAction.ts"
import { markTurn, turnMark, type TurnMark, type TurnSettings } from "./internal/turnMark.ts"
import * as Limits from "./Limits.ts"
import * as Plan from "./Plan.ts"
import type { PlannerError } from "./PlannerError.ts"
import * as Tool from "./Tool.ts"
import type * as Turn from "./Turn.ts"

/** How a planner is set up. */
export interface Options<Name extends string, Tools extends ReadonlyArray<Action.Any>> {
  /** Name of the action of its turns and of its hook; unique in a process. */
  readonly name: Name
  /**
   * The actions that the model may ask for, and no others; each needs an input schema. The `turn` of another planner is a tool too:
   * the model gives it a prompt and gets its text. Default: none.
   */
  readonly tools?: Tools
  /** What the model is told first, in every conversation. */
  readonly instructions?: string
  readonly description?: string
  /** Version of the action of its turns: change it with the instructions or the tools. */
  readonly version?: string
  /** See {@link Limits.Limits}. */
  readonly limits?: Partial<Limits.Limits>
  /** What a million tokens cost; makes turns report `usage.cost`. Default: they report tokens only. */
  readonly price?: Price
  /**
   * What a turn is expected to use, which budgets reserve before it starts. It is charged for a turn that does not report what it used: one
   * that was lost with its process, that failed, or whose provider does not tell; `tokensMax` and `costMax` count it likewise. Default:
   * unknown, so turns run alone under a budget, and nothing is charged for what nobody reported.
   */
  readonly estimate?: Action.EstimateOptions
  /**
   * How often a turn is tried, how long it may take and how urgent it is, of all turns that are added to a run. Turns of the flow itself
   * say it at their nodes. Default: what the flow says for all of its nodes.
   */
  readonly turns?: TurnSettings
  /** A tool that nothing carries out: a call of it that fits its schema ends the loop. See {@link Tool.define}. */
  readonly stop?: Tool.Definition
  /**
   * Lets the model submit plans: steps with dependencies, which are added all at once. `approval: "required"`: people see the plan
   * first, and the node that asks them takes an approval of just that plan. Default: no plans.
   */
  readonly plan?: { readonly approval: "none" | "required" }
  /** Nodes to add once a conversation has ended. Default: none. */
  readonly onAnswer?: (answer: Answer) => ReadonlyArray<NodeSpec.NodeDraft>
}

/** A planner. */
export interface Planner<Name extends string, Services> {
  /** The action of its turns: a node of it begins a conversation. It works in engines that have the planner's layer. */
  readonly turn: TurnAction<Name>
  readonly hook: Hook.Hook
  readonly guard: Guard.Guard
  /** Registers its actions, its tools and its hook. What it needs is a model, and what the tools need. */
  readonly layer: Layer.Layer<never, never, LanguageModel.LanguageModel | Services>
}

/** The action of a planner's turns. */
export type TurnAction<Name extends string> = Action.Action<
  Name,
  typeof TurnInput.Encoded,
  typeof Turn.Outputs.Encoded,
  PlannerError
>

/**
 * Makes a planner.
 *
 * **Failures**
 * A tool without an input schema, or two tools of one name, are a `TypeError`.
 *
 * **Example**
 * ```ts
 * const agent = Planner.make({ name: "agent", tools: [search, read], instructions: "Answer with sources." })
 * const flow = Flow.make("ask", (f) => ({ first: f.node("agent", agent.turn, { prompt: "What is new?" }) }))
 * const engine = DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, agent.layer.pipe(Layer.provide(model))]))
 * ```
 */
export const make = <const Name extends string, const Tools extends ReadonlyArray<Action.Any> = []>(
  options: Options<Name, Tools>
): Planner<Name, Action.Services<Tools[number]>> => {
  const {
    description,
    estimate,
    instructions,
    name,
    onAnswer,
    plan,
    price,
    stop,
    tools = [],
    turns = {},
    version
  } = options
  const limits = { ...Limits.defaults, ...options.limits }
  const shown = [
    ...tools.map(Tool.ofAction),
    ...(stop === undefined ? [] : [stop]),
    ...(plan === undefined ? [] : [Plan.tool])
  ]
  const twice = shown.find((tool, at) => shown.findIndex((other) => other.name === tool.name) !== at)
  if (twice !== undefined) throw new TypeError(`planner "${name}" has two tools "${twice.name}"`)
  const guard = Guard.make(shown, limits)
  const turn = turnAction({ name, description, instructions, version, tools: shown, limits, price, estimate })
  const hook = plannerHook({
    name,
    guard,
    stop,
    estimate,
    onAnswer,
    turns,
    needsApproval: plan?.approval === "required"
  })
  const names = actionNames(name)
  const layer = Layer.mergeAll(
    Actions.layer(turn, resultsAction(names.results, limits), limitAction(names.limit)),
    ...(plan?.approval === "required" ? [Actions.layer(approvalAction(names.approval))] : []),
    // A tool may be shared by planners, and is the same one then. Another planner brings its turns itself.
    Actions.layerReplacing(...(tools.filter((tool) => turnMark(tool) === undefined) as unknown as Tools)),
    Hooks.layer(hook)
  )
  const mark: TurnMark = { turns, goesOn: shown.length > 0, endOf: endOf(guard, stop?.name) }
  return { turn: standIn(turn, mark), hook, guard, layer }
}

// -- internal -------------------------------------------------------------------------------------------------------

/**
 * What a flow in TypeScript brings along in place of the action that asks a model. It needs no model, so that each planner of a
 * program may have one of its own; an engine finds the registered action before this one.
 */
const standIn = <Name extends string>(turn: Action.Any & { readonly name: Name }, mark: TurnMark) => {
  const run = () =>
    Effect.die(new Error(`planner "${turn.name}" has no model: provide its layer to the engine`))
  return markTurn({ ...turn, run }, mark) as unknown as TurnAction<Name>
}

const endOf =
  (guard: Guard.Guard, stop: string | undefined): TurnMark["endOf"] =>
  (record) => {
    if (record.refused !== undefined) return undefined
    if (record.calls.length === 0) return {}
    const stopped = stopCall(guard, stop, record.calls)
    return stopped === undefined ? undefined : { told: stopped.arguments }
  }
