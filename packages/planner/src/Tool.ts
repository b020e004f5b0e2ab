/**
 * A tool is an action that a model may ask for: its description and the schema of its inputs are what the model is shown, and
 * what it proposes is checked by that schema before there is a node.
 */
import type { Action } from "@dagflow/core"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as AiTool from "effect/ai/Tool"
import { definitionOf } from "./internal/definitionMark.ts"
import { type TurnMark, turnMark } from "./internal/turnMark.ts"

/** What a model is shown of a tool, and how its arguments are checked. */
export interface Definition {
  readonly name: string
  /** Name of the action that carries the tool out; none for a tool that only tells the planner something. */
  readonly action: string | undefined
  /** Version of that action. */
  readonly version: string | undefined
  /** The action is the turn of a planner: what its loop ends with is told. */
  readonly turn: TurnMark | undefined
  readonly description: string | undefined
  /** The arguments as JSON Schema. */
  readonly parameters: Readonly<Record<string, unknown>>
  /**
   * Says why arguments do not fit, or `undefined`. `unknown`: names of arguments that are there and whose values are not known yet;
   * what does not fit about them is not said.
   */
  readonly problem: (argumentsOf: unknown, unknown?: ReadonlySet<string>) => string | undefined
}

/** The definition of a tool by a schema of its arguments. */
export const define = (options: {
  readonly name: string
  readonly action?: Action.Any
  readonly description?: string | undefined
  readonly parameters: Schema.Top
  /** What the model is shown of the parameters. Default: what the schema says. */
  readonly document?: Readonly<Record<string, unknown>>
}): Definition => {
  const { description, document, name, parameters } = options
  const decode = Schema.decodeUnknownResult(parameters as unknown as Schema.Codec<unknown>, {
    errors: "all",
    onExcessProperty: "error"
  })
  return {
    name,
    action: options.action?.name,
    version: options.action?.version,
    turn: options.action && turnMark(options.action),
    description,
    parameters: document ?? AiTool.getJsonSchemaFromSchema(parameters),
    problem: (given, unknown) => {
      const decoded = decode(given)
      if (Result.isSuccess(decoded)) return undefined
      return unknown === undefined ? decoded.failure.message : knownProblem(decoded.failure, unknown)
    }
  }
}

/**
 * The tool that an action is.
 *
 * **Failures**
 * An action without an input schema is a `TypeError`: there would be nothing to check a model's arguments by.
 */
export const ofAction = (action: Action.Any): Definition => {
  const definition = definitionOf(action)
  if (definition !== undefined) return definition
  if (action.input === undefined) {
    throw new TypeError(
      `action "${action.name}" has no input schema, and what a model proposes is checked by it: make it with Action.make`
    )
  }
  return define({
    name: action.name,
    action,
    description: action.description,
    parameters: turnMark(action) !== undefined ? TurnArguments : (action.input as unknown as Schema.Top)
  })
}

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** What is wrong with the arguments that are known. Of what concerns all of them together nothing can be said. */
const knownProblem = ({ issue }: Schema.SchemaError, unknown: ReadonlySet<string>): string | undefined => {
  const issues = issuesOf(issue).issues.flatMap(({ message, path: [first, ...rest] = [] }) => {
    const key = String(typeof first === "object" ? first.key : first)
    if (first === undefined || unknown.has(key)) return []
    return [
      `${message}\n  at ${[key, ...rest].map((part) => `[${JSON.stringify(typeof part === "object" ? part.key : part)}]`).join("")}`
    ]
  })
  return issues.length === 0 ? undefined : issues.join("\n")
}

const TurnArguments = Schema.Struct({
  prompt: Schema.String.annotate({ description: "What to do, with all that is needed to do it." })
})

/** The same tool as `effect/ai` wants it. */
export const toAi = ({ description, name, parameters }: Definition): AiTool.Any =>
  AiTool.dynamic(name, {
    ...(description !== undefined && { description }),
    parameters: parameters as never
  }) as unknown as AiTool.Any
