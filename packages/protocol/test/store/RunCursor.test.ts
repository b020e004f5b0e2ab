import { expect, it } from "@effect/vitest"
import fc from "fast-check"
import { RunCursor } from "../../src/index.ts"

it("a cursor is read as it was written, whatever the id of the run", () => {
  const createdAtMillis = fc.double({ noNaN: true, noDefaultInfinity: true }).map((at) => at + 0)
  const cursors = fc.record({ createdAtMillis, runId: fc.string({ unit: "binary" }) })
  fc.assert(
    fc.property(cursors, (cursor) => {
      expect(RunCursor.decode(RunCursor.encode(cursor))).toEqual(cursor)
    })
  )
})

it.each(["", "5", ":", ":r", "x:r", "NaN:r", "Infinity:r", "1e999:r"])("%j is no cursor", (text) => {
  expect(RunCursor.decode(text)).toBeUndefined()
})
