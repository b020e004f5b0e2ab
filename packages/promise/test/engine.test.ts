import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { Action, createDagFlow, Flow, NodeOutput } from "@dagflow/promise"
import { engine, gathered, rejection } from "./engines.ts"

const one = Action.fn("one", async () => ({ value: 1 }))
const plain = Flow.make("plain", (f) => ({ one: f.node("one", one) }))
const ask = Action.fn("ask", async () => NodeOutput.wait<{ approved: boolean }>())
const asking = Flow.make("asking", (f) => ({ ask: f.node("ask", ask) }))

const folder = (): string => {
  const made = mkdtempSync(path.join(tmpdir(), "dagflow-promise-"))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const program = (name: string, cwd: string, ...words: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, "programs", name), ...words], {
    cwd,
    encoding: "utf8",
    timeout: 25_000
  })

describe("an engine", () => {
  it("lets a run be started, approved and finished by three processes, one of them killed", () => {
    const cwd = folder()
    expect(program("purchase.ts", cwd, "start").signal).toBe("SIGKILL")
    const approved = program("purchase.ts", cwd, "approve")
    // Nobody owns the run: the answer is kept for whoever takes it up.
    expect([approved.status, approved.stdout, approved.stderr]).toEqual([0, "undefined\n", ""])
    const finished = program("purchase.ts", cwd, "finish")
    expect(finished.stdout, finished.stderr).toBe("{ order: { placed: true } }\n")
    expect(readFileSync(path.join(cwd, "ledger.txt"), "utf8")).toBe("price\norder\n")
  })

  it("lets Node end by itself once it is closed, also while a run waits, and loads by require", () => {
    const { signal, status, stderr, stdout } = program("closing.cts", folder())
    expect([signal, status, stdout, stderr]).toEqual([null, 0, "waiting\n", ""])
  })

  it("tells who still listens that it was closed, and refuses everything after it", async () => {
    const dagflow = createDagFlow({ store: "memory" })
    const run = await dagflow.start(asking)
    await run.outcome()
    const result = rejection(run.result())
    const reading = rejection(gathered(run.events()))
    await dagflow.close()
    await dagflow.close()
    expect((await result).code).toBe("Closed")
    expect((await reading).code).toBe("Parked")
    expect((await rejection(run.report())).code).toBe("Closed")
    expect((await rejection(dagflow.start(plain))).code).toBe("Closed")
  })

  it.each([true, false])(
    "answers a run by its id with a yes or a no, and who said so: %s",
    async (approved) => {
      const dagflow = engine()
      const run = await dagflow.start(asking)
      await run.outcome()
      const decided = { by: "Ada", note: "as agreed" }
      await (approved
        ? dagflow.approve(run.runId, "ask", decided)
        : dagflow.reject(run.runId, "ask", decided))
      expect(await run.result()).toEqual({ ask: { approved, note: "as agreed" } })
      const answers = (await gathered(run.events())).flatMap(({ event }) =>
        event._tag === "SignalReceived" ? [event.by] : []
      )
      expect(answers).toEqual(["Ada"])
    }
  )

  it("attaches to a run that is started only then, for as long as its signal lets it wait", async () => {
    const dagflow = engine()
    const waiting = dagflow.attach("r1", { awaitsStart: true })
    expect((await rejection(dagflow.attach("r1"))).code).toBe("RunNotFound")
    await dagflow.start(asking, { id: "r1" })
    const run = await waiting
    await run.approve("ask")
    expect((await run.outcome()).status).toBe("completed")
    const signal = AbortSignal.timeout(1)
    expect((await rejection(dagflow.attach("r2", { awaitsStart: true, signal }))).code).toBe("Aborted")
  })

  it("is closed at the end of a block", async () => {
    let outside
    {
      await using dagflow = createDagFlow({ store: "memory" })
      outside = dagflow
      expect(await dagflow.run(plain)).toEqual({ one: { value: 1 } })
    }
    expect((await rejection(outside.list())).code).toBe("Closed")
  })

  it("gives the same run for the same id, and refuses another flow under it", async () => {
    const dagflow = engine()
    const first = await dagflow.start(plain, { id: "r1" })
    await first.result()
    expect(await dagflow.run(plain, { id: "r1" })).toEqual({ one: { value: 1 } })
    expect((await rejection(dagflow.start(asking, { id: "r1" }))).code).toBe("FlowChanged")
    expect((await dagflow.list()).runs.map(({ runId }) => runId)).toEqual(["r1"])
  })

  it("forks, runs again from a node, compares, exports, imports and prunes", async () => {
    const dagflow = engine({ actions: [one] })
    await dagflow.run(plain, { id: "r1" })
    const again = await dagflow.rerunFrom("r1", "one", { id: "r2" })
    await again.result()
    expect((await dagflow.compare("r1", "r2")).nodes).toEqual([])
    const fork = await dagflow.fork("r1", { id: "r3" })
    expect((await fork.outcome()).status).toBe("completed")
    const document = await dagflow.exportRun("r1")
    expect(await dagflow.importRun(document, { id: "r4" })).toBe("r4")
    expect((await dagflow.exportDelta("r1", 2)).events).toEqual(document.events.slice(2))
    expect((await dagflow.report("r4")).status).toBe("completed")
    const pruned = await dagflow.prune({ olderThan: "1 day", dryRun: true })
    expect(pruned.runIds).toEqual([])
  })
})

describe("what is wrong with a store", () => {
  it("an address that is none is told when the engine is first used", async () => {
    const { code, message, stack } = await rejection(engine({ store: "flow.db" }).run(plain))
    expect([code, message]).toEqual([
      "InvalidStore",
      `"flow.db" is no store: use "sqlite:PATH", "postgres://USER@HOST/DATABASE", or "memory" for runs that may be lost`
    ])
    expect(stack).toContain("engine.test.ts")
  })

  it("is told by the store's own reason, and once it is mended the same engine goes on", async () => {
    const cwd = folder()
    const file = path.join(cwd, "flow.db")
    mkdirSync(file)
    const dagflow = engine({ store: `sqlite:${file}` })
    const { code, isRetryable } = await rejection(dagflow.run(plain))
    expect([code, isRetryable]).toEqual(["Unavailable", true])
    rmSync(file, { recursive: true })
    expect(await dagflow.run(plain)).toEqual({ one: { value: 1 } })
  })

  it("and with hooks is told to whoever has no compiler", async () => {
    const make = createDagFlow as (options?: object) => ReturnType<typeof createDagFlow>
    for (const options of [undefined, {}, { store: 5 }]) {
      const refused = await rejection(make(options).report("r1"))
      expect([refused.code, refused.message]).toEqual([
        "InvalidStore",
        expect.stringContaining("is no store")
      ])
    }
    for (const hook of [undefined, { handle: () => [] }, { name: "" }]) {
      expect(() => make({ store: "memory", hooks: [hook] })).toThrow("a hook has no name")
    }
  })

  it("a file that is no database is left as it is", async () => {
    const file = path.join(folder(), "notes.txt")
    const text = "not a database, but long enough to be looked at. ".repeat(40)
    writeFileSync(file, text)
    expect((await rejection(engine({ store: `sqlite:${file}` }).run(plain))).code).toBe("Corrupt")
    expect(readFileSync(file, "utf8")).toBe(text)
  })

  it("a database that cannot be reached is told without its password", async () => {
    const store = "postgres://ada:pa55word@127.0.0.1:1/flows?connect_timeout=1"
    const { code, message } = await rejection(engine({ store }).run(plain))
    expect(code).toBe("Unavailable")
    expect(message).not.toContain("pa55word")
  })
})
