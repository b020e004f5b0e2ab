/** Each rule of the semantics names tests that exist, and rows of the checklist that those show. */
import { existsSync, statSync } from "node:fs"
import path from "node:path"
import { expect, it } from "vitest"
import { rowsOf, testsOf } from "../repository/Checklist.ts"
import { parse, read, readText, root, type SourceFile } from "../repository/SourceFile.ts"
import { testNames } from "../repository/TestName.ts"

/** Where the tests are whose path does not say it. */
const usual = "packages/core/test"

const isWhole = (place: string): boolean => /^(?:packages|apps|tests|examples)\//.test(place)

/** The rows of a text such as `rows 61-64, 76`: those that it names, and those between. */
const rowsIn = (text: string): ReadonlySet<number> => {
  const rows = new Set<number>()
  for (const [, list = ""] of text.matchAll(/\brows? (\d+(?:(?:-|, | and |, R\d+, )\d+)*)/g)) {
    for (const [, from, to] of list.matchAll(/(\d+)(?:-(\d+))?/g)) {
      for (let row = Number(from); row <= Number(to ?? from); row++) rows.add(row)
    }
  }
  return rows
}

/** A rule and the cell that names its tests. */
const rulesOf = (text: string): ReadonlyArray<readonly [rule: string, shownBy: string]> => {
  let isRules = false
  return text.split("\n").flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
    if (cells.length < 4) {
      isRules = false
      return []
    }
    if (cells.at(-2) === "shown by") isRules = true
    const isRule = isRules && cells.at(-2) !== "shown by" && !/^-+$/.test(cells[1] ?? "")
    return isRule ? [[cells[1] ?? "", cells.at(-2) ?? ""] as const] : []
  })
}

/** Which rows the tests of a file show: those that they are named after, and those for which the checklist names them. */
const rowsShown = (
  files: ReadonlyArray<SourceFile>,
  checklist: string
): ReadonlyMap<string, ReadonlySet<number>> => {
  const shown = new Map<string, Set<number>>()
  for (const file of files) {
    const names = testNames(file).map(({ name }) => name)
    shown.set(file.path, new Set(rowsIn(names.join("\n"))))
  }
  for (const row of rowsOf(checklist)) for (const { file } of testsOf(row)) shown.get(file)?.add(row.number)
  return shown
}

/** What is wrong with the rules, given the rows that tests show. `isThere`: whether there is such a folder or file. */
const mistakes = (
  text: string,
  shown: ReadonlyMap<string, ReadonlySet<number>>,
  isThere: (place: string) => boolean
): ReadonlyArray<string> => {
  return rulesOf(text).flatMap(([rule, cell]) => {
    const places = [...cell.matchAll(/`([^`]+)`(: rows? [\d, -]+\d)?/g)]
    if (places.length === 0 && !/^the (?:same|simulation)/.test(cell)) return [`"${rule}" names no test`]
    let folder = usual
    return places.flatMap(([, place = "", rows = ""]) => {
      // `packages/yaml`: `a.test.ts` is a test of that package.
      if (isWhole(place) && !place.endsWith(".ts") && cell.includes(`\`${place}\`: \``)) {
        folder = `${place}/test`
        return []
      }
      const file = isWhole(place) ? place : `${folder}/${place}`
      if (!isThere(file)) return [`"${rule}" names "${place}", which does not exist`]
      const missing = [...rowsIn(rows)].filter((row) => shown.get(file)?.has(row) === false)
      return missing.map((row) => `"${rule}": no test of ${place} shows row ${row}`)
    })
  })
}

it("every rule names tests that exist, and rows that they show", () => {
  const files = read("{packages,apps,examples}/*/test/**/*.test.ts", "tests/**/*.test.ts")
  const isThere = (place: string) => {
    const whole = path.join(root, place)
    return existsSync(whole) && (statSync(whole).isDirectory() || place.endsWith(".ts"))
  }
  const shown = rowsShown(files, readText("docs/checklist.md"))
  expect(mistakes(readText("docs/semantics.md"), shown, isThere)).toEqual([])
})

it("rules without tests, and tests and rows that do not exist, are found", () => {
  const files = [
    parse("packages/core/test/a.test.ts", `describe("rows 3-5, 9: one", () => { it("works", f) })`),
    parse("packages/yaml/test/b.test.ts", `it("row 7: works", f)`)
  ]
  const isThere = (place: string) =>
    files.some((file) => file.path === place || file.path.startsWith(`${place}/`))
  const table = (cell: string) => `| rule | shown by |\n| --- | --- |\n| it holds | ${cell} |\n`
  const shown = rowsShown(files, "| 8 | what it does | `packages/core/test/a.test.ts > works` |")
  const found = (cell: string) => mistakes(table(cell), shown, isThere)
  expect(found("`a.test.ts`: rows 3, 4, 8; the same; `packages/yaml/test/b.test.ts`: row 7")).toEqual([])
  expect(found("`packages/yaml`: `b.test.ts`; `packages/core/test`")).toEqual([])
  expect(found("somewhere")).toEqual(['"it holds" names no test'])
  expect(found("`c.test.ts`")).toEqual(['"it holds" names "c.test.ts", which does not exist'])
  expect(found("`a.test.ts`: rows 5-6")).toEqual(['"it holds": no test of a.test.ts shows row 6'])
  expect(mistakes("| policy | ends |\n| --- | --- |\n| halt | failed |\n", shown, isThere)).toEqual([])
})
