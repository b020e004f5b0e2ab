/*
 * Goal: what is parked goes on when its time comes, whoever brought the actions of the run and whoever has the runs above it.
 * Method: engines on one store in memory and a clock that the test sets; nobody waits for the runs unless a test says so.
 */
import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Action, Flow, NodeOutput } from "../../src/index.ts"
import type { EngineOptions } from "../../src/engine/EngineConfig.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const server: EngineOptions = { recovery: "continuous", parkAfter: "5 seconds" }

const place = (data: MemoryStoreData, runId = "run") => {
  const { owner, status } = data.runs.get(runId) ?? {}
  return { status, isOwned: owner !== undefined }
}

const parked = { status: "running", isOwned: false }
const completed = { status: "completed", isOwned: false }

const sleep = Action.make("sleep for an hour", {
  input: Schema.Struct({}),
  output: Schema.Struct({ text: Schema.String }),
  run: () => NodeOutput.sleep({ timeout: "1 hour" }, { text: "hello" })
})

const shout = Action.make("shout", {
  input: Schema.Struct({ text: Schema.String }),
  output: Schema.Struct({ text: Schema.String }),
  run: ({ text }) => ({ text: text.toUpperCase() })
})

/** A flow with actions of its own that waits for an hour first. */
const late = Flow.make("late", (f) => ({
  said: f.node("shout", shout, { text: f.node("sleep", sleep, {}).out.text })
}))

const outer = Flow.make("outer", (f) => ({ below: f.subFlow("below", late, {}) }))

describe("a parked run whose flow brings its own actions", () => {
  it.effect("goes on at its time in the engine that started it, although nobody waits for it", () =>
    Effect.gen(function* () {
      const { dagflow, data } = yield* TestEngine.open({ engine: server })
      yield* Effect.orDie(dagflow.start(late, { id: "run" }))
      yield* TestClock.adjust("10 minutes")
      expect(place(data)).toEqual(parked)
      yield* TestClock.adjust("50 minutes")
      expect(place(data)).toEqual(completed)
    })
  )

  it.effect("is resumed and recovered there, too", () =>
    Effect.gen(function* () {
      const { dagflow, data } = yield* TestEngine.open({ engine: { parkAfter: "5 seconds" } })
      for (const id of ["first", "second"]) yield* Effect.orDie(dagflow.start(late, { id }))
      yield* TestClock.adjust("2 hours")
      expect([place(data, "first"), place(data, "second")]).toEqual([parked, parked])
      yield* Effect.orDie(dagflow.resume("first"))
      yield* Effect.orDie(dagflow.recover)
      yield* TestClock.adjust("1 second")
      expect([place(data, "first"), place(data, "second")]).toEqual([completed, completed])
    })
  )

  it.effect("goes on with its parent when it is a child, after both were parked", () =>
    Effect.gen(function* () {
      const { dagflow, data } = yield* TestEngine.open({ engine: server })
      yield* Effect.orDie(dagflow.start(outer, { id: "run" }))
      yield* TestClock.adjust("10 minutes")
      expect([place(data), place(data, "run/below/1")]).toEqual([parked, parked])
      yield* TestClock.adjust("60 minutes")
      expect([place(data), place(data, "run/below/1")]).toEqual([completed, completed])
    })
  )

  it.effect("goes on in another engine that has taken its parent up", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, engine: server })
      yield* Effect.orDie(first.dagflow.start(outer, { id: "run" }))
      yield* TestClock.adjust("10 minutes")
      first.kill()
      const second = yield* TestEngine.open({ data, engine: server })
      yield* Effect.orDie(second.dagflow.start(outer, { id: "run" }))
      yield* TestClock.adjust("60 minutes")
      expect([place(data), place(data, "run/below/1")]).toEqual([completed, completed])
    })
  )
})

