import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/testing/TestClock"
import { describe, expect, it } from "vitest"
import { DagFlow, Flow } from "../../src/index.ts"
import { CrashingStore, ScriptedAction, TestEngine } from "../../src/testing/index.ts"

/** A chain of three nodes, each in appends of its own. */
const chain = () => {
  const work = ScriptedAction.make("work", [ScriptedAction.after("1 second", ScriptedAction.succeed({}))])
  const flow = Flow.make("chain", (f) => {
    const first = f.node("first", work.action)
    const second = f.node("second", work.action, {}, { dependsOn: [first] })
    return { third: f.node("third", work.action, {}, { dependsOn: [second] }) }
  })
  return { flow, work }
}

/** Lets the run crash at a point and another engine take it up; answers what was worked on. */
const crashAt = (point: CrashingStore.CrashPoint) => {
  const data = new MemoryStoreData()
  const crash = CrashingStore.make(point)
  const { flow, work } = chain()
  const run = Effect.gen(function* () {
    const handle = yield* (yield* DagFlow).start(flow, { id: "r" })
    yield* TestClock.adjust("10 seconds")
    return yield* handle.outcome
  })
  const dying = TestEngine.layer({ store: crash.layer(MemoryStore.layerOf(data)), owner: "first" })
  const next = TestEngine.layer({ store: MemoryStore.layerOf(data), owner: "second" })
  const program = Effect.gen(function* () {
    yield* crash.untilCrash(Effect.provide(run, dying))
    const left = data.runs.get("r")?.events.length ?? 0
    yield* TestClock.adjust("1 minute")
    const untouched = data.runs.get("r")?.events.length === left || left === 0
    const report = yield* Effect.provide(run, next)
    const worked = work.calls.map((call) => `${call.nodeId} ${call.attempt}`)
    return { left, untouched, status: report.status, worked }
  })
  return Effect.runPromiseExit(Effect.provide(program, TestClock.layer()))
}

const table: ReadonlyArray<
  readonly [name: string, point: CrashingStore.CrashPoint, left: number, worked: ReadonlyArray<string>]
> = [
  ["before the run is created", { before: { write: 1 } }, 0, ["first 1", "second 1", "third 1"]],
  ["after the run is created", { after: { write: 1 } }, 2, ["first 1", "second 1", "third 1"]],
  ["before the first start", { before: { sequence: 3 } }, 2, ["first 1", "second 1", "third 1"]],
  ["after the first start", { after: { sequence: 3 } }, 3, ["first 2", "second 1", "third 1"]],
  ["before a completion", { before: { sequence: 4 } }, 3, ["first 1", "first 2", "second 1", "third 1"]],
  ["after a completion", { after: { write: 3 } }, 5, ["first 1", "second 2", "third 1"]],
  ["before the last event", { before: { sequence: 9 } }, 7, ["first 1", "second 1", "third 1", "third 2"]]
]

describe("CrashingStore", () => {
  it.each(table)("lets an engine die %s, and another one goes on", async (_, point, left, worked) => {
    const exit = await crashAt(point)
    expect(exit).toEqual(Exit.succeed({ left, untouched: true, status: "completed", worked }))
  })

  it("says so when its point is never reached", async () => {
    const exit = await crashAt({ before: { write: 100 } })
    expect(String(exit)).toContain("never reached its crash point")
  })
})
