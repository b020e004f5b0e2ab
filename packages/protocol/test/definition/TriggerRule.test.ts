import { describe, expect, it } from "vitest"
import { TriggerRule } from "../../src/index.ts"

/**
 * The full truth table: a row per way in which the dependencies ended (s: some succeeded, f: some failed, k: some were
 * skipped), a column per rule, x where the node starts. How many ended in one way makes no difference, which the test
 * tries with one and with three of each.
 */
const table = `
        all_success all_done all_failed one_success one_failed none_failed none_failed_min_one_success always
  ---        x          x        x           x          x           x                   x                x
  --k        -          x        -           -          -           x                   -                x
  -f-        -          x        x           -          x           -                   -                x
  -fk        -          x        -           -          x           -                   -                x
  s--        x          x        -           x          -           x                   x                x
  s-k        -          x        -           x          -           x                   x                x
  sf-        -          x        -           x          x           -                   -                x
  sfk        -          x        -           x          x           -                   -                x
`

const [columns = [], ...rows] = table
  .trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/))

const cases = rows.flatMap(([ends = "", ...cells]) =>
  cells.map((cell, index) => ({
    ends,
    rule: columns[index] as TriggerRule.TriggerRule,
    starts: cell === "x"
  }))
)

describe("TriggerRule", () => {
  it("has a column for every rule and a row for every way", () => {
    expect([...columns].sort()).toEqual([...TriggerRule.TriggerRule.literals].sort())
    expect(cases).toHaveLength(8 * 8)
  })

  it.each(cases)("$rule after $ends: $starts", ({ ends, rule, starts }) => {
    const counts = (letter: string) => (ends.includes(letter) ? [1, 3] : [0])
    for (const succeeded of counts("s")) {
      for (const failed of counts("f")) {
        for (const skipped of counts("k")) {
          expect(TriggerRule.isMet(rule, { succeeded, failed, skipped })).toBe(starts)
        }
      }
    }
  })
})
