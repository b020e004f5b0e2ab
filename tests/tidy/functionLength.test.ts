import { type CallExpression, type Node, Visitor } from "oxc-parser"
import { expect, it } from "vitest"
import { linesOfCode, parse, place, readAll, type SourceFile } from "../repository/SourceFile.ts"

const maximum = 70

/** The callback of `describe` or of a layer is a list of tests, and each test in it is a function of its own. */
const listsTests = (call: CallExpression): boolean => {
  const callee = call.callee.type === "CallExpression" ? call.callee.callee : call.callee
  const name =
    callee.type === "Identifier"
      ? callee.name
      : callee.type === "MemberExpression" && callee.property.type === "Identifier"
        ? callee.property.name
        : ""
  return ["describe", "layer", "each", "concurrent"].includes(name)
}

const tooLong = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => {
    const problems: Array<string> = []
    const lists = new Set<Node>()
    const isTest = file.path.endsWith(".test.ts")
    const measure = (node: Node) => {
      const lines = linesOfCode(file, node.start, node.end)
      if (lines <= maximum || lists.has(node)) return
      problems.push(
        `${place(file, node.start)} is a function of ${lines} lines, at most ${maximum}: split it`
      )
    }
    new Visitor({
      CallExpression: (node) => {
        if (!isTest || !listsTests(node)) return
        for (const argument of node.arguments) lists.add(argument)
      },
      FunctionDeclaration: measure,
      FunctionExpression: measure,
      ArrowFunctionExpression: measure
    }).visit(file.program)
    return problems
  })

it("no function has more than 70 lines of code", () => {
  expect(tooLong(readAll())).toEqual([])
})

const lines = (count: number) => "  count++\n".repeat(count)

it("functions of 71 lines are found in every form", () => {
  const forms = [
    `export function grown() {\n${lines(69)}}`,
    `export const grown = () => {\n${lines(69)}}`,
    `export const grown = gen(function* () {\n${lines(69)}})`,
    `export class A {\n  grown() {\n${lines(69)}}\n}`,
    `describe("A", () => {\n  it("b", () => {\n${lines(69)}  })\n})`
  ]
  for (const form of forms) {
    expect(tooLong([parse("a.test.ts", form)]), form).toHaveLength(1)
    expect(tooLong([parse("a.test.ts", form.replace("  count++\n", ""))]), form).toEqual([])
  }
})

it("a list of tests may be longer, outside of tests nothing may", () => {
  const list = `describe("A", () => {\n${lines(200)}})`
  expect(tooLong([parse("a.test.ts", list)])).toEqual([])
  expect(tooLong([parse("a.ts", list)])).toHaveLength(1)
})
