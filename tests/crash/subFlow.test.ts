/**
 * Goal: a run with child runs, and runs below those, survives `kill -9` wherever it comes: no child is created twice, what was
 * recorded does not run again, and the outer run ends with what all of them gave. Method: real processes on SQLite, killed one
 * after the other as executions are noted in a ledger outside of the store; the last one finishes.
 */
import { DagFlow } from "@dagflow/core"
import { Evolve, Invariants, type RunState } from "@dagflow/protocol"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { afterEach, beforeEach, expect, it } from "vitest"

const program = path.join(import.meta.dirname, "subFlowProgram.ts")
const deadlineMillis = 60_000
const count = 60

let folder = ""

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-sub-flow-"))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Executions as they were noted: the run and the node. */
const ledger = (): ReadonlyArray<string> => {
  const file = path.join(folder, "ledger.txt")
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []
}

const begin = () => {
  const child = spawn(process.execPath, [program, folder, String(count)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  child.stdout.on("data", (data) => (output += String(data)))
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(output)))
  return { child, ended }
}

/** Every run of the store, folded. */
const runs = (): Promise<ReadonlyMap<string, RunState.RunState>> => {
  const read = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const found = new Map<string, RunState.RunState>()
    const { runs: rows } = yield* dagflow.list({ limit: 1000 })
    for (const { runId } of rows) {
      found.set(runId, Evolve.fold(runId, yield* Stream.runCollect(dagflow.events(runId))))
    }
    return found
  })
  const engine = DagFlow.layer().pipe(Layer.provide(SqliteStore.layer(path.join(folder, "runs.db"))))
  return Effect.runPromise(Effect.provide(read, engine))
}

/** What has been recorded, as the ledger notes it. */
const recordedIn = (states: ReadonlyMap<string, RunState.RunState>): ReadonlySet<string> =>
  new Set(
    [...states.values()].flatMap(({ nodes, runId }) =>
      nodes.flatMap(({ spec, status }) => (status === "completed" ? [`${runId} ${spec.id}`] : []))
    )
  )

it("a run with child runs that is killed again and again ends, and nothing that was recorded runs again", async () => {
  const again: Array<string> = []
  for (const share of [0.05, 0.3, 0.55, 0.8]) {
    const { child, ended } = begin()
    const deadline = Date.now() + deadlineMillis
    while (ledger().length < share * 2 * count) {
      if (Date.now() > deadline) throw new Error(`the ledger has ${ledger().length} lines`)
      await pause(2)
    }
    child.kill("SIGKILL")
    await ended
    const recorded = recordedIn(await runs())
    const before = ledger().length
    const next = begin()
    while (ledger().length < before + 3) {
      if (Date.now() > deadline) throw new Error("nothing goes on")
      await pause(2)
    }
    next.child.kill("SIGKILL")
    await next.ended
    again.push(
      ...ledger()
        .slice(before)
        .filter((line) => recorded.has(line))
    )
  }
  expect(again).toEqual([])

  expect(JSON.parse(await begin().ended)).toEqual({ value: (count * (count - 1)) / 2 + 101 * count })
  const states = await runs()
  const children = Array.from({ length: count }, (_, index) => `outer/middle/1/small[${index}]/1`)
  expect(new Set(states.keys())).toEqual(new Set(["outer", "outer/middle/1", ...children]))
  for (const state of states.values()) {
    expect(state.status).toBe("completed")
    expect(Invariants.check(state)).toEqual([])
  }
}, 120_000)
