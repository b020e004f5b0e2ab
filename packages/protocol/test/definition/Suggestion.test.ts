import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Suggestion } from "../../src/index.ts"

const nearest = (name: string, names: ReadonlyArray<string>) =>
  Suggestion.nearest(name, Suggestion.vocabulary(names))

/** Optimal string alignment, written the long way, to compare with. */
const distance = (a: string, b: string): number => {
  const table = Array.from({ length: a.length + 1 }, (_, row) =>
    Array.from({ length: b.length + 1 }, (_, column) => (row === 0 ? column : column === 0 ? row : 0))
  )
  const at = (row: number, column: number) => table[row]?.[column] ?? Infinity
  for (let row = 1; row <= a.length; row++) {
    for (let column = 1; column <= b.length; column++) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const best = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + changed
      )
      ;(table[row] ?? [])[column] = swapped ? Math.min(best, at(row - 2, column - 2) + 1) : best
    }
  }
  return at(a.length, b.length)
}

const plain = (name: string) => name.toLowerCase().replace(/[_-]/g, "")

describe("Suggestion", () => {
  it.each([
    ["a character too few", "fetc", "fetch"],
    ["a character too many", "fettch", "fetch"],
    ["a wrong character", "fitch", "fetch"],
    ["two neighbours swapped", "fecth", "fetch"],
    ["two mistakes", "ftchh", "fetch"],
    ["another case", "FETCH", "fetch"],
    ["another way to join words", "on_failure", "onFailure"],
    ["three joints in another way", "max-parallel-nodes-here", "max_parallel_nodes_here"]
  ])("finds what was meant behind %s", (_, name, meant) => {
    expect(nearest(name, ["report", meant, "load"])).toBe(meant)
  })

  it.each([
    ["three mistakes", "fxxxh", ["fetch"]],
    ["one character", "a", ["b"]],
    ["two characters that are both wrong", "ab", ["xy"]],
    ["no known name", "fetch", []],
    ["an empty name", "", ["a"]],
    ["a name that is longer than any id", "x".repeat(257), [`${"x".repeat(256)}y`]]
  ])("suggests nothing for %s", (_, name, known) => {
    expect(nearest(name, known)).toBeUndefined()
  })

  it("takes the closest name, and of equally close ones the first, in whatever order they are known", () => {
    expect(nearest("stepp", ["stopp", "steps", "step"])).toBe("step")
    expect(nearest("cat", ["car", "bat", "cab"])).toBe("bat")
    expect(nearest("cat", ["cab", "bat", "car"])).toBe("bat")
  })

  it("agrees with comparing the name to every known one", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "_"), minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(word, fc.uniqueArray(word, { maxLength: 30 }), (name, known) => {
        const sorted = [...known].sort()
        const spelled = sorted.find((one) => plain(one) === plain(name))
        const allowed = Math.min(Suggestion.distanceMax, name.length - 1)
        const close = sorted
          .map((one) => ({ one, far: distance(name, one) }))
          .filter(({ far }) => far > 0 && far <= allowed)
          .sort((a, b) => a.far - b.far)
        const expected = spelled !== undefined && spelled !== name ? spelled : close[0]?.one
        expect(nearest(name, known)).toBe(expected)
      }),
      { numRuns: 2000 }
    )
  })
})
