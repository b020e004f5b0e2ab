/**
 * Goal: a list of thousands of items survives `kill -9` half-way: what was recorded does not run again, and the bound of the
 * list is kept, no more and no less. Method: a real process on SQLite, killed once half of the items have noted that they
 * were carried out, in a ledger outside of the store; another one finishes the run.
 */
import { DagFlow } from "@dagflow/core"
import { type Envelope, Evolve, Invariants } from "@dagflow/protocol"
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

const program = path.join(import.meta.dirname, "listProgram.ts")
const deadlineMillis = 60_000
const items = 5000
const bound = 8

let folder = ""

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "dagflow-list-"))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Executions as they were noted: the place in the list, and how many went on at once. */
const ledger = (): ReadonlyArray<readonly [place: number, running: number]> => {
  const file = path.join(folder, "ledger.txt")
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : []
  return lines.map((line) => line.split(" ").map(Number) as unknown as readonly [number, number])
}

const begin = () => {
  const child = spawn(process.execPath, [program, folder, String(items), String(bound)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  child.stdout.on("data", (data) => (output += String(data)))
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(output)))
  return { child, ended }
}

const log = (): Promise<ReadonlyArray<Envelope.Envelope>> => {
  const read = Effect.flatMap(DagFlow, (dagflow) => Stream.runCollect(dagflow.events("list")))
  const engine = DagFlow.layer().pipe(Layer.provide(SqliteStore.layer(path.join(folder, "list.db"))))
  return Effect.runPromise(Effect.provide(read, engine))
}

const completedIn = (events: ReadonlyArray<Envelope.Envelope>): ReadonlySet<string> =>
  new Set(events.flatMap(({ event }) => (event._tag === "NodeCompleted" ? [event.nodeId] : [])))

it("a list of 5,000 items that is killed half-way is finished, and only items that were not recorded run again", async () => {
  const first = begin()
  const deadline = Date.now() + deadlineMillis
  while (ledger().length < items / 2) {
    if (Date.now() > deadline) throw new Error(`the ledger has ${ledger().length} lines`)
    await pause(5)
  }
  first.child.kill("SIGKILL")
  await first.ended
  const noted = ledger()
  const before = await log()
  const recorded = completedIn(before)
  expect(recorded.size).toBeGreaterThan(items / 4)
  expect(recorded.size).toBeLessThan(items)

  const result = JSON.parse(await begin().ended)
  expect(result).toEqual({ total: lengthOfAll(), count: items })
  const after = await log()
  expect(after.slice(0, before.length)).toEqual(before)
  expect(after.filter(({ event }) => event._tag === "NodeExpanded")).toHaveLength(1)
  const state = Evolve.fold("list", after)
  expect(Invariants.check(state)).toEqual([])
  expect(state.counts.completed).toBe(items + 2)

  const again = ledger()
    .slice(noted.length)
    .map(([place]) => place)
  expect(again.filter((place) => recorded.has(`measure[${place}]`))).toEqual([])
  expect(new Set([...noted.map(([place]) => place), ...again]).size).toBe(items)
  expect(Math.max(...ledger().map(([, running]) => running))).toBe(bound)
}, 120_000)

const lengthOfAll = (): number => {
  let total = 0
  for (let index = 0; index < items; index++) total += 1 + (index % 7)
  return total
}
