import { expect, it } from "@effect/vitest"
import fc from "fast-check"
import { CodePoints } from "../../src/index.ts"

it("texts are in the order of their bytes in UTF-8", () => {
  const text = fc.string({ unit: "binary" }).filter((made) => made.isWellFormed())
  // Short texts of few characters are often equal at their beginning.
  const alike = fc.string({
    unit: fc.constantFrom("a", "\0", "é", "\ud7ff", "\ue000", "\uffff", "🙂"),
    maxLength: 4
  })
  fc.assert(
    fc.property(fc.oneof(fc.tuple(text, text), fc.tuple(alike, alike)), ([a, b]) => {
      expect(Math.sign(CodePoints.compare(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    { numRuns: 2_000 }
  )
})

it("emoji come after what JavaScript puts after them", () => {
  const texts = ["🙂", "\uffff", "a"]
  expect(texts.toSorted()).toEqual(["a", "🙂", "\uffff"])
  expect(texts.toSorted(CodePoints.compare)).toEqual(["a", "\uffff", "🙂"])
})
