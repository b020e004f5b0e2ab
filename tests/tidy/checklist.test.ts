import path from "node:path"
import { type Node, Visitor } from "oxc-parser"
import { expect, it } from "vitest"
import { rowsOf, testsOf } from "../repository/Checklist.ts"
import { parse, read, readText, type SourceFile } from "../repository/SourceFile.ts"
import { testNames } from "../repository/TestName.ts"

/** The cases that every store is held to; tests of stores are made of them. */
const kit = "packages/store-testkit/src/case/"

/** How many capabilities there are. */
const rowCount = 166

/** Every literal text of a file, which the rows of its tables of cases are among. */
const textsOf = (file: SourceFile): ReadonlySet<string> => {
  const texts = new Set<string>()
  const add = (node: Node) => {
    if (node.type === "Literal" && typeof node.value === "string") texts.add(node.value)
  }
  new Visitor({ Literal: add }).visit(file.program)
  return texts
}

/** Finds what is wrong with the tables, given the sources of the tests and of what is around them. */
const mistakes = (text: string, files: ReadonlyArray<SourceFile>, wanted: number): ReadonlyArray<string> => {
  const rows = rowsOf(text)
  const numbers = rows.map((row) => row.number)
  const expected = Array.from({ length: wanted }, (_, index) => index + 1)
  const problems = expected.flatMap((number) => {
    const count = numbers.filter((one) => one === number).length
    return count === 1 ? [] : [`row ${number} is there ${count} times`]
  })
  const unknown = numbers.filter((number) => number > wanted || number < 1)
  const known = new Set(files.flatMap(testNames).map(({ file, name }) => `${file} > ${name}`))
  const texts = new Map<string, ReadonlySet<string>>()
  const isBeside = (file: string, shown: string) => {
    const folder = path.posix.dirname(file)
    return files.some((one) => {
      if (!one.path.startsWith(`${folder}/`) && !one.path.startsWith(kit)) return false
      // A fixture is a row of the table of its folder.
      if (path.posix.basename(one.path) === shown) return true
      const found = texts.get(one.path) ?? textsOf(one)
      texts.set(one.path, found)
      return found.has(shown)
    })
  }
  const references = rows.flatMap((line) =>
    testsOf(line).flatMap(({ file, name, row, text: reference }) => {
      const { number } = line
      if (!known.has(`${file} > ${name}`)) {
        return [`row ${number} names a test that does not exist: ${reference}`]
      }
      return row === undefined || isBeside(file, row)
        ? []
        : [`row ${number} names a case that does not exist: ${reference}`]
    })
  )
  return [...problems, ...unknown.map((number) => `row ${number} is none of the ${wanted}`), ...references]
}

it("the checklist has each row once, and names tests and cases that exist", () => {
  const files = read("{packages,apps,examples}/*/test/**/*.ts", "tests/**/*.ts", `${kit}*.ts`)
  expect(mistakes(readText("docs/checklist.md"), files, rowCount)).toEqual([])
})

const planted = [
  parse(
    "a/b.test.ts",
    `describe("one", () => { it("works", f); it.effect.each([["case"]])("does %s", f) }); it("alone", f)`
  ),
  parse("a/fixtures/bad.ts", `export const x = 1`)
]

const table = (...cells: ReadonlyArray<string>) =>
  cells.map((cell, index) => `| ${index + 1} | what it does | ${cell} |`).join("\n")

it("rows that name tests, cases of them, or none, are right", () => {
  const right = table(
    "`a/b.test.ts > one > works`",
    "`a/b.test.ts > one > does %s` with `case`<br>`a/b.test.ts > alone`",
    "not yet",
    "`a/b.test.ts > one > does %s` with `bad.ts`"
  )
  expect(mistakes(right, planted, 4)).toEqual([])
})

it.each([
  ["a test that does not exist", table("`a/b.test.ts > one > work`")],
  ["a test outside of its group", table("`a/b.test.ts > works`")],
  ["a test of another file", table("`a/c.test.ts > alone`")],
  ["a case that does not exist", table("`a/b.test.ts > one > does %s` with `other`")],
  ["no test at all", table("shown elsewhere")],
  ["a row that is missing", ""],
  ["a row that is there twice", `${table("not yet")}\n${table("not yet")}`],
  ["a row too many", table("not yet", "not yet")]
])("%s is found", (_, text) => {
  expect(mistakes(text, planted, 1)).toHaveLength(1)
})
