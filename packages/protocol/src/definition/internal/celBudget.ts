/**
 * What keeps an evaluation within its bounds.
 *
 * CEL cannot loop without end, but it can go through a list inside of going through a list, and join long texts to longer
 * ones. So an expression is not evaluated as it stands: every value that an operation goes through is first handed to a
 * function that takes its size off the budget and fails once nothing is left. Since that comes before the work, no more
 * work than the budget is ever done, even where CEL forgives errors, as in `a || b`.
 */
import type { ASTNode } from "@marcbachmann/cel-js"
import { isBinder } from "./celReferences.ts"

/** Made once: where it is forgiven, as in a loop of `a || b`, it is thrown again and again. */
const tooCostly = new Error("the evaluation costs too much")

/** What is left of the budget of the evaluation that goes on. */
export class Budget {
  #left = 0
  #isSpent = false

  /** Begins an evaluation. */
  open(steps: number): void {
    this.#left = steps
    this.#isSpent = false
  }

  /** Whether the evaluation wanted more than there was. */
  get isSpent(): boolean {
    return this.#isSpent
  }

  /** Takes steps off, or fails when there are not as many. */
  take(steps: number): void {
    this.#left -= steps
    if (this.#left >= 0) return
    this.#isSpent = true
    throw tooCostly
  }

  /** Takes off what going through a list or map costs, when each element costs so many steps. */
  each(value: unknown, steps: bigint): unknown {
    this.take(sizeOf(value) * (1 + Number(steps)))
    return value
  }

  /** Takes off what looking at a value as a whole costs. */
  whole(value: unknown): unknown {
    this.take(1)
    if (typeof value === "string") this.take(value.length >> 6)
    else if (Array.isArray(value)) for (const one of value) this.whole(one)
    else if (value instanceof Map) for (const one of value.values()) this.whole(one)
    else if (typeof value === "object" && value !== null && isPlain(value)) {
      for (const key in value) this.whole((value as Record<string, unknown>)[key])
    }
    return value
  }

  /** Takes off what finding something in a value costs: keys of maps are found at once. */
  members(value: unknown): unknown {
    if (Array.isArray(value)) this.whole(value)
    return value
  }
}

/** Names of the functions that take off the budget. What checks expressions does not know them, so nobody can use them. */
export const names = {
  each: "__each",
  whole: "__whole",
  members: "__members",
  matches: "__matches"
} as const

/** Writes an expression anew, with its costs in it. */
export const withCosts = (ast: ASTNode): string => {
  switch (ast.op) {
    case "value":
      return ast.input.slice(ast.range.start, ast.range.end)
    case "id":
      return ast.args
    case ".":
    case ".?":
      return `${closed(ast.args[0])}${ast.op}${ast.args[1]}`
    case "[]":
      return `${closed(ast.args[0])}[${withCosts(ast.args[1])}]`
    case "[?]":
      return `${closed(ast.args[0])}[?${withCosts(ast.args[1])}]`
    case "call":
      // The argument of `has` is looked for and not evaluated, and has to stay as it is.
      if (ast.args[0] === "has") return `has(${list(ast.args[1])})`
      return `${ast.args[0]}(${ast.args[1].map(whole).join(", ")})`
    case "rcall":
      return methodCall(ast.args)
    case "list":
      return `[${list(ast.args)}]`
    case "map":
      return `{${ast.args.map(([key, value]) => `${withCosts(key)}: ${withCosts(value)}`).join(", ")}}`
    case "!_":
      return `!${closed(ast.args)}`
    case "-_":
      return `-${closed(ast.args)}`
    case "?:":
      return `(${closed(ast.args[0])} ? ${closed(ast.args[1])} : ${closed(ast.args[2])})`
    case "&&":
    case "||":
      return `(${withCosts(ast.args[0])} ${ast.op} ${withCosts(ast.args[1])})`
    case "in":
      return `(${whole(ast.args[0])} in ${names.members}(${withCosts(ast.args[1])}))`
    case "-":
    case "*":
    case "/":
    case "%":
      return `(${withCosts(ast.args[0])} ${ast.op} ${withCosts(ast.args[1])})`
    default:
      return `(${whole(ast.args[0])} ${ast.op} ${whole(ast.args[1])})`
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const methodCall = ([name, receiver, args]: readonly [string, ASTNode, ReadonlyArray<ASTNode>]): string => {
  if (isBinder(name, args)) {
    const steps = args.reduce((sum, one) => sum + countNodes(one), 0)
    return `${names.each}(${withCosts(receiver)}, ${steps}).${name}(${list(args)})`
  }
  const own = name === "matches" ? names.matches : name
  return `${whole(receiver)}.${own}(${args.map(whole).join(", ")})`
}

const list = (nodes: ReadonlyArray<ASTNode>): string => nodes.map(withCosts).join(", ")

const whole = (ast: ASTNode): string =>
  ast.op === "value" ? `(${withCosts(ast)})` : `${names.whole}(${withCosts(ast)})`

const closed = (ast: ASTNode): string => {
  const text = withCosts(ast)
  return ast.op === "id" || text.startsWith("(") ? text : `(${text})`
}

/** The number of parts of an expression. */
const countNodes = (ast: ASTNode): number => {
  let count = 1
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) for (const one of part) visit(one)
    else if (typeof part === "object" && part !== null && "op" in part) count += countNodes(part as ASTNode)
  }
  visit(ast.args)
  return count
}

const sizeOf = (value: unknown): number => {
  if (Array.isArray(value)) return value.length
  if (value instanceof Map) return value.size
  return typeof value === "object" && value !== null ? Object.keys(value).length : 1
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
