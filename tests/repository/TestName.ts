/** The names of the tests of this repository, as their sources have them. */
import { type CallExpression, type Node, Visitor } from "oxc-parser"
import type { SourceFile } from "./SourceFile.ts"

/** A test of a file by its full name; one that runs for each row of a table has the name of all of them. */
export interface TestName {
  readonly file: string
  /** The names of its groups and its own, as Vitest joins them: `group > test`. */
  readonly name: string
}

/** Finds the tests of a file, in their order. */
export const testNames = (file: SourceFile): ReadonlyArray<TestName> => {
  const found: Array<TestName> = []
  const groups: Array<{ readonly call: CallExpression; readonly name: string }> = []
  new Visitor({
    CallExpression: (call) => {
      const root = rootOf(call.callee)
      const name = textOf(call.arguments[0], file)
      if (name === undefined || !functions.has(root ?? "")) return
      // `it.each(table)` is the callee of the call that has the name.
      if (root === "describe" || root === "layer") groups.push({ call, name })
      else found.push({ file: file.path, name: [...groups.map((group) => group.name), name].join(" > ") })
    },
    "CallExpression:exit": (call) => {
      if (groups.at(-1)?.call === call) groups.pop()
    }
  }).visit(file.program)
  return found
}

// -- internal -------------------------------------------------------------------------------------------------------

const functions: ReadonlySet<string> = new Set(["it", "test", "describe", "layer"])

/** The first name of `it`, `it.effect`, `it.each(table)` or `it.effect.each(table)`, and of a group made by `layer(services)`. */
const rootOf = (callee: Node): string | undefined => {
  if (callee.type === "Identifier") return callee.name
  if (callee.type === "MemberExpression") return rootOf(callee.object)
  if (callee.type !== "CallExpression") return undefined
  const root = rootOf(callee.callee)
  return callee.callee.type === "MemberExpression" || root === "layer" ? root : undefined
}

const textOf = (node: Node | undefined, file: SourceFile): string | undefined => {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value
  return node?.type === "TemplateLiteral" ? file.text.slice(node.start + 1, node.end - 1) : undefined
}
