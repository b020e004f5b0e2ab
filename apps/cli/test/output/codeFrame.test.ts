import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { codeFrame } from "../../src/output/codeFrame.ts"

let folder: string
let file: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-frame-"))
  file = path.join(folder, "flow.yaml")
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`)
  lines[8] = "nodes:"
  lines[9] = "\ttransform: \u001b[31mred"
  writeFileSync(file, lines.join("\n"))
})

afterAll(() => rmSync(folder, { recursive: true }))

describe("codeFrame", () => {
  it("shows the place, the lines around it, carets below it and what is said", () => {
    expect(
      codeFrame({ file, line: 10, column: 2, endLine: 10, endColumn: 11 }, "no email").split("\n")
    ).toEqual([
      `  --> ${file}:10:2`,
      "   |",
      " 9 | nodes:",
      "10 | \ttransform: red",
      "   | \t^^^^^^^^^ no email",
      "11 | line 11"
    ])
  })

  it("shows the first and the last line of a file", () => {
    expect(codeFrame({ file, line: 1, column: 1 })).toContain("1 | line 1\n  | ^\n2 | line 2")
    expect(codeFrame({ file, line: 12, column: 6 }).endsWith("12 | line 12\n   |      ^")).toBe(true)
  })

  it("names the place when the file has gone or has fewer lines", () => {
    expect(codeFrame({ file: "gone.yaml", line: 1, column: 1 })).toBe("  --> gone.yaml:1:1")
    expect(codeFrame({ file, line: 99, column: 1 })).toBe(`  --> ${file}:99:1`)
  })
})
