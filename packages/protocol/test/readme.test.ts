/** Nobody meets a README whose program does not work: it is run as it stands, and prints what it says. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"

const readme = readFileSync(path.join(import.meta.dirname, "../README.md"), "utf8")
const block = (name: string): string =>
  new RegExp(`^\`\`\`\\S+ ${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(readme)?.[1] ?? ""

let folder = ""

beforeAll(() => {
  // Below this package, so that it is found by its own name, as a user would import it.
  folder = mkdtempSync(path.join(import.meta.dirname, ".run-"))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it("the program of the README prints what it says", () => {
  const program = path.join(folder, "nightly.ts")
  writeFileSync(program, block("file=nightly.ts"))
  expect(execFileSync(process.execPath, [program], { encoding: "utf8" }).trimEnd()).toBe(
    block("output=nightly.ts").trimEnd()
  )
})

it("the program of the README has at most 20 lines", () => {
  expect(block("file=nightly.ts").trim().split("\n").length).toBeLessThanOrEqual(20)
})
