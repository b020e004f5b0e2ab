import { Visitor } from "oxc-parser"
import { expect, it } from "vitest"
import { parse, place, read, type SourceFile } from "../repository/SourceFile.ts"

/** A name is a statement about what is so, in the present tense: read aloud, it says what the software does. */
const wishful = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => {
    const problems: Array<string> = []
    new Visitor({
      CallExpression: (node) => {
        const callee = file.text.slice(node.callee.start, node.callee.end)
        const name = node.arguments[0]
        if (!/^(it|test|describe)\b/.test(callee) || name?.type !== "Literal") return
        if (typeof name.value !== "string" || !/\b(should|shall)\b|^\d/.test(name.value)) return
        problems.push(`${place(file, name.start)} "${name.value}": say what is so, in the present tense`)
      }
    }).visit(file.program)
    return problems
  })

it("names of tests are statements", () => {
  expect(wishful(read("{packages,apps,examples,tests,benchmarks,internal}/**/*.test.{ts,tsx}"))).toEqual([])
})

it("a name that wishes or counts is found", () => {
  const planted = [`it("should work", f)`, `it.effect("1. works", f)`, `describe("what it should do", f)`]
  for (const source of planted) expect(wishful([parse("a.test.ts", source)])).toHaveLength(1)
  expect(wishful([parse("a.test.ts", `it("works", () => expect("should").toBe("should"))`)])).toEqual([])
})
