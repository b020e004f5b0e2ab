/**
 * Expressions decide by the data of a run whether a node starts, whether an edge counts, and what a node is mapped over.
 *
 * They are written in CEL, the Common Expression Language (https://cel.dev), and can neither loop without end nor reach
 * anything but what they are given: `inputs`, outputs of nodes as `node.output`, `nodes["any-id"].output` for ids that are
 * no names, and `channels`. The library that reads them is loaded when the first expression asks for it; until then this
 * module costs nothing.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { PathStep } from "./Reference.ts"

/** Longest expression accepted, in UTF-16 code units. */
export const lengthMax = 2048

/** Most that one evaluation may cost, in steps: about one for each part of the expression and each value looked at. */
export const costMax = 1_000_000

/** An expression as a definition holds it. Whether it is one is found when the flow is checked. */
export const Expression = Schema.String.pipe(Schema.check(Schema.isBetweenLength(1, lengthMax)))
/** An expression as a definition holds it. */
export type Expression = typeof Expression.Type

/** A part of the text of an expression, in UTF-16 code units. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What an expression reads: an input of the run, an output of a node, or a channel. */
export type Use = Span & {
  /** What is read, as the expression says it. */
  readonly text: string
} & (
    | { readonly _tag: "Input"; readonly name: string | undefined }
    | {
        readonly _tag: "Output"
        readonly nodeId: string
        /** `undefined` when the expression looks at all outputs of the node. */
        readonly output: string | undefined
        readonly path: ReadonlyArray<PathStep>
        /** Where the part that names the node ends. */
        readonly nodeEnd: number
      }
    | { readonly _tag: "Channel"; readonly name: string | undefined }
  )

/** Why a text is no expression, and where. */
export interface Mistake extends Span {
  readonly message: string
}

/** What an expression gives, as far as that can be known without data. */
export type ResultKind = "boolean" | "list" | "unknown" | "other"

/** The data that an expression may read. */
export interface Scope {
  readonly inputs: Readonly<Record<string, Schema.Json>>
  /** The outputs of a node; `undefined` when it has none, because it was skipped or failed. */
  readonly outputs: (nodeId: string) => Readonly<Record<string, Schema.Json>> | undefined
  readonly channels?: Readonly<Record<string, Schema.Json>> | undefined
}

/** An expression that can be evaluated. */
export interface Compiled {
  readonly text: string
  readonly kind: ResultKind
  /** All that it reads, in the order of the text. */
  readonly uses: ReadonlyArray<Use>
  /**
   * Evaluates it. The result depends on nothing but the scope. Fails, in words, when a value does not exist or has the
   * wrong type, when the result is no JSON, and when it would cost more than `costMax` steps.
   */
  readonly evaluate: (scope: Scope) => Result.Result<Schema.Json, string>
}

/** What reads expressions. */
export interface Library {
  readonly compile: (text: string) => Result.Result<Compiled, Mistake>
}

let library: Library | undefined
let isWanted = false

/** Loads what reads expressions, once; afterwards this is done at once. */
export const load: Effect.Effect<void> = Effect.suspend(() =>
  library === undefined
    ? Effect.map(
        Effect.promise(() => import("./internal/celLibrary.ts")),
        (module) => {
          library = module.celLibrary
        }
      )
    : Effect.void
)

/** Says that an expression is on its way to code that cannot wait for `load`. */
export const request = (): void => {
  isWanted = true
}

/** Whether something has been requested that has to be loaded first. */
export const isAwaited = (): boolean => isWanted && library === undefined

/** Whether expressions can be compiled. */
export const isLoaded = (): boolean => library !== undefined

const unloaded = "what reads expressions is not loaded: run `Expression.load` before"

/**
 * Compiles an expression. `load` must have run.
 *
 * **Example**
 * ```ts
 * yield* Expression.load
 * Expression.compile("check.score > 0.5 && has(inputs.region)")
 * // => Success({ kind: "boolean", uses: [{ _tag: "Output", nodeId: "check", output: "score", … }, …], … })
 * ```
 */
export const compile = (text: string): Result.Result<Compiled, Mistake> => {
  const known = compiled.get(text)
  if (known !== undefined) return known
  if (library === undefined) return Result.fail({ message: unloaded, start: 0, end: text.length })
  const result = library.compile(text)
  // Flows repeat a few expressions; whoever makes up ever new ones does not fill the memory.
  if (compiled.size >= compiledMax) compiled.clear()
  compiled.set(text, result)
  return result
}

const compiledMax = 1000
const compiled = new Map<string, Result.Result<Compiled, Mistake>>()

/** Compiles and evaluates an expression. Fails in words, which name the expression. */
export const evaluate = (text: string, scope: Scope): Result.Result<Schema.Json, string> => {
  const expression = compile(text)
  if (Result.isFailure(expression)) return Result.fail(`"${text}": ${expression.failure.message}`)
  return Result.mapError(expression.success.evaluate(scope), (message) => `"${text}": ${message}`)
}

/** Evaluates an expression that has to be true or false; anything else is a failure, never false. */
export const test = (text: string, scope: Scope): Result.Result<boolean, string> =>
  Result.flatMap(evaluate(text, scope), (value) =>
    typeof value === "boolean"
      ? Result.succeed(value)
      : Result.fail(`"${text}": a condition is true or false, not ${describe(value)}`)
  )

/**
 * The same expression over nodes of other ids. A text that is no expression stays as it is.
 *
 * **Example**
 * ```ts
 * Expression.renameNodes("check.ok", (id) => `etl-${id}`) // => 'nodes["etl-check"].ok'
 * ```
 */
export const renameNodes = (text: string, rename: (nodeId: string) => string): string => {
  const expression = compile(text)
  if (Result.isFailure(expression)) return text
  let renamed = ""
  let from = 0
  for (const use of expression.success.uses.toSorted((a, b) => a.start - b.start)) {
    if (use._tag !== "Output" || rename(use.nodeId) === use.nodeId) continue
    renamed += `${text.slice(from, use.start)}nodes[${JSON.stringify(rename(use.nodeId))}]`
    from = use.nodeEnd
  }
  return renamed + text.slice(from)
}

const describe = (value: Schema.Json): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "a list"
      : typeof value === "object"
        ? "a map"
        : `a ${typeof value}`
