/*
 * Goal: a run goes on, or is given up with a reason, whatever becomes of the processes that have its child runs; it never waits
 * for a child that nobody has.
 * Method: engines on one store in memory that claim at different times, die, take each other's runs, or cannot reach the store.
 */
import { describe, expect, it } from "@effect/vitest"
import { type FlowSpec, StoreError } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { begun, holding, reached, statusOf } from "../world/ChildRuns.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

describe("a child whose claim outlives that of its parent, after both lost their process", () => {
  // The child is created between two renewals: its first claim ends seconds after the last one of its parent.
  const lost = Effect.fnUntraced(function* (child = holding, config: FlowSpec.FlowSpec["config"] = {}) {
    const data = new MemoryStoreData()
    const engine = yield* TestEngine.open({ data })
    yield* engine.start(flow([node("first hold"), subFlow("a", child, {}, { after: ["first"] })], config))
    yield* TestClock.adjust("3 seconds")
    engine.script.release("first")
    yield* reached(engine, "run/a/1", "NodeStarted", "work")
    engine.kill()
    const ends = ["run", "run/a/1"].map((id) => data.runs.get(id)?.leaseUntilMillis ?? 0) as [number, number]
    expect(ends[1] - ends[0]).toBeGreaterThan(2000)
    yield* TestClock.adjust(ends[0] + 1000 - 3000)
    return data
  })

  it.effect("goes on where its parent has been taken up, once its own claim is over", () =>
    Effect.gen(function* () {
      const data = yield* lost()
      const second = yield* TestEngine.open({ data })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      second.script.release("work")
      yield* TestClock.adjust("1 second")
      expect(second.script.called).toEqual([])
      yield* TestClock.adjust("20 seconds")
      expect(second.script.called).toEqual(["work"])
      expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { work: {} } })
    })
  )

  it.effect("is cancelled there, although nothing of it has run there before", () =>
    Effect.gen(function* () {
      const data = yield* lost()
      const second = yield* TestEngine.open({ data })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      yield* TestClock.adjust("1 second")
      const cancelled = yield* Effect.forkChild(Effect.orDie(run.cancel("enough")))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.join(cancelled)
      expect(second.script.called).toEqual([])
      expect(["run", "run/a/1"].map((id) => statusOf(second, id))).toEqual(["cancelled", "cancelled"])
    })
  )

  it.effect("is cancelled in the end, although its parent could not wait for that", () =>
    Effect.gen(function* () {
      const quick = { cancelGraceMillis: 100 }
      const data = yield* lost(flow([node("work hold")], quick, { name: "holding" }), quick)
      const second = yield* TestEngine.open({ data })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      const cancelled = yield* Effect.forkChild(Effect.orDie(run.cancel("enough")))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(cancelled)
      expect(["run", "run/a/1"].map((id) => statusOf(second, id))).toEqual(["cancelled", "running"])
      yield* TestClock.adjust("20 seconds")
      expect(second.script.called).toEqual([])
      expect(statusOf(second, "run/a/1")).toBe("cancelled")
    })
  )

  it.effect("is left to another process that has taken it up meanwhile, until that dies, too", () =>
    Effect.gen(function* () {
      const data = yield* lost()
      const second = yield* TestEngine.open({ data })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      const third = yield* TestEngine.open({ data })
      yield* Effect.orDie(third.dagflow.resume("run/a/1", { force: true }))
      yield* reached(third, "run/a/1", "NodeStarted", "work")
      yield* TestClock.adjust("1 minute")
      expect([second.script.called, third.script.called]).toEqual([[], ["work"]])
      third.kill()
      second.script.release("work")
      yield* TestClock.adjust("30 seconds")
      expect(second.script.called).toEqual(["work"])
      expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { work: {} } })
    })
  )
})

describe("a child that its process has lost", () => {
  it.effect("to another process comes back when that dies", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const { engine: first, run } = yield* begun(undefined, { data })
      const thief = yield* TestEngine.open({ data })
      yield* Effect.orDie(thief.dagflow.resume("run/a/1", { force: true }))
      yield* reached(thief, "run/a/1", "NodeStarted", "work")
      yield* TestClock.adjust("20 seconds")
      expect(first.script.stopped).toEqual(["work"])
      thief.kill()
      first.script.release("work")
      yield* TestClock.adjust("30 seconds")
      expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { work: {} } })
    })
  )

  it.effect("because the store refused what it wrote is given up by its parent, too, with that reason", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      let isFull = false
      const { engine: first, run } = yield* begun(undefined, {
        data,
        driver: (driver) => ({
          ...driver,
          append: (request) =>
            isFull && request.runId === "run/a/1"
              ? Effect.fail(
                  new StoreError({
                    runId: request.runId,
                    operation: "append",
                    reason: { _tag: "TooLarge", bytes: 2, maximum: 1 }
                  })
                )
              : driver.append(request)
        })
      })
      isFull = true
      first.script.release("work")
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason).toMatchObject({ _tag: "StoreFailed", operation: "append", reason: { _tag: "TooLarge" } })
      isFull = false
      yield* TestClock.adjust("1 second")
      const second = yield* TestEngine.open({ data })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      second.script.release("work")
      expect(yield* Effect.orDie(resumed.outputs)).toEqual({ a: { work: {} } })
    })
  )
})

