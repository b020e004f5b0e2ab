/**
 * Whether the tests would notice: each bug is planted into a copy of the sources, and the test that is named with it has
 * to fail.
 *
 * `DAGFLOW_PLANTED="one slot too many"` plants only bugs whose name contains that text.
 */
import { readFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { root } from "../repository/SourceFile.ts"
import { bugs } from "./bugs.ts"
import { type NamedTest, plant, type PlantedBug } from "./PlantedBug.ts"
import type { Answer } from "./TestRunner.ts"
import { Workbench } from "./Workbench.ts"

/** Bugs that are looked for at once. */
const atOnce = 2

const wanted = bugs.filter((bug) => bug.name.includes(process.env["DAGFLOW_PLANTED"] ?? ""))

const benches: Array<Workbench> = []

beforeAll(() => {
  for (let number = 0; number < atOnce; number++) benches.push(new Workbench())
})

afterAll(() => Promise.all(benches.map((bench) => bench.remove())))

/** Does something for each of a list, as many at once as there are benches. */
const forEach = async <A>(list: ReadonlyArray<A>, work: (bench: Workbench, one: A) => Promise<void>) => {
  const left = [...list]
  const onBench = async (bench: Workbench): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(bench, one)
  }
  await Promise.all(benches.map(onBench))
}

const key = ({ file, folder, name }: NamedTest) => `${folder}/${file} "${name}"`

describe("planted bugs", () => {
  it("are of the sources as they are", () => {
    const strange: Array<string> = []
    for (const { edits, name } of bugs) {
      for (const edit of edits) {
        const text = readFileSync(path.join(root, edit.file), "utf8")
        try {
          plant(text, edit)
        } catch (error) {
          strange.push(`${name}: ${String(error)}`)
        }
      }
    }
    expect(strange).toEqual([])
    expect(new Set(bugs.map((bug) => bug.name)).size).toBe(bugs.length)
    expect(bugs.length).toBeGreaterThanOrEqual(20)
  })

  it("are not where the text is not exactly once", () => {
    const edit = { file: "a.ts", search: "a", replace: "b" }
    expect(plant("a c", edit)).toBe("b c")
    expect(plant("a(b,\n    c)", { ...edit, search: "  (b, c)\n" })).toBe("ab")
    expect(() => plant("a a", edit)).toThrow("2 times")
    expect(() => plant("c", edit)).toThrow("0 times")
    expect(() => plant("a", { ...edit, replace: "a" })).toThrow("changes nothing")
  })

  it("are found by tests that pass without them", { timeout: 900_000 }, async () => {
    const tests = new Map(wanted.map(({ test }) => [key(test), test]))
    const broken: Array<string> = []
    await forEach([...tests], async (bench, [name, test]) => {
      const { verdict, why } = await bench.run(test)
      if (verdict !== "passed") broken.push(`${name} ${verdict}: ${why}`)
    })
    expect(broken).toEqual([])
  })

  it("are all found", { timeout: 1_800_000 }, async () => {
    const found: Array<readonly [PlantedBug, Answer]> = []
    await forEach(wanted, async (bench, bug) => {
      found.push([bug, await bench.find(bug)])
    })
    const caught = found.filter(([, { verdict }]) => verdict === "failed")
    const missed = found
      .filter(([, { verdict }]) => verdict !== "failed")
      .map(([bug, { verdict, why }]) => `"${bug.name}": ${key(bug.test)} ${verdict} ${why}`)
    console.log(`caught ${caught.length}/${found.length}`)
    expect(missed).toEqual([])
  })
})
