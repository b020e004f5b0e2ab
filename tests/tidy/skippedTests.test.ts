import { Visitor } from "oxc-parser"
import { expect, it } from "vitest"
import { parse, place, read, type SourceFile } from "../repository/SourceFile.ts"

const bannedMembers = ["skip", "only", "todo", "skipIf", "runIf", "fails"]
const bannedNames = ["xit", "xtest", "xdescribe", "fit", "fdescribe"]
const suites = [
  "it",
  "test",
  "describe",
  "suite",
  "context",
  "ctx",
  "effect",
  "live",
  "scoped",
  "layer",
  "prop"
]

/** The first name of a chain such as `it.effect.skip`, or of what is called in it. */
const chainNames = (text: string): ReadonlyArray<string> => text.split(/[^A-Za-z]+/)

const skipped = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => {
    const problems: Array<string> = []
    const ban = (offset: number, what: string) =>
      problems.push(`${place(file, offset)} has ${what}: a test runs everywhere or is deleted`)
    new Visitor({
      MemberExpression: (node) => {
        if (node.property.type !== "Identifier" || !bannedMembers.includes(node.property.name)) return
        const chain = chainNames(file.text.slice(node.object.start, node.object.end))
        if (suites.includes(chain[0] ?? "")) ban(node.start, `.${node.property.name}`)
      },
      CallExpression: (node) => {
        if (node.callee.type === "Identifier" && bannedNames.includes(node.callee.name)) {
          ban(node.start, node.callee.name)
        }
        const callee = chainNames(file.text.slice(node.callee.start, node.callee.end))[0] ?? ""
        if (!suites.includes(callee)) return
        for (const argument of node.arguments) {
          if (argument.type !== "ObjectExpression") continue
          for (const property of argument.properties) {
            if (property.type !== "Property" || property.key.type !== "Identifier") continue
            if (bannedMembers.includes(property.key.name))
              ban(property.start, `${property.key.name} in its options`)
          }
        }
      }
    }).visit(file.program)
    return problems
  })

it("no test is skipped, postponed or run alone", () => {
  expect(skipped(read("{packages,apps,examples,tests,benchmarks,internal}/**/*.test.{ts,tsx}"))).toEqual([])
})

it.each([
  `it.skip("a", () => {})`,
  `it.effect.skip("a", () => {})`,
  `describe.only("a", () => {})`,
  `it.todo("a")`,
  `it.skipIf(process.env.CI)("a", () => {})`,
  `test.runIf(true)("a", () => {})`,
  `xit("a", () => {})`,
  `it("a", { skip: true }, () => {})`,
  `it("a", (ctx) => ctx.skip())`
])("skipping is found: %s", (source) => {
  expect(skipped([parse("a.test.ts", source)])).toHaveLength(1)
})

it("streams and lists may skip", () => {
  expect(skipped([parse("a.test.ts", `Stream.make(1).pipe(Stream.skip(1)); list.only`)])).toEqual([])
})
