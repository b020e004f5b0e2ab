/*
 * Goal: the closing line of a run can be believed, also by somebody who reads nothing else.
 * Method: run Vitest on planted files and read the line.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { expect, it } from "vitest"
import { root } from "../repository/SourceFile.ts"

/** The last line that a run over these test files prints. */
const lastLine = (files: Readonly<Record<string, string>>, checklist?: string): string | undefined => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "dagflow-reporter-")))
  try {
    if (checklist !== undefined) {
      mkdirSync(path.join(folder, "docs"))
      writeFileSync(path.join(folder, "docs/checklist.md"), checklist)
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text)
    const vitest = path.join(root, "node_modules/vitest/vitest.mjs")
    const reporter = path.join(root, "vitest.reporter.ts")
    const words = [vitest, "run", "--globals", `--root=${folder}`, `--reporter=${reporter}`]
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" })
    const line = stdout.trimEnd().split("\n").at(-1)
    expect(status === 0).toBe(line?.includes(" 0 failed"))
    return line
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const pass = `it("passes", () => {})\n`
const fail = `it("fails", () => { throw new Error("planted") })\n`
const skip = `it.skip("is left out", () => {})\nit.todo("is to come")\n`

it("counts what passed, failed and was left out, over all files", () => {
  expect(lastLine({ "a.test.ts": pass + pass + fail + skip, "b.test.ts": pass })).toBe(
    "3 passed, 1 failed, 2 skipped"
  )
})

it("counts a file that cannot be loaded, and an error outside of tests, as failures", () => {
  const unloadable = `throw new Error("planted")\n${pass}`
  const late = `it("passes", () => { void Promise.reject(new Error("planted")) })\n`
  expect(lastLine({ "a.test.ts": unloadable, "b.test.ts": pass })).toBe("1 passed, 1 failed, 0 skipped")
  expect(lastLine({ "a.test.ts": late })).toBe("1 passed, 1 failed, 0 skipped")
})

it("counts each name of the checklist that no test has that ran, in the files that ran", () => {
  const table = (...names: ReadonlyArray<string>) =>
    names.map((name, index) => `| ${index + 1} | what it does | ${name} |\n`).join("")
  const tests = `describe("a", () => { it.each([["one"], ["two"]])("does %s", () => {}) })\n`
  const named = "`a.test.ts > a > does %s`"
  const files = { "a.test.ts": tests }
  const checked = (...names: ReadonlyArray<string>) => lastLine(files, table(...names))
  expect(checked(named, `${named} with \`two\``, "not yet", "`b.test.ts > b`")).toBe(
    "2 passed, 0 failed, 0 skipped"
  )
  expect(checked(`${named} with \`three\``)).toBe("2 passed, 1 failed, 0 skipped")
  expect(checked("`a.test.ts > does %s`", "`a.test.ts > a > does`")).toBe("2 passed, 2 failed, 0 skipped")
})
