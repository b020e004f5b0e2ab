/** What an expression reads, found in its syntax tree. */
import type { ASTNode } from "@marcbachmann/cel-js"
import type { Mistake, Span, Use } from "../Expression.ts"
import type { PathStep } from "../Reference.ts"

/** Macros that give each element of a list a name: their first argument is the name, which the others may use. */
const binders: ReadonlyMap<string, ReadonlyArray<number>> = new Map([
  ["all", [2]],
  ["exists", [2]],
  ["exists_one", [2]],
  ["filter", [2]],
  ["map", [2, 3]]
])

/** Names of CEL itself that are no data. */
const typeNames: ReadonlySet<string> = new Set([
  "bool",
  "bytes",
  "double",
  "dyn",
  "int",
  "list",
  "map",
  "null_type",
  "string",
  "type",
  "uint"
])

/** Whether a call is a macro that goes through a list or map. */
export const isBinder = (name: string, args: ReadonlyArray<ASTNode>): boolean =>
  binders.get(name)?.includes(args.length) === true

/** Finds all that an expression reads, or what it may not. */
export const findUses = (
  ast: ASTNode
): { readonly uses: ReadonlyArray<Use>; readonly mistake: Mistake | undefined } => {
  const finder = new Finder(ast.input)
  finder.visit(ast, none)
  return { uses: finder.uses, mistake: finder.mistake }
}

/** The range of a node's source, without the parentheses around it. */
export const spanOf = ({ end, start }: Span): Span => ({ start, end })

// -- internal -------------------------------------------------------------------------------------------------------

type Names = ReadonlySet<string>

const none: Names = new Set()

/** A name and the steps that follow it, for instance of `fetch.rows[0].name`. */
interface Chain {
  readonly root: ASTNode & { readonly op: "id" }
  readonly steps: ReadonlyArray<PathStep>
  /** Where each step ends. */
  readonly ends: ReadonlyArray<number>
}

class Finder {
  readonly uses: Array<Use> = []
  mistake: Mistake | undefined
  readonly #input: string

  constructor(input: string) {
    this.#input = input
  }

  visit(ast: ASTNode, bound: Names): void {
    const chain = chainOf(ast)
    if (chain !== undefined) return this.#read(chain, ast, bound)
    switch (ast.op) {
      case "value":
      case "id":
        return
      case ".":
      case ".?":
        return this.visit(ast.args[0], bound)
      case "rcall":
        return this.#visitCall(ast.args, bound)
      case "call":
        return this.#visitAll(ast.args[1], bound)
      case "list":
        return this.#visitAll(ast.args, bound)
      case "map":
        return this.#visitAll(ast.args.flat(), bound)
      case "!_":
      case "-_":
        return this.visit(ast.args, bound)
      default:
        return this.#visitAll(ast.args, bound)
    }
  }

  #visitAll(nodes: ReadonlyArray<ASTNode>, bound: Names): void {
    for (const node of nodes) this.visit(node, bound)
  }

  #visitCall([name, receiver, args]: readonly [string, ASTNode, ReadonlyArray<ASTNode>], bound: Names): void {
    if (receiver.op === "id" && receiver.args === "cel" && name === "bind") {
      return this.#refuse(receiver, `"cel.bind" is not among the functions of expressions`)
    }
    this.visit(receiver, bound)
    if (!isBinder(name, args)) return this.#visitAll(args, bound)
    const [variable, ...bodies] = args
    const inner = variable?.op === "id" ? new Set([...bound, variable.args]) : bound
    this.#visitAll(bodies, inner)
  }

  #read({ ends, root, steps }: Chain, ast: ASTNode, bound: Names): void {
    const name = root.args
    if (bound.has(name)) return this.#visitIndexes(ast, bound)
    const till = (count: number): Span & { readonly text: string } => {
      const end = ends[Math.min(count, ends.length) - 1] ?? root.range.end
      return { start: root.range.start, end, text: this.#input.slice(root.range.start, end) }
    }
    if (name === "inputs" || name === "channels") {
      const _tag = name === "inputs" ? "Input" : "Channel"
      this.uses.push({ _tag, name: textAt(steps, 0), ...till(1) })
    } else if (name === "nodes") {
      const nodeId = textAt(steps, 0)
      if (nodeId === undefined)
        this.#refuse(ast, `"nodes" needs the id of a node, as in nodes["some-id"].output`)
      else this.#readOutput(nodeId, steps.slice(1), till(2), till(1).end)
    } else if (typeNames.has(name)) {
      if (steps.length === 0) return
      this.#refuse(root, `"${name}" is a type: write nodes["${name}"] for the node of that id`)
    } else this.#readOutput(name, steps, till(1), root.range.end)
    this.#visitIndexes(ast, bound)
  }

  #readOutput(
    nodeId: string,
    steps: ReadonlyArray<PathStep>,
    at: Span & { readonly text: string },
    nodeEnd: number
  ): void {
    this.uses.push({ _tag: "Output", nodeId, output: textAt(steps, 0), path: steps.slice(1), nodeEnd, ...at })
  }

  /** Indexes that are expressions themselves, as in `fetch.rows[inputs.row]`, read something too. */
  #visitIndexes(ast: ASTNode, bound: Names): void {
    for (let at = ast; at.op === "." || at.op === "[]"; at = at.args[0]) {
      if (at.op === "[]" && stepOf(at.args[1]) === undefined) this.visit(at.args[1], bound)
    }
  }

  #refuse({ range }: ASTNode, message: string): void {
    this.mistake ??= { message, ...spanOf(range) }
  }
}

const textAt = (steps: ReadonlyArray<PathStep>, index: number): string | undefined => {
  const step = steps[index]
  return typeof step === "string" ? step : undefined
}

const stepOf = (index: ASTNode): PathStep | undefined => {
  if (index.op !== "value") return undefined
  if (typeof index.args === "string") return index.args
  return typeof index.args === "bigint" ? Number(index.args) : undefined
}

const chainOf = (ast: ASTNode): Chain | undefined => {
  const steps: Array<PathStep> = []
  const ends: Array<number> = []
  let at: ASTNode = ast
  while (at.op === "." || at.op === "[]") {
    const step = at.op === "." ? at.args[1] : stepOf(at.args[1])
    // What follows an index that is not known yet cannot be told either.
    if (step === undefined) {
      steps.length = 0
      ends.length = 0
    } else {
      steps.unshift(step)
      ends.unshift(at.range.end)
    }
    at = at.args[0]
  }
  return at.op === "id" ? { root: at, steps, ends } : undefined
}
