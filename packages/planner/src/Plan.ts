/**
 * A plan is what a model wants done, as steps that depend on one another. It is checked as a whole, with all its problems at once;
 * it can be shown before anything of it exists; and who approves it approves what the hash of that preview says.
 */
import { ContentHash, NodeId, Reference, Suggestion } from "@dagflow/protocol"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Guard, planTool } from "./Guard.ts"
import type { Refusal } from "./Refusal.ts"
import * as Tool from "./Tool.ts"

/** A step of a plan. */
export const Step = Schema.Struct({
  id: Schema.String.annotate({ description: "A name of your own for the step, unique in the plan." }),
  tool: Schema.String.annotate({ description: "The tool that carries the step out." }),
  arguments: Schema.Record(Schema.String, Schema.Json).annotate({
    description:
      'The arguments of the tool. One that is {"$from": "<step>.<output>"} is the output of another step.'
  }),
  after: Schema.optionalKey(
    Schema.Array(Schema.String).annotate({ description: "Steps that have to end before this one starts." })
  )
})
/** A step of a plan. */
export type Step = typeof Step.Type

/** A plan as a model submits it. */
export const Plan = Schema.Struct({ steps: Schema.Array(Step) })
/** A plan as a model submits it. */
export type Plan = typeof Plan.Type

/** A plan that has been checked. */
export interface Checked {
  readonly steps: ReadonlyArray<CheckedStep>
  /** Steps on the longest chain. */
  readonly depth: number
  /** Names the plan: the turn, every step, and the versions of the tools. */
  readonly hash: string
}

/** A step that may become a node. */
export interface CheckedStep {
  readonly id: string
  readonly tool: Tool.Definition
  readonly arguments: Readonly<Record<string, Argument>>
  /** The steps that it comes after, those that it takes outputs of included. */
  readonly after: ReadonlyArray<string>
}

/** An argument: a value, or an output of another step. */
export type Argument =
  | { readonly value: Schema.Json }
  | { readonly from: Reference.OutputReference; readonly text: string }

/** The tool by which a model submits a plan. */
export const tool: Tool.Definition = Tool.define({
  name: planTool,
  description:
    "Submits a plan of steps. Steps run in parallel unless they depend on one another; you get all their results.",
  parameters: Plan
})

const decodePlan = Schema.decodeUnknownOption(Plan)

/** Checks a plan of a turn. What it gives back is the plan as it may be carried out, or all that is wrong with it. */
export const check = (
  guard: Guard,
  turn: string,
  given: unknown
): Checked | { readonly problems: ReadonlyArray<Refusal> } => {
  const plan = Option.getOrUndefined(decodePlan(given))
  if (plan === undefined) {
    return { problems: [{ _tag: "InvalidInput", message: tool.problem(given) ?? "this is no plan" }] }
  }
  const { callsMax, depthMax } = guard.limits
  const count = plan.steps.length
  if (count === 0) return { problems: [{ _tag: "InvalidInput", message: "a plan has at least one step" }] }
  if (count > callsMax) {
    return { problems: [{ _tag: "LimitReached", limit: "callsMax", maximum: callsMax, requested: count }] }
  }
  const ids = plan.steps.map((step) => step.id)
  const read = plan.steps.map((step) => readStep(guard, step, ids))
  const problems = [...idProblems(ids), ...read.flatMap((one) => one.problems)]
  if (problems.length > 0) return { problems }
  const steps = read.flatMap(({ step }) => step ?? [])
  const order = chains(steps)
  if ("path" in order) return { problems: [{ _tag: "CycleFound", path: order.path }] }
  if (order.depth > depthMax) {
    return {
      problems: [{ _tag: "LimitReached", limit: "depthMax", maximum: depthMax, requested: order.depth }]
    }
  }
  return { steps, depth: order.depth, hash: hashOf(turn, steps) }
}

/**
 * Shows a plan to people: what would be added, in which order, and the hash that an approval has to name.
 *
 * **Example**
 * ```ts
 * Plan.describe(checked)
 * // => plan 1f3a9c…: 2 steps, 2 of them one after the other
 * //      load   fetch {"url":"https://example.com"}
 * //      count  words {"text":"<load.body>"} after load
 * ```
 */
