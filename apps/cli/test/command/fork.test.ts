import { readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import type { RunArchive } from "@dagflow/protocol"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Schema from "effect/Schema"
import * as Documents from "../../src/output/Documents.ts"
import { dagflow, Place } from "../Dagflow.ts"

let place: Place

const ask = (...words: ReadonlyArray<string>) => dagflow([...words, "--store", place.store])

const decode = <A>(schema: Schema.Codec<A, unknown>, text: string): A =>
  Schema.decodeUnknownSync(schema)(JSON.parse(text), { onExcessProperty: "error" })

beforeAll(async () => {
  place = new Place()
  await ask("run", "hello.yaml", "--id", "good", "-q")
  await ask("run", "fail.yaml", "--id", "bad", "-q")
}, 120_000)

afterAll(() => place.remove())

describe("fork", () => {
  it("names with --dry-run the nodes that would run, and runs nothing", async () => {
    const { exit, stdout } = await ask("fork", "bad", "--from", "second", "--dry-run")
    expect([exit, stdout]).toEqual([
      0,
      "fork of bad after event 13: 1 node kept, 2 nodes to run\n  runs   second, third\n"
    ])
    const { stdout: json } = await ask("fork", "bad", "--at", "4", "--dry-run", "--json")
    expect(decode(Documents.ForkDocument, json)).toMatchObject({ runId: "bad", at: 4, runs: ["second"] })
    expect((await ask("runs", "--json")).stdout).not.toContain("fork")
  })

  it("goes on from a node with outputs in the place of its own, and leaves the other run as it is", async () => {
    const before = (await ask("events", "bad", "--json")).stdout
    const words = ["--from", "second", "--output", "text=mended", "--id", "mended", "--json"]
    const { exit, stdout } = await ask("fork", "bad", ...words)
    expect(exit).toBe(0)
    expect(stdout).toContain('"outputs":{"third":{"text":"Hello, mended!"}}')
    expect((await ask("events", "bad", "--json")).stdout).toBe(before)
    const { stdout: report } = await ask("show", "mended", "--json")
    expect(JSON.parse(report)).toMatchObject({ report: { fork: { runId: "bad", rerun: ["third"] } } })
  })

  it("ends as the new run ends, and refuses what there is not", async () => {
    expect((await ask("fork", "bad", "--at", "4", "-q")).exit).toBe(1)
    expect((await ask("fork", "nobody")).exit).toBe(6)
    expect((await ask("fork", "bad", "--from", "seconds")).stderr).toContain('did you mean "second"?')
    expect((await ask("fork", "bad", "--at", "999")).exit).toBe(3)
    expect((await ask("fork", "bad", "--output", "a=1")).exit).toBe(2)
    expect((await ask("fork", "bad", "--from", "second", "--id", "good")).exit).toBe(8)
  })
})

describe("diff", () => {
  it("ends with 0 for equal runs, and with 1 where they differ, naming the place and the nodes", async () => {
    await ask("run", "hello.yaml", "--id", "same", "-q")
    await ask("run", "hello.yaml", "--id", "other", "--input", "name=Ada", "-q")
    const equal = await ask("diff", "good", "same")
    expect([equal.exit, equal.stdout]).toEqual([0, "good and same are equal, event by event\n"])
    const { exit, stdout } = await ask("diff", "good", "other")
    expect(exit).toBe(1)
    expect(stdout).toContain("good and other differ first at inputs.name\n")
    expect(stdout).toContain('good: event 1, RunStarted: "world"')
    expect(stdout).toContain('greet  outputs: {"text":"Hello, world!"} / {"text":"Hello, Ada!"}')
    const json = await ask("diff", "good", "other", "--json")
    expect(decode(Documents.DiffDocument, json.stdout)).toMatchObject({ isEqual: false, left: "good" })
    expect((await ask("diff", "good", "nobody")).exit).toBe(6)
  })
})

describe("export and import", () => {
  it("take a run out of a store and put it into another one, where it is the same", async () => {
    const file = path.join(place.folder, "good.json")
    const { exit, stdout } = await ask("export", "good", "--out", file, "--json")
    expect(exit).toBe(0)
    expect(decode(Documents.ExportDocument, stdout)).toMatchObject({ runId: "good", file })
    expect((await ask("export", "good")).stdout).toBe(readFileSync(file, "utf8"))
    const other = `sqlite:${path.join(place.folder, "other.db")}`
    const imported = await dagflow(["import", file, "--store", other, "--json"])
    expect(decode(Documents.ImportDocument, imported.stdout)).toMatchObject({ status: "completed" })
    expect((await dagflow(["import", file, "--store", other])).exit).toBe(8)
    expect((await ask("import", file, "--id", "back")).stdout).toContain("next  dagflow show back")
    expect((await ask("diff", "good", "back")).exit).toBe(0)
  })

  it("bring what a run became later, on top of what was exported before", async () => {
    const [base, later, other] = ["base.json", "later.json", "delta.db"].map((name) =>
      path.join(place.folder, name)
    )
    const whole = JSON.parse((await ask("export", "good")).stdout) as RunArchive.RunArchive
    const kept = { ...whole, events: whole.events.slice(0, 3), artifacts: {} }
    writeFileSync(base ?? "", JSON.stringify(kept))
    expect((await ask("export", "good", "--after", "3", "--out", later ?? "")).exit).toBe(0)
    const store = `sqlite:${other}`
    expect((await dagflow(["import", base ?? "", later ?? "", "--store", store])).exit).toBe(0)
    expect(JSON.parse((await dagflow(["export", "good", "--store", store])).stdout)).toEqual(whole)
    const twice = await dagflow(["import", base ?? "", later ?? "", later ?? "", "--store", store])
    expect(twice.exit).toBe(3)
    expect(twice.stderr).toContain("it begins after event 3, and the export ends with")
    expect((await ask("export", "good", "--after", "999")).exit).not.toBe(0)
  })

  it("refuse a file that is in the way, is missing or is no export", async () => {
    const file = path.join(place.folder, "wrong.json")
    writeFileSync(file, "{}")
    expect((await ask("export", "good", "--out", file)).exit).toBe(8)
    expect((await ask("import", file)).exit).toBe(3)
    expect((await ask("import", path.join(place.folder, "missing.json"))).exit).toBe(6)
    expect((await dagflow(["import", "-", "--store", place.store], { input: "no json" })).exit).toBe(3)
  })
})
