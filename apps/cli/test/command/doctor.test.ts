/*
 * Goal: doctor names each thing that keeps commands from working, with what to do about it, and changes nothing.
 * Method: a project is brought into each of the situations, and the real command looks at it.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import path from "node:path"
import * as Schema from "effect/Schema"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { checkPackages } from "../../src/doctor/checkPackages.ts"
import * as Documents from "../../src/output/Documents.ts"
import { dagflow, Place, start, until } from "../Dagflow.ts"

let place: Place

beforeEach(() => {
  place = new Place()
})

afterEach(() => place.remove())

const write = (name: string, text: string) => writeFileSync(path.join(place.folder, name), text)

const doctor = (...words: ReadonlyArray<string>) => dagflow(["doctor", ...words], { cwd: place.folder })

/** What was found, by what was looked at. */
const findings = async (...words: ReadonlyArray<string>) => {
  const { exit, stderr, stdout } = await doctor(...words, "--json")
  expect(stderr).toBe("")
  const document = Schema.decodeUnknownSync(Documents.DoctorDocument)(JSON.parse(stdout), {
    onExcessProperty: "error"
  })
  expect(document.healthy).toBe(exit === 0)
  return { exit, of: Object.fromEntries(document.checks.map((check) => [check.name, check])) }
}

