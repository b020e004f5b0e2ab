/**
 * Goal: what the guide to testing shows works. Method: its snippets are written below this package, whose dependencies they
 * find, and imported here, so that the tests in them are tests of this file.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterAll, describe, expect, it } from "vitest"

const page = readFileSync(path.join(import.meta.dirname, "../../../../docs/guides/testing.md"), "utf8")
const snippets = [...page.matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm)].map(
  ([, name = "", text = ""]) => ({
    name,
    text
  })
)
const tests = snippets.filter(({ name }) => name.endsWith(".test.ts"))

const folder = mkdtempSync(path.join(import.meta.dirname, ".guide-"))
for (const { name, text } of snippets) writeFileSync(path.join(folder, name), text)

describe("the guide to testing", async () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("has tests with stand-ins, with a clock, with a crash and with a hook", () => {
    expect(tests.map(({ name }) => name)).toEqual([
      "stubs.test.ts",
      "retry.test.ts",
      "crash.test.ts",
      "hook.test.ts"
    ])
  })

  for (const { name } of tests) await import(path.join(folder, name))
})
