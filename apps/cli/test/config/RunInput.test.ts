import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as RunInput from "../../src/config/RunInput.ts"

describe("RunInput", () => {
  it.each([
    ["text", "text"],
    ["3", 3],
    ["true", true],
    ["null", null],
    ['["a",1]', ["a", 1]],
    ['{"a":{"b":2}}', { a: { b: 2 } }],
    ['"3"', "3"],
    ["", ""],
    ["2026-11-20", "2026-11-20"],
    ["a=b=c", "a=b=c"],
    ["12345678901234567890", "12345678901234567890"],
    ["1e3", 1000],
    ["{broken", "{broken"]
  ])("the value %j is read as %j", (text, value) => {
    expect(RunInput.value(text)).toEqual(value)
  })

  it.effect("single inputs win over those of the file, and the last one of a name wins", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(path.join(tmpdir(), "dagflow-input-"))
      const file = path.join(folder, "input.json")
      writeFileSync(file, JSON.stringify({ a: 1, b: 2 }))
      const input = yield* RunInput.read(["b=3", "c=x", "c=y", "__proto__=1"], file)
      expect(Object.entries(input)).toEqual([
        ["a", 1],
        ["b", 3],
        ["c", "y"],
        ["__proto__", 1]
      ])
      rmSync(folder, { recursive: true })
    })
  )

  it.effect.each([
    ["a pair without a name", ["=1"], undefined, 2],
    ["a pair without a value", ["name"], undefined, 2],
    ["a file that is not there", [], "no-such-file.json", 6]
  ] as const)("refuses %s", ([, pairs, file, exit]) =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(RunInput.read(pairs, file))
      expect(failure.exit).toBe(exit)
    })
  )
})
