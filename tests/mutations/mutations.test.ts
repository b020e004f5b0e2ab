/**
 * Goal: no row of the checklist is shown by tests that cannot fail.
 * Method: each mutation breaks what one row promises, in a copy of the sources, and a test that the row names has to turn red.
 * `pnpm mutate` does so with forty of them; here are some, and whether all of them still are of the sources.
 */
import { describe, expect, it } from "vitest"
import { plant } from "../planted/PlantedBug.ts"
import { readText } from "../repository/SourceFile.ts"
import { choose, mutation } from "./Mutation.ts"
import { checklistRows, mutatedPackages, MutationRun, runnableTests } from "./MutationRun.ts"
import { areas, mutations } from "./mutations.ts"

describe("mutations", () => {
  it("are of the sources as they are, and of rows whose tests can be run", () => {
    const rows = checklistRows()
    const strange = mutations.flatMap(({ breaks, edits, row }) => {
      const found = rows.get(row)
      const problems = edits.flatMap((edit) => {
        try {
          plant(readText(edit.file), edit)
          return mutatedPackages.some((name) => edit.file.startsWith(`packages/${name}/src/`))
            ? []
            : [`${edit.file} is not copied`]
        } catch (error) {
          return [String(error)]
        }
      })
      if (found === undefined || runnableTests(found).length === 0)
        problems.push("no test of its row can be run")
      if (edits.length === 0) problems.push("it changes nothing")
      return problems.map((problem) => `row ${row}, ${breaks}: ${problem}`)
    })
    expect(strange).toEqual([])
    expect(new Set(mutations.map(({ breaks }) => breaks)).size).toBe(mutations.length)
  })

  it("are of at least eighty rows, some of every area", () => {
    const rows = new Set(mutations.map(({ row }) => row))
    expect(rows.size).toBeGreaterThanOrEqual(80)
    const without = Object.entries(areas).flatMap(([area, [from, to]]) =>
      [...rows].some((row) => row >= from && row <= to) ? [] : [area]
    )
    expect(without).toEqual([])
  })

  it("are chosen by the seed alone, each of another row", () => {
    const many = Array.from({ length: 30 }, (_, index) => mutation(index % 10, `${index}`))
    const rowsOf = (seed: number) => choose(many, 6, seed).map(({ breaks }) => breaks)
    expect(rowsOf(1)).toEqual(rowsOf(1))
    expect(rowsOf(1)).not.toEqual(rowsOf(2))
    expect(new Set(choose(many, 6, 1).map(({ row }) => row)).size).toBe(6)
    expect(choose(many, 40, 1)).toHaveLength(10)
    const seen = new Set(Array.from({ length: 100 }, (_, seed) => rowsOf(seed)).flat())
    expect(seen.size).toBe(30)
  })

  it("turn a test of their row red", { timeout: 600_000 }, async () => {
    const run = new MutationRun(2)
    try {
      const outcomes = await run.run(choose(mutations, 7, 3))
      expect(outcomes.filter(({ colour }) => colour !== "red")).toEqual([])
      expect(outcomes).toHaveLength(7)
    } finally {
      await run.remove()
    }
  })
})
