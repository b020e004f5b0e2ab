import { expect, it } from "vitest"
import { parseDuration } from "../../src/output/parseDuration.ts"

it.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["1h30m", 5_400_000],
  ["1.5s", 1500],
  ["2d", 172_800_000],
  ["45", 45_000],
  ["", undefined],
  ["soon", undefined],
  ["5 minutes", undefined],
  ["-3s", undefined],
  ["3sx", undefined]
])("%j is %s ms", (text, millis) => {
  expect(parseDuration(text)).toBe(millis)
})
