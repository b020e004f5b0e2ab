import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { it as effectIt } from "@effect/vitest"
import * as TestClock from "effect/testing/TestClock"
import { describe, expect, it } from "vitest"
import { DagFlow, Flow } from "../../src/index.ts"
import { EventTrace, RecordingHook, ScriptedAction, TestEngine } from "../../src/testing/index.ts"

const { after, fail, succeed } = ScriptedAction

const flow = () => {
  const load = ScriptedAction.make("load", [fail("Busy"), after("3 seconds", succeed({ rows: 2 }))])
  return Flow.make("nightly", (f) => ({ rows: f.node("rows", load.action, {}, { retry: { tries: 2 } }) }))
}

/** Runs the flow, and gives what the store has of it. */
const record = async (seed: number): Promise<string> => {
  const data = new MemoryStoreData()
  const program = Effect.gen(function* () {
    const run = yield* (yield* DagFlow).start(flow())
    yield* TestClock.adjust("1 minute")
    yield* run.outcome
  })
  await TestEngine.runPromise({ store: MemoryStore.layerOf(data), seed }, program)
  return JSON.stringify([...data.runs])
}

describe("TestEngine", () => {
  it("gives the same ids, the same waits and the same log every time", async () => {
    expect(await record(1)).toBe(await record(1))
  })

  it("gives others with another seed", async () => {
    expect(await record(2)).not.toBe(await record(1))
  })

  effectIt.effect("uses the clock of the test, where there is one", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(5000)
      const program = Effect.gen(function* () {
        const run = yield* (yield* DagFlow).start(flow())
        yield* TestClock.adjust("1 minute")
        return yield* run.outcome
      })
      const report = yield* Effect.provide(program, TestEngine.layer({ store: MemoryStore.layer }))
      expect(report.startedAtMillis).toBe(5000)
      expect(yield* Clock.currentTimeMillis).toBe(65_000)
    })
  )
})

describe("EventTrace", () => {
  it("tells a log, with times and without what hooks answered", async () => {
    const recording = RecordingHook.make({ on: ["NodeFailed", "NodeCompleted"] })
    const program = Effect.gen(function* () {
      const run = yield* (yield* DagFlow).start(flow(), { config: { retry: { jitter: 0 } } })
      yield* TestClock.adjust("1 minute")
      yield* run.outcome
      return [...(yield* Stream.runCollect(run.events()))]
    })
    const log = await TestEngine.runPromise({ store: MemoryStore.layer, hooks: [recording.hook] }, program)
    expect(EventTrace.text(log, { brief: true, times: true })).toBe(
      [
        "+0 NodeStarted rows 1",
        "+0 NodeFailed rows 1 Busy again in 1000 ms",
        "+1000 NodeStarted rows 2",
        "+4000 NodeCompleted rows 2",
        "+4000 RunCompleted"
      ].join("\n")
    )
    expect(EventTrace.lines(log, { only: ["HookAnswered"] })).toHaveLength(4)
    expect(recording.tags()).toEqual(["NodeFailed", "NodeCompleted"])
    expect(recording.starts()).toBe(1)
    expect(recording.results).toEqual([{ _tag: "Completed" }])
  })
})
