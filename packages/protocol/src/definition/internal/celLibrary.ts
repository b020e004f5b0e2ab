/** Reads and evaluates expressions. Nothing imports this module but `Expression.load`, since what it imports is large. */
import { RE2JS } from "@bufbuild/re2"
import { type ASTNode, Environment, EvaluationError, ParseError, TypeError } from "@marcbachmann/cel-js"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import {
  type Compiled,
  costMax,
  lengthMax,
  type Library,
  type Mistake,
  type ResultKind,
  type Scope,
  type Use
} from "../Expression.ts"
import { Budget, names, withCosts } from "./celBudget.ts"
import { toJson } from "./celJson.ts"
import { findUses } from "./celReferences.ts"

/** Most parts of an expression, and how deep they may lie in each other. */
const limits = { maxAstNodes: 500, maxDepth: 50 }

/** Longest regular expression. */
const patternMax = 500

const budget = new Budget()

/** JSON knows one kind of number, which CEL calls `double`; so that `inputs.n + 1` works, the two kinds mix. */
const mixNumbers = (environment: Environment): Environment => {
  const operations: Readonly<Record<string, (a: number, b: number) => number>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
    "%": remainder
  }
  for (const [operator, apply] of Object.entries(operations)) {
    const mixed = (a: number | bigint, b: number | bigint) => apply(Number(a), Number(b))
    environment.registerOperator(`double ${operator} int`, mixed)
    environment.registerOperator(`int ${operator} double`, mixed)
  }
  return environment.registerOperator("double % double", remainder)
}

const remainder = (a: number, b: number): number => {
  if (b === 0) throw new Error("modulo by zero")
  return a % b
}

/** What expressions are checked by. */
const checking = mixNumbers(
  new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false, limits })
)

/** What they are evaluated by, once their costs are in them, which makes them larger. */
const evaluating = mixNumbers(
  new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
)
  .registerFunction(`${names.each}(A, int): A`, (value: unknown, steps: bigint) => budget.each(value, steps))
  .registerFunction(`${names.whole}(A): A`, (value: unknown) => budget.whole(value))
  .registerFunction(`${names.members}(A): A`, (value: unknown) => budget.members(value))
  .registerFunction(`string.${names.matches}(string): bool`, (text: string, pattern: string) =>
    matches(text, pattern)
  )

/** Matches in time proportional to the text, as CEL demands; what the language offers itself may take for ever. */
const matches = (text: string, pattern: string): boolean => {
  if (pattern.length > patternMax)
    throw new Error(`a regular expression has at most ${patternMax} characters`)
  budget.take((text.length + 10) * patternSize(pattern))
  return RE2JS.compile(pattern).test(text)
}

/** How large a regular expression is once its repetitions are written out, or more. */
const patternSize = (pattern: string): number => {
  let size = pattern.length
  for (const [, least = "1", most] of pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    size *= Math.max(1, Number(least), Number(most ?? 0))
  }
  return size
}

const compile = (text: string): Result.Result<Compiled, Mistake> => {
  if (text.length > lengthMax) {
    return Result.fail({
      message: `an expression has at most ${lengthMax} characters`,
      start: 0,
      end: text.length
    })
  }
  const compiled = Result.try({
    try: () => compileShort(text),
    catch: (error) => mistakeOf(error, text)
  })
  return Result.flatMap(compiled, (result) => result)
}

const compileShort = (text: string): Result.Result<Compiled, Mistake> => {
  const { ast } = checking.parse(text)
  const { mistake, uses } = findUses(ast)
  const wrong = mistake ?? patternMistake(ast)
  if (wrong !== undefined) return Result.fail(wrong)
  const { aliases, text: named } = withAliases(text, uses)
  const checked = checking.check(named)
  if (!checked.valid) return Result.fail(mistakeOf(checked.error, text))
  const run = evaluating.parse(withCosts(aliases.size === 0 ? ast : checking.parse(named).ast))
  return Result.succeed({
    text,
    kind: kindOf(checked.type),
    uses,
    evaluate: (scope) => evaluate(run, contextOf(uses, aliases, scope))
  })
}

