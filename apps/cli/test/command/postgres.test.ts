/*
 * Goal: every command works on runs in PostgreSQL, and tables change only when somebody wants it.
 * Method: the real command, several processes, and a schema of the test's own.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { changeUrl, postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { dagflow, lines, Place, start, until } from "../Dagflow.ts"

let place: Place
let server: string
let schema: string
let store: string
let schemas = 0

beforeEach(async () => {
  place = new Place()
  server = await postgresUrl()
  schema = `cli_${process.pid}_${++schemas}`
  store = `${server}?schema=${schema}`
})

afterEach(async () => {
  place.remove()
  await runSql(server, `DROP SCHEMA IF EXISTS ${schema} CASCADE`)
})

const ask = (...words: ReadonlyArray<string>) => dagflow([...words, "--store", store])

const tables = async (): Promise<number> =>
  (await runSql(server, `SELECT 1 FROM pg_tables WHERE schemaname = '${schema}'`)).length

/** Of a test that starts many processes. */
const slow = { timeout: 120_000 }

describe("runs in PostgreSQL", () => {
  it("are run, listed, shown and followed from other processes, and no password is printed", async () => {
    const run = await ask("run", "hello.yaml", "--id", "r1", "--input", "name=Ada")
    const runs = await ask("runs")
    const show = await ask("show", "r1")
    const events = await ask("events", "r1", "--json")
    const all = [run, runs, show, events]
    expect(all.map(({ exit }) => exit)).toEqual([0, 0, 0, 0])
    expect(runs.stdout).toContain("r1")
    expect(show.stdout).toContain("completed")
    expect(lines(events.stdout).at(-1)).toMatchObject({ event: { _tag: "RunCompleted" } })
    const { password } = new URL(server)
    for (const { stderr, stdout } of all) expect(stdout + stderr).not.toContain(password)
  })

  it("are cancelled by another process than the one that owns them", async () => {
    const running = start(["run", "hold.yaml", "--id", "r1", ...place.inputs, "--store", store])
    try {
      await until("the flow holds", () => place.journaled().includes("held 1"))
      expect((await ask("cancel", "r1")).exit).toBe(0)
      expect((await running.ended).exit).toBe(5)
    } finally {
      running.child.kill("SIGKILL")
    }
  })

  it(
    "are paused and followed to their end by other processes than the one that owns them",
    slow,
    async () => {
      const started = [start(["run", "hold.yaml", "--id", "r1", ...place.inputs, "--store", store])]
      try {
        await until("the flow holds", () => place.journaled().includes("held 1"))
        const following = start(["events", "r1", "-f", "--json", "--store", store])
        started.push(following)
        const paused = await ask("pause", "r1", "--reason", "lunch")
        expect([paused.exit, paused.stdout]).toEqual([0, expect.stringContaining("dagflow resume r1")])
        writeFileSync(place.until, "")
        const left = await started[0]?.ended
        expect([left?.exit, left?.stdout]).toEqual([4, expect.stringContaining("lunch")])
        const doctor = await ask("doctor")
        expect([doctor.exit, doctor.stdout]).toEqual([0, expect.stringContaining("1 paused")])
        expect((await ask("resume", "r1")).exit).toBe(0)
        const followed = await following.ended
        expect(followed.exit).toBe(0)
        expect(lines(followed.stdout).at(-2)).toMatchObject({ event: { _tag: "RunCompleted" } })
        expect(place.journaled()).toEqual(["before 1", "held 1", "after 1"])
      } finally {
        for (const { child } of started) child.kill("SIGKILL")
      }
    }
  )

  it("are forked and compared, and the other run stays as it is", slow, async () => {
    for (const id of ["r1", "r2"]) await ask("run", "hello.yaml", "--id", id, "--input", `name=${id}`, "-q")
    const before = (await ask("events", "r1", "--json")).stdout
    expect(await ask("diff", "r1", "r2")).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining("r1 and r2 differ first at inputs.name")
    })
    const planned = await ask("fork", "r1", "--at", "2", "--dry-run")
    expect([planned.exit, planned.stdout]).toEqual([0, expect.stringContaining("fork of r1 after event 2")])
    expect((await ask("fork", "r1", "--at", "2", "--id", "again", "-q")).exit).toBe(0)
    expect((await ask("diff", "r1", "again")).exit).toBe(0)
    expect((await ask("events", "r1", "--json")).stdout).toBe(before)
  })

  it("go on in another process when somebody lets the first one end", async () => {
    const paused = await ask(
      "run",
      "pause.yaml",
      "--id",
      "r1",
      "--input",
      `journal=${place.journal}`,
      "--input",
      `until=${place.until}`
    )
    expect(paused.exit).toBe(4)
    writeFileSync(place.until, "")
    expect((await ask("resume", "r1")).exit).toBe(0)
    expect((await ask("prune", "--older-than", "0s", "--yes")).stdout).toContain("1 run with")
  })
})