describe("a child that goes on in another process than its parent", () => {
  const asking = flow([node("ask ask"), node("after hold", ["ask"])], {}, { name: "asking" })
  const answer = { _tag: "SendSignal", id: "answer", nodeId: "ask", payload: {} } as const

  for (const parkAfter of ["Infinity", "5 seconds"] as const) {
    it.effect(`lets its parent say that it waits, and ceases to; parked after ${parkAfter}`, () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const first = yield* TestEngine.open({ data, engine: { parkAfter } })
        yield* first.start(flow([subFlow("a", asking)]))
        yield* reached(first, "run/a/1", "NodeStarted", "ask")
        const second = yield* TestEngine.open({ data })
        const run = yield* Effect.orDie(second.dagflow.resume("run", { force: true }))
        const waiting = yield* Effect.forkChild(Effect.orDie(run.outcome))
        yield* TestClock.adjust("10 seconds")
        expect((yield* Fiber.join(waiting)).status).toBe("running")
        expect(data.runs.get("run/a/1")?.owner === undefined).toBe(parkAfter !== "Infinity")
        const engines = [first, second]
        yield* Effect.forkChild(Effect.orDie(second.dagflow.send("run/a/1", answer)))
        yield* TestClock.adjust("20 seconds")
        const working = yield* Effect.forkChild(Effect.orDie(run.outcome))
        yield* TestClock.adjust("1 minute")
        expect(engines.flatMap(({ script }) => script.called)).toContain("after")
        expect(working.pollUnsafe()).toBeUndefined()
        for (const { script } of engines) script.release("after")
        yield* TestClock.adjust("1 second")
        expect((yield* Fiber.join(working)).status).toBe("completed")
      })
    )
  }
})

describe("a run that cannot reach its child runs", () => {
  const unavailable = (runId: string) =>
    Effect.fail(new StoreError({ runId, operation: "get", reason: { _tag: "Unavailable", message: "away" } }))

  it.effect("since the store is away is given up, and no node fails for it", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      let isAway = true
      const engine = yield* TestEngine.open({
        data,
        driver: (driver) => ({
          ...driver,
          get: (runId) => (isAway && runId === "run/a/1" ? unavailable(runId) : driver.get(runId))
        })
      })
      const run = yield* engine.start(flow([subFlow("a", holding)]))
      const failing = yield* Effect.forkChild(TestEngine.reasonOf(run.outputs))
      yield* TestClock.adjust("2 minutes")
      expect(yield* Fiber.join(failing)).toMatchObject({
        _tag: "StoreFailed",
        operation: "get",
        reason: { _tag: "Unavailable" }
      })
      isAway = false
      const resumed = yield* Effect.orDie(engine.dagflow.resume("run"))
      engine.script.release("work")
      expect(yield* Effect.orDie(resumed.outputs)).toEqual({ a: { work: {} } })
      expect(engine.log("run").filter(({ event }) => event._tag === "NodeFailed")).toEqual([])
    })
  )

  it.effect("since its engine is closed while one is created leaves all to the next process", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const created = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const engine = yield* TestEngine.open({
        data,
        // An attempt that is in flight keeps the run here for a while.
        engine: { shutdownGrace: "10 seconds" },
        driver: (driver) => ({
          ...driver,
          create: (run) =>
            run.runId === "run/a/1"
              ? driver
                  .create(run)
                  .pipe(Effect.tap(Deferred.succeed(created, undefined)), Effect.tap(Deferred.await(goOn)))
              : driver.create(run)
        })
      })
      yield* engine.start(flow([subFlow("a", holding), node("b hold")]))
      yield* Deferred.await(created)
      const closing = yield* Effect.forkChild(engine.close, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(goOn, undefined)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(closing)
      expect(engine.log("run").filter(({ event }) => event._tag === "NodeFailed")).toEqual([])
      expect(["run", "run/a/1"].map((id) => data.runs.get(id)?.owner)).toEqual([undefined, undefined])
      const second = yield* TestEngine.open({ data })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      for (const id of ["work", "b"]) second.script.release(id)
      expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { work: {} }, b: {} })
    })
  )
})
