/**
 * What a model proposes is untrusted. A guard decides which of it may become nodes: the tool has to be on the list, the
 * arguments have to fit its schema, and all of it has to stay within the limits.
 *
 * A guard is made of plain functions of values: it asks no model, and no text of a model or of a tool can change it.
 */
import { Suggestion } from "@dagflow/protocol"
import { inspect, jsonBytes } from "./internal/inspect.ts"
import type { Limits } from "./Limits.ts"
import type { LimitReached, Refusal } from "./Refusal.ts"
import type * as Tool from "./Tool.ts"
import type { Call } from "./Turn.ts"

/** Decides over proposals. */
export interface Guard {
  readonly limits: Limits
  /** The list. */
  readonly tools: ReadonlyArray<Tool.Definition>
  /** The tool of a name, if it is on the list. */
  readonly toolOf: (name: string) => Tool.Definition | undefined
  /** Why arguments may not be given to a tool, or `undefined`. */
  readonly problem: (tool: string, argumentsOf: unknown) => Refusal | undefined
  /**
   * The same of arguments of which those that are named in `unknown` are there and not known yet: the tool has to take all of them, none
   * may be missing, and those that are known have to fit.
   */
  readonly partial: (
    tool: string,
    argumentsOf: Readonly<Record<string, unknown>>,
    unknown: ReadonlySet<string>
  ) => Refusal | undefined
  /** For each call why it is refused, or `undefined`. */
  readonly calls: (calls: ReadonlyArray<Call>) => ReadonlyArray<Refusal | undefined>
  /** Which limit of the run so much more would pass, or `undefined`. */
  readonly run: (
    spent: Spent,
    more: { readonly turns: number; readonly nodes: number }
  ) => LimitReached | undefined
}

/** What a planner has used up in a run. */
export interface Spent {
  readonly turns: number
  readonly nodes: number
  readonly tokens: number
  readonly cost: number
}

/** Name of the tool by which a model submits a plan. */
export const planTool = "submit_plan"

/** Longest part of a model's words that a refusal repeats. */
const quoteMax = 200

/** Longest message of a schema that a refusal repeats. */
const messageMax = 1000

/** A guard for a list of tools. */
export const make = (tools: ReadonlyArray<Tool.Definition>, limits: Limits): Guard => {
  const byName = new Map(tools.map((tool) => [tool.name, tool]))
  const vocabulary = Suggestion.vocabulary(byName.keys())
  const problem = (name: string, given: unknown): Refusal | undefined => {
    const tool = byName.get(name)
    if (tool === undefined) {
      const suggestion = Suggestion.nearest(name, vocabulary)
      const action = name.slice(0, quoteMax)
      return { _tag: "UnknownAction", action, ...(suggestion !== undefined && { suggestion }) }
    }
    return argumentProblem(tool, given, limits)
  }
  return {
    limits,
    tools,
    toolOf: (name) => byName.get(name),
    problem,
    partial: (name, given, unknown) => {
      const tool = byName.get(name)
      if (tool === undefined) return problem(name, given)
      return keyProblem(tool, given) ?? argumentProblem(tool, given, limits, unknown)
    },
    calls: (calls) => {
      const seen = new Set<string>()
      return calls.map((call) => {
        if (seen.has(call.id)) return { _tag: "DuplicateNode", nodeId: call.id.slice(0, quoteMax) }
        seen.add(call.id)
        return problem(call.name, call.arguments)
      })
    },
    run: (spent, more) => runProblem(spent, more, limits)
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const argumentProblem = (
  tool: Tool.Definition,
  given: unknown,
  limits: Limits,
  unknown?: ReadonlySet<string>
): Refusal | undefined => {
  const where = `the arguments of "${tool.name}"`
  if (!isObject(given)) return { _tag: "InvalidInput", message: `${where} are no JSON object` }
  const { argumentDepthMax } = limits
  // A plan holds the arguments of all its steps; each of them is looked at by itself.
  const argumentBytesMax = tool.name === planTool ? limits.answerBytesMax : limits.argumentBytesMax
  const unsafe = inspect(given, where, { depthMax: argumentDepthMax, bytesMax: argumentBytesMax })
  if (unsafe !== undefined) return unsafe
  const bytes = jsonBytes(given as never)
  if (bytes > argumentBytesMax) return { _tag: "TooLarge", what: where, bytes, maximum: argumentBytesMax }
  const problem = tool.problem(given, unknown)
  return problem === undefined
    ? undefined
    : { _tag: "InvalidInput", message: `${where} do not fit: ${problem.slice(0, messageMax)}` }
}

const keyProblem = (tool: Tool.Definition, given: Readonly<Record<string, unknown>>): Refusal | undefined => {
  const { properties, required } = tool.parameters as {
    readonly properties?: Readonly<Record<string, unknown>>
    readonly required?: ReadonlyArray<string>
  }
  const where = `the arguments of "${tool.name}" do not fit`
  const unknown = Object.keys(given).find(
    (name) => properties !== undefined && !Object.hasOwn(properties, name)
  )
  if (unknown !== undefined)
    return { _tag: "InvalidInput", message: `${where}: it takes no "${unknown.slice(0, 64)}"` }
  const missing = required?.find((name) => !Object.hasOwn(given, name))
  return missing === undefined
    ? undefined
    : { _tag: "InvalidInput", message: `${where}: "${missing}" is missing` }
}

const runProblem = (
  spent: Spent,
  more: { readonly turns: number; readonly nodes: number },
  limits: Limits
): LimitReached | undefined => {
  const wanted = [
    ["turnsMax", spent.turns + more.turns],
    ["nodesMax", spent.nodes + more.nodes],
    ["tokensMax", spent.tokens],
    ["costMax", spent.cost]
  ] as const
  for (const [limit, requested] of wanted) {
    const maximum = limits[limit]
    if (requested > maximum) return { _tag: "LimitReached", limit, maximum, requested }
  }
  return undefined
}