describe("what a run in PostgreSQL asks", () => {
  const flow = `name: release
nodes:
  publish:
    action: approval
    inputs: { prompt: Publish? }
  number:
    action: wait-for-signal
    inputs: { schema: { type: object, properties: { amount: { type: number } }, required: [amount] } }
  note:
    action: approval
    inputs: { prompt: Note it? }
`

  it(
    "is listed and answered while no process lives, and the next one applies it",
    { timeout: 120_000 },
    async () => {
      const file = path.join(place.folder, "release.yaml")
      writeFileSync(file, flow)
      expect((await ask("run", file, "--id", "r1")).exit).toBe(4)
      const listed = await ask("approve")
      expect([listed.exit, listed.stdout]).toEqual([0, expect.stringContaining("r1  publish  Publish?")])
      expect(listed.stdout).toContain("dagflow approve r1 number --answer ")
      const approved = await ask("approve", "r1", "publish", "--as", "Ada")
      expect([approved.exit, approved.stdout]).toEqual([0, expect.stringContaining("the answer is kept")])
      expect((await ask("reject", "r1", "note")).exit).toBe(0)
      expect((await ask("approve", "r1", "number", "--answer", '{"amount":"?"}')).exit).toBe(3)
      const signal = { _tag: "SendSignal", nodeId: "number", payload: { amount: 3 } }
      const sent = await ask("send", "r1", JSON.stringify(signal))
      expect([sent.exit, sent.stdout]).toEqual([0, expect.stringContaining("owned by nobody")])
      expect((await ask("resume", "r1")).exit).toBe(0)
      const events = await ask("events", "r1", "--json", "--type", "NodeCompleted")
      expect(lines(events.stdout).map((line) => (line["event"] as { outputs: unknown }).outputs)).toEqual([
        { approved: true },
        { approved: false },
        { amount: 3 }
      ])
      const late = await ask("reject", "r1", "publish")
      expect([late.exit, late.stderr]).toEqual([8, expect.stringContaining("was answered by Ada")])
      const { password } = new URL(server)
      for (const { stderr, stdout } of [listed, approved, late])
        expect(stdout + stderr).not.toContain(password)
    }
  )
})

describe("dagflow migrate", () => {
  it("prints SQL that changes nothing, makes the tables once, and that SQL makes them too", async () => {
    const dry = await ask("migrate", "--dry-run")
    expect(dry.exit).toBe(0)
    expect(await tables()).toBe(0)
    await runSql(server, dry.stdout)
    const made = await tables()
    expect(made).toBeGreaterThan(4)
    expect((await ask("migrate")).stdout).toContain("already")
    await runSql(server, `DROP SCHEMA ${schema} CASCADE`)
    expect((await ask("migrate")).stdout).toContain("were made")
    expect(await tables()).toBe(made)
    const again = await ask("migrate", "--json")
    expect(lines(again.stdout)).toMatchObject([
      { schema: "dagflow.migrate/1", migrated: false, statements: [] }
    ])
  })

  it("is asked for by commands that only look, which make no tables themselves", async () => {
    for (const words of [["runs"], ["show", "r1"], ["cancel", "r1"], ["doctor"]]) {
      const { exit, stderr, stdout } = await ask(...words)
      expect([words, exit]).toEqual([words, 7])
      expect(stdout + stderr).toContain("run dagflow migrate")
    }
    expect(await tables()).toBe(0)
  })

  it("has nothing to do for other stores", async () => {
    const { exit, stderr } = await dagflow(["migrate", "--store", place.store])
    expect(exit).toBe(2)
    expect(stderr).toContain("postgres://USER@HOST/DATABASE")
  })
})

it("a server that cannot be reached is told with exit code 7", async () => {
  const { exit, stderr } = await dagflow(["runs", "--store", changeUrl(server, { port: 1 })])
  expect(exit).toBe(7)
  expect(stderr).toContain("no server listens there")
})

it("a command without the package of the store says how to get it", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "dagflow-alone-"))
  try {
    cpSync(path.dirname(inject("dagflow")), folder, { recursive: true })
    writeFileSync(path.join(folder, "package.json"), '{ "type": "module" }')
    const { exit, stderr } = await dagflow(["runs", "--store", store], { main: path.join(folder, "main.js") })
    expect(exit).toBe(2)
    expect(stderr).toContain("npm install @dagflow/store-postgres")
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