export const describe = ({ depth, hash, steps }: Checked): string => {
  const width = Math.max(...steps.map((step) => step.id.length))
  const lines = steps.map((step) => {
    const shown = Object.fromEntries(
      Object.entries(step.arguments).map(([name, one]) => [name, "from" in one ? `<${one.text}>` : one.value])
    )
    const after = step.after.length === 0 ? "" : ` after ${step.after.join(", ")}`
    return `  ${step.id.padEnd(width)}  ${step.tool.name} ${visible(JSON.stringify(shown))}${after}`
  })
  const chain = depth === 1 ? "all at once" : `${depth} of them one after the other`
  return [`plan ${hash}: ${steps.length} steps, ${chain}`, ...lines].join("\n")
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Characters that have no shape of their own, or turn the direction of what follows: with them a text shows something else than it is. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu

/** A JSON text in which everything can be seen; it is the same JSON. */
const visible = (json: string): string =>
  json.replace(unseen, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((code) => `\\u${code.toString(16).padStart(4, "0")}`)
      .join("")
  )

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

const idProblems = (ids: ReadonlyArray<string>): ReadonlyArray<Refusal> =>
  ids.flatMap((id, at): ReadonlyArray<Refusal> => {
    if (ids.indexOf(id) !== at) return [{ _tag: "DuplicateNode", nodeId: id.slice(0, 64) }]
    if (idPattern.test(id) && NodeId.problem(id) === undefined) return []
    const shown = JSON.stringify(id.slice(0, 64))
    return [
      { _tag: "InvalidInput", message: `${shown} is no id of a step: use letters, digits, "_" and "-"` }
    ]
  })

const isReference = (value: Schema.Json): value is { readonly $from: string } =>
  typeof value === "object" && value !== null && "$from" in value

const readArgument = (id: string, name: string, value: Schema.Json): Argument | Refusal => {
  if (!isReference(value)) return { value }
  const { $from: text } = value
  const only = Object.keys(value).length === 1 && typeof text === "string"
  const reference = only ? Reference.parse(text) : undefined
  return reference?._tag === "Output"
    ? { from: reference, text }
    : {
        _tag: "InvalidInput",
        message: `"${name}" of step "${id}" has a "$from" that is not "<step>.<output>"`
      }
}

interface ReadStep {
  readonly step: CheckedStep | undefined
  readonly problems: ReadonlyArray<Refusal>
}

const readStep = (guard: Guard, step: Step, ids: ReadonlyArray<string>): ReadStep => {
  const definition = guard.toolOf(step.tool)
  if (definition?.action === undefined) {
    const unknown = definition === undefined ? guard.problem(step.tool, {}) : undefined
    return { step: undefined, problems: [unknown ?? notForSteps(step.tool)] }
  }
  const problems: Array<Refusal> = definition.turn?.goesOn === true ? [notForPlans(step.tool)] : []
  const given: Record<string, Argument> = {}
  for (const [name, value] of Object.entries(step.arguments)) {
    const argument = readArgument(step.id, name, value)
    if ("_tag" in argument) problems.push(argument)
    else given[name] = argument
  }
  const values = Object.values(given)
  const references = Object.keys(given).filter((name) => "from" in given[name]!)
  const misfit =
    references.length === 0
      ? guard.problem(step.tool, step.arguments)
      : guard.partial(step.tool, step.arguments, new Set(references))
  if (misfit !== undefined) problems.push(misfit)
  const sources = values.flatMap((argument) => ("from" in argument ? [argument.from.nodeId] : []))
  const after = [...new Set([...(step.after ?? []), ...sources])]
  for (const dependency of after) {
    if (ids.includes(dependency)) continue
    const suggestion = Suggestion.nearest(dependency, Suggestion.vocabulary(ids))
    problems.push({
      _tag: "UnknownDependency",
      nodeId: step.id.slice(0, 64),
      dependency: dependency.slice(0, 64),
      ...(suggestion !== undefined && { suggestion })
    })
  }
  return { step: { id: step.id, tool: definition, arguments: given, after }, problems }
}

const notForPlans = (name: string): Refusal => ({
  _tag: "InvalidInput",
  message: `"${name}" may take several turns to answer, and steps could not wait for that: call it`
})

const notForSteps = (name: string): Refusal => ({
  _tag: "InvalidInput",
  message: `"${name}" is nothing that a step can do`
})

/** The length of the longest chain, or steps that wait for each other. */
const chains = (
  steps: ReadonlyArray<CheckedStep>
): { readonly depth: number } | { readonly path: ReadonlyArray<string> } => {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const depths = new Map<string, number>()
  const walk = (id: string, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    if (depths.has(id)) return undefined
    const begun = path.indexOf(id)
    if (begun >= 0) return [...path.slice(begun), id]
    let depth = 1
    for (const dependency of byId.get(id)?.after ?? []) {
      // As deep as there are steps, which `callsMax` bounds.
      const cycle = walk(dependency, [...path, id])
      if (cycle !== undefined) return cycle
      depth = Math.max(depth, (depths.get(dependency) ?? 0) + 1)
    }
    depths.set(id, depth)
    return undefined
  }
  for (const step of steps) {
    const path = walk(step.id, [])
    if (path !== undefined) return { path }
  }
  return { depth: Math.max(...depths.values()) }
}

const hashOf = (turn: string, steps: ReadonlyArray<CheckedStep>): string =>
  ContentHash.ofJson({
    turn,
    steps: steps.map((step) => ({
      id: step.id,
      action: step.tool.action ?? "",
      version: step.tool.version ?? "",
      arguments: step.arguments as unknown as Schema.Json,
      after: step.after
    }))
  }).slice(0, 32)