describe("a parked child run, in an engine that does not look for such runs", () => {
  const deadline = { timeout: "1 hour", onTimeout: "autopilot", default: { by: "nobody" } }
  const asking = flow([node("ask ask", [], { wait: deadline })], {}, { name: "asking" })
  const spec = flow([subFlow("a", asking)])

  it.effect("comes to its deadline when it was parked elsewhere and its parent has been taken up here", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, engine: server })
      yield* first.start(spec)
      yield* TestClock.adjust("10 minutes")
      expect([place(data), place(data, "run/a/1")]).toEqual([parked, parked])
      first.kill()
      const second = yield* TestEngine.open({ data })
      yield* Effect.orDie(second.dagflow.resume("run"))
      yield* TestClock.adjust("49 minutes")
      expect(place(data, "run/a/1")).toEqual(parked)
      yield* TestClock.adjust("2 minutes")
      expect([place(data), place(data, "run/a/1")]).toEqual([completed, completed])
    })
  )

  it.effect("comes to its deadline when it was parked here", () =>
    Effect.gen(function* () {
      const { data, start } = yield* TestEngine.open({ engine: { parkAfter: "5 seconds" } })
      yield* start(flow([subFlow("m", flow([subFlow("a", asking)], {}, { name: "middle" }))]))
      yield* TestClock.adjust("10 minutes")
      expect(place(data, "run/m/1/a/1")).toEqual(parked)
      yield* TestClock.adjust("51 minutes")
      expect(["run", "run/m/1", "run/m/1/a/1"].map((id) => place(data, id))).toEqual([
        completed,
        completed,
        completed
      ])
    })
  )

  it.effect("goes on when somebody answers", () =>
    Effect.gen(function* () {
      const { dagflow, data, start } = yield* TestEngine.open({ engine: { parkAfter: "5 seconds" } })
      yield* start(spec)
      yield* TestClock.adjust("10 minutes")
      expect(place(data, "run/a/1")).toEqual(parked)
      const answer = { _tag: "SendSignal", id: "answer", nodeId: "ask", payload: { by: "me" } } as const
      yield* Effect.orDie(dagflow.send("run/a/1", answer))
      yield* TestClock.adjust("1 minute")
      expect([place(data), place(data, "run/a/1")]).toEqual([completed, completed])
    })
  )
})

describe("a run above a parked child run", () => {
  const nap = node("nap sleep-until", [], { millis: 600_000 })
  const asking = flow([nap, node("ask ask", ["nap"])], {}, { name: "asking" })
  const working = flow([node("work hold")], {}, { name: "working" })

  it.effect("does not say that it waits for somebody as long as the child waits for a time alone", () =>
    Effect.gen(function* () {
      const { data, start } = yield* TestEngine.open({ engine: { parkAfter: "5 seconds" } })
      const run = yield* start(flow([subFlow("a", asking)]))
      const settled = yield* Effect.forkChild(Effect.orDie(run.outcome))
      yield* TestClock.adjust("9 minutes")
      expect(place(data, "run/a/1")).toEqual(parked)
      expect(settled.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("2 minutes")
      expect((yield* Fiber.join(settled)).status).toBe("running")
    })
  )

  it.effect("hears that it waits for somebody by now, also through a run that is parked itself", () =>
    Effect.gen(function* () {
      const { data, script, start } = yield* TestEngine.open({ engine: server })
      const middle = flow([subFlow("a", asking)], {}, { name: "middle" })
      const run = yield* start(flow([subFlow("m", middle), node("busy hold")]))
      const settled = yield* Effect.forkChild(Effect.orDie(run.outcome))
      yield* TestClock.adjust("9 minutes")
      expect(["run/m/1", "run/m/1/a/1"].map((id) => place(data, id))).toEqual([parked, parked])
      script.release("busy")
      yield* TestClock.adjust("1 millis")
      expect(settled.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("2 minutes")
      expect((yield* Fiber.join(settled)).status).toBe("running")
    })
  )

  it.effect("is not parked while the child is at work", () =>
    Effect.gen(function* () {
      const { data, start } = yield* TestEngine.open({ engine: server })
      yield* start(flow([subFlow("a", working)]))
      yield* TestClock.adjust("10 minutes")
      expect([place(data).isOwned, place(data, "run/a/1").isOwned]).toEqual([true, true])
    })
  )
})

describe("a run whose engine is closed in the moment in which it starts", () => {
  it.effect("is not parked: nobody has looked yet what of it is ready", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, engine: { parkAfter: "1 second" } })
      yield* first.start(flow([node("work ok")]))
      yield* first.close
      const { owner, wakeAtMillis } = data.runs.get("run") ?? {}
      expect({ owner, wakeAtMillis }).toEqual({ owner: undefined, wakeAtMillis: undefined })
    })
  )
})