describe("doctor", () => {
  it("finds nothing wrong with a folder in which nothing is yet, and makes nothing there", async () => {
    const { exit, stdout } = await doctor()
    expect(exit).toBe(0)
    expect(stdout.split("\n").slice(0, -1)).toEqual([
      `✓ ok       node           Node ${process.versions.node} on ${process.platform} ${process.arch}`,
      expect.stringMatching(/^✓ ok {7}packages {7}dagflow \d/),
      "✓ ok       configuration  no dagflow.config.ts; flows use the standard actions",
      "✓ ok       editor         no dagflow.schema.json here; dagflow schema --write makes one",
      "✓ ok       store          sqlite:.dagflow/flow.db does not exist yet; the first run makes it"
    ])
    expect(existsSync(path.join(place.folder, ".dagflow"))).toBe(false)
  })

  it("names a broken configuration, and still looks at the store", async () => {
    write("dagflow.config.mjs", "export default { actons: [] }")
    const { exit, of } = await findings()
    expect(exit).toBe(3)
    expect(of["configuration"]).toMatchObject({
      result: "error",
      message: expect.stringContaining('it has a key "actons"'),
      fix: expect.stringContaining("export default defineConfig(")
    })
    expect(of["store"]).toMatchObject({ result: "ok" })
  })

  it("counts what a configuration has, and sees when editors do not know its actions any more", async () => {
    const own = `{ name: "own", run: () => ({}) }`
    write("dagflow.config.mjs", `export default { actions: [${own}] }`)
    const written = await dagflow(["schema", "--write"], { cwd: place.folder })
    expect(written.stdout).toMatch(/^wrote dagflow\.schema\.json\n/)
    expect((await findings()).of).toMatchObject({
      configuration: { result: "ok", message: "dagflow.config.mjs: 1 action, 0 hooks" },
      editor: { result: "ok" }
    })
    write("dagflow.config.mjs", `export default { actions: [${own}, { name: "new", run: () => ({}) }] }`)
    const { exit, of } = await findings()
    expect(exit).toBe(0)
    expect(of["editor"]).toMatchObject({ result: "warning", fix: "dagflow schema --write" })
  })

  it.each([
    [
      "no database",
      (file: string) => writeFileSync(file, "text ".repeat(2000)),
      "not a database",
      "choose another"
    ],
    [
      "that of another program",
      (file: string) => sql(file, "CREATE TABLE a (b)"),
      "another program",
      "choose another"
    ],
    [
      "that of a later release",
      (file: string) => sql(file, later),
      "schema version 99",
      "update @dagflow/cli"
    ]
  ])("says of a file that is %s what it is and what to do, with 7", async (_, make, message, fix) => {
    make(path.join(place.folder, "runs.db"))
    const { exit, of } = await findings("--store", "sqlite:runs.db")
    expect(exit).toBe(7)
    expect(of["store"]).toMatchObject({
      result: "error",
      message: expect.stringContaining(message),
      fix: expect.stringContaining(fix)
    })
  })

  it("names runs that were left behind, with the command that goes on with them", async () => {
    const running = start([
      "run",
      "hold.yaml",
      "--id",
      "r1",
      "--grace",
      "0s",
      "--store",
      place.store,
      ...place.inputs
    ])
    await until("the flow holds", () => place.journaled().includes("held 1"))
    expect((await findings("--store", place.store)).of["runs"]).toMatchObject({
      result: "ok",
      message: "1 run not ended, none left behind"
    })
    running.child.kill("SIGTERM")
    await running.ended
    await dagflow(["run", "pause.yaml", "--id", "r2", "--store", place.store, "-q"])
    const { exit, of } = await findings("--store", place.store)
    expect([exit, of["store"]?.message]).toEqual([0, expect.stringMatching(/opens, schema version \d+$/)])
    expect(of["runs"]).toMatchObject({
      result: "warning",
      message: expect.stringMatching(/^1 run not ended, 1 paused; 1 run is owned by nobody: r1 \(since /),
      fix: `dagflow resume r1 --store ${place.store}, or cancel it`
    })
  })

  it("leaves runs in peace that wait for people", async () => {
    const flow = "name: asks\nnodes:\n  ask: { action: approval, inputs: { prompt: Go on? } }\n"
    write("asks.yaml", flow)
    const words = [path.join(place.folder, "asks.yaml"), "--id", "r1", "--store", place.store, "-q"]
    expect((await dagflow(["run", ...words])).exit).toBe(4)
    expect((await findings("--store", place.store)).of["runs"]).toMatchObject({
      result: "ok",
      message: "1 run not ended, 1 waiting for people or a time, none left behind"
    })
    await dagflow(["approve", "r1", "ask", "--store", place.store])
    expect((await findings("--store", place.store)).of["runs"]).toMatchObject({
      result: "warning",
      fix: `dagflow resume r1 --store ${place.store}, or cancel it`
    })
  })

  it("names of a run and those below it the one that takes the others along", async () => {
    const words = ["run", "nested.yaml", "--id", "r1", "--grace", "0s", "--store", place.store]
    const running = start([...words, ...place.inputs])
    await until("both hold", () => place.journaled().filter((line) => line === "held 1").length === 2)
    running.child.kill("SIGTERM")
    await running.ended
    expect((await findings("--store", place.store)).of["runs"]).toMatchObject({
      message: expect.stringMatching(/^5 runs not ended; 1 run is owned by nobody: r1 \(since /),
      fix: `dagflow resume r1 --store ${place.store}, or cancel it`
    })
  })

  it("refuses a store that is none by the way it is written, with 2", async () => {
    const { exit, of } = await findings("--store", "flow.db")
    expect([exit, of["store"]?.fix]).toEqual([2, expect.stringContaining("sqlite:PATH")])
  })

  it("sees when the packages of a project are not of the version of the command", () => {
    const scope = path.join(place.folder, "node_modules/@dagflow/core")
    mkdirSync(scope, { recursive: true })
    writeFileSync(path.join(scope, "package.json"), `{ "name": "@dagflow/core", "version": "1.2.3" }`)
    expect(checkPackages(place.folder, "1.2.3").result).toBe("ok")
    expect(checkPackages(place.folder, "1.3.0")).toMatchObject({
      result: "error",
      exit: 3,
      fix: "npm install @dagflow/core@1.3.0"
    })
  })
})

// -- internal -------------------------------------------------------------------------------------------------------

const later = "CREATE TABLE a (b); PRAGMA application_id = 1145128774; PRAGMA user_version = 99"

/** Runs statements on a file. */
const sql = (file: string, statements: string): void => {
  const store = createRequire(import.meta.resolve("@dagflow/store-sqlite"))
  const Database = store("better-sqlite3") as new (file: string) => {
    readonly exec: (statements: string) => void
    readonly close: () => void
  }
  const database = new Database(file)
  database.exec(statements)
  database.close()
}
