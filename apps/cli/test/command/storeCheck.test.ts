/*
 * Goal: somebody who writes a store sees from the command line what it does wrong, and a script sees it from the exit code.
 * Method: the real command checks modules of a project, one of whose stores forgets its mail.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as Schema from "effect/Schema"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import * as Documents from "../../src/output/Documents.ts"
import { dagflow } from "../Dagflow.ts"

const stores = path.join(import.meta.dirname, "../fixtures/stores")

const check = (module: string, ...words: ReadonlyArray<string>) =>
  // Whoever starts tests by a package manager's script may have more folders searched than a user has.
  dagflow(["store", "check", module, ...words], { cwd: stores, env: { NODE_PATH: undefined } })

/** A folder in which nothing is installed. */
let alone: string

beforeEach(() => {
  alone = mkdtempSync(path.join(tmpdir(), "dagflow-alone-"))
})

afterEach(() => rmSync(alone, { recursive: true }))

// Each check is a process that loads the sources of the kit, which takes its time on a busy machine.
describe("store check", { timeout: 120_000 }, () => {
  it("exits with 0 when every case passed, and says what the store does not offer", async () => {
    const { exit, stderr, stdout } = await check("./sound.ts", "--only", "mail is")
    expect([exit, stderr]).toEqual([0, ""])
    expect(stdout).toMatch(/^store-sound: (\d+) of \1 cases passed\n\n {2}mail +1 of 1\n/)
    expect(stdout).toContain("not offered: sharedProcesses, deadOwners")
  })

  it("exits with 1 when a case failed, with its reason and what would become of a run", async () => {
    const { exit, stderr, stdout } = await check("forgetful.ts", "--only", "mail: mail is read by run")
    expect(exit).toBe(1)
    expect(stderr).toBe(
      "failed mail: mail is read by run, in the order in which it was put, until it is consumed\n"
    )
    expect(stdout).toContain("store-forgetful: 0 of 1 cases passed")
    expect(stdout).toContain("  all: it is [] and ought to be [")
    expect(stdout).toContain("  otherwise an approval would come before the question, or to another run")
  })

  it("prints the tables of a README, or one document of JSON", async () => {
    const table = await check("sound.ts", "--only", "mail is", "--markdown")
    expect([table.exit, table.stderr]).toEqual([0, ""])
    expect(table.stdout).toMatch(/^\| ability +\| the store …/)
    expect(table.stdout).toMatch(/^\| mail +\| 1 passed +\|$/m)
    const json = await check("forgetful.ts", "--only", "mail is read by run", "--json")
    expect([json.exit, json.stderr]).toEqual([1, ""])
    const document = Schema.decodeUnknownSync(Documents.StoreCheckDocument)(JSON.parse(json.stdout), {
      onExcessProperty: "error"
    })
    expect(document).toMatchObject({
      passed: false,
      store: "store-forgetful",
      abilities: { deadOwners: false }
    })
    expect(document.results.map(({ passed }) => passed)).toEqual([false])
  })

  it("with -v tells of every case, and finds a difference of histories again by its seed", async () => {
    const words = ["--only", "histories", "--histories", "300", "--seed", "7"]
    const { exit, stderr } = await check("sound.ts", "--only", "histories", "--histories", "10", "-v")
    expect([exit, stderr]).toEqual([
      0,
      "passed histories: random histories of requests are answered as the reference model answers them\n"
    ])
    const [first, again] = [await check("forgetful.ts", ...words), await check("forgetful.ts", ...words)]
    expect(first.exit).toBe(1)
    expect(first.stdout).toContain("(seed 7):")
    expect(first.stdout).toContain("readMail")
    expect(again.stdout).toBe(first.stdout)
  })

  it("says what is missing: the file, the kit, the store in the module, a case of the name, the server", async () => {
    const gone = await check("gone.ts")
    expect([gone.exit, gone.stderr]).toEqual([6, "error[FileNotFound]: there is no file gone.ts\n"])
    const file = path.join(alone, "store.mjs")
    writeFileSync(file, "export default {}\n")
    const without = await check(file)
    expect(without.exit).toBe(6)
    expect(without.stderr).toContain("error[TestkitMissing]")
    expect(without.stderr).toContain("npm install --save-dev @dagflow/store-testkit")
    const other = await check("../../Dagflow.ts")
    expect(other.exit).toBe(3)
    const none = await check("sound.ts", "--only", "no such case")
    expect([none.exit, none.stderr]).toEqual([1, 'no case has "no such case" in its name\n'])
    const closed = await check("closed.ts")
    expect(closed.exit).toBe(7)
    expect(closed.stderr).toContain("nobody listens at port 5432")
  })
})

it("the guide shows the command as it is", () => {
  const guide = readFileSync(path.join(import.meta.dirname, "../../../../docs/guides/cli.md"), "utf8")
  expect(guide).toContain("| `store check <module>`")
})