/** Reads and evaluates expressions. */
export const celLibrary: Library = { compile }

// -- internal -------------------------------------------------------------------------------------------------------

const kindOf = (type: string | undefined): ResultKind => {
  if (type === "bool") return "boolean"
  if (type === undefined || type === "dyn") return "unknown"
  return type.startsWith("list") ? "list" : "other"
}

const mistakeOf = (error: unknown, text: string): Mistake => {
  if (error instanceof ParseError || error instanceof TypeError || error instanceof EvaluationError) {
    const { range, summary } = error
    const start = Math.min(range?.start ?? 0, text.length)
    return {
      message: lowered(summary),
      start,
      end: Math.max(start, Math.min(range?.end ?? text.length, text.length))
    }
  }
  return { message: textOf(error), start: 0, end: text.length }
}

/** A literal regular expression that is none is found before anything runs. */
const patternMistake = (ast: ASTNode): Mistake | undefined => {
  if (ast.op === "rcall" && ast.args[0] === "matches") {
    const [pattern] = ast.args[2]
    if (pattern?.op === "value" && typeof pattern.args === "string") {
      const { args: text, range } = pattern
      const read = Result.try({ try: () => RE2JS.compile(text), catch: textOf })
      if (Result.isFailure(read)) return { message: read.failure, start: range.start, end: range.end }
    }
  }
  return firstOf(ast.args)
}

const firstOf = (part: unknown): Mistake | undefined => {
  if (Array.isArray(part)) {
    for (const one of part) {
      const found = firstOf(one)
      if (found !== undefined) return found
    }
    return undefined
  }
  return typeof part === "object" && part !== null && "op" in part
    ? patternMistake(part as ASTNode)
    : undefined
}

type Run = (context: Record<string, unknown>) => unknown

const evaluate = (run: Run, context: Record<string, unknown>): Result.Result<Schema.Json, string> => {
  budget.open(costMax)
  const value = Result.try({
    try: () => run(context),
    catch: (error) => (error instanceof EvaluationError ? lowered(error.summary) : textOf(error))
  })
  return budget.isSpent ? Result.fail(spent) : Result.flatMap(value, toJson)
}

const spent = `its evaluation would take more than ${costMax} steps`

/**
 * The text with names in the place of `nodes["some-id"]`, since `has` takes names only. The names are as long as what they
 * stand for, so that a mistake keeps its place.
 */
const withAliases = (
  text: string,
  uses: ReadonlyArray<Use>
): { readonly text: string; readonly aliases: ReadonlyMap<string, string> } => {
  const aliases = new Map<string, string>()
  let named = text
  for (const [index, use] of uses.entries()) {
    if (use._tag !== "Output" || !/^nodes\s*[.[]/.test(text.slice(use.start, use.nodeEnd))) continue
    let stem = `n${index.toString(36)}`
    while (text.includes(stem)) stem = `n_${stem}`
    const alias = stem.padEnd(use.nodeEnd - use.start, "_")
    if (alias.length > use.nodeEnd - use.start) continue
    aliases.set(alias, use.nodeId)
    named = named.slice(0, use.start) + alias + named.slice(use.nodeEnd)
  }
  return { text: named, aliases }
}

/** The variables of an evaluation. A node without outputs is there and has none, so that `has(node.output)` is false. */
const contextOf = (
  uses: ReadonlyArray<Use>,
  aliases: ReadonlyMap<string, string>,
  scope: Scope
): Record<string, unknown> => {
  const nodes: Record<string, unknown> = {}
  const context: Record<string, unknown> = { inputs: scope.inputs, channels: scope.channels ?? {}, nodes }
  for (const use of uses) {
    if (use._tag !== "Output") continue
    const outputs = scope.outputs(use.nodeId) ?? {}
    nodes[use.nodeId] = outputs
    if (use.nodeId !== "nodes") context[use.nodeId] = outputs
  }
  for (const [alias, nodeId] of aliases) context[alias] = nodes[nodeId]
  return context
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const lowered = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1)
