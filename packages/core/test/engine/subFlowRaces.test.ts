/*
 * Goal: what happens between a run and its child runs at an unlucky moment, each found by random programs: an attempt that is given
 * up while its child is created or goes on, owners that are lost in between, and what is ready while children only wait.
 * Method: engines on one store in memory, cut off from it as `kill -9` does.
 */
import { describe, expect, it } from "@effect/vitest"
import type { StoreDriverShape } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { holding, reached, statusOf } from "../world/ChildRuns.ts"
import { flow, mapped, node, subFlow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const asking = flow([node("ask ask")], {}, { name: "asking" })

/** A store that creates child runs only once a test lets it, and tells when it is asked to. */
const creatingLate =
  (isAsked: Deferred.Deferred<void>, mayCreate: Deferred.Deferred<void>) =>
  (driver: StoreDriverShape): StoreDriverShape => ({
    ...driver,
    create: (run) =>
      run.runId === "run"
        ? driver.create(run)
        : Deferred.succeed(isAsked, undefined).pipe(
            Effect.andThen(Deferred.await(mayCreate)),
            Effect.andThen(driver.create(run))
          )
  })

describe("an attempt whose child run did not end in time", () => {
  it.effect("is followed by one that has all of its time", () =>
    Effect.gen(function* () {
      const deaf = flow([node("work deaf")], { cancelGraceMillis: 60_000 }, { name: "deaf" })
      const engine = yield* TestEngine.open()
      const retry = { tries: 2, backoff: "immediate", jitter: 0 } as const
      yield* engine.start(
        flow([subFlow("a", deaf, {}, { timeoutMillis: 1000, retry })], { cancelGraceMillis: 0 })
      )
      yield* reached(engine, "run/a/1", "NodeStarted", "work")
      yield* TestClock.adjust(61_000)
      yield* reached(engine, "run/a/2", "NodeStarted", "work")
      yield* TestClock.adjust(999)
      expect(statusOf(engine, "run/a/2")).toBe("running")
      expect(engine.script.count("work")).toBe(2)
    })
  )

  it.effect("is not given up before its child, which was just being created, has been told to stop", () =>
    Effect.gen(function* () {
      const isAsked = yield* Deferred.make<void>()
      const mayCreate = yield* Deferred.make<void>()
      const quick = flow([node("work hold")], { cancelGraceMillis: 0 }, { name: "quick" })
      const engine = yield* TestEngine.open({
        driver: creatingLate(isAsked, mayCreate)
      })
      // What was asked of a store is seen to the end, also by a test that fails.
      yield* Effect.addFinalizer(() => Deferred.succeed(mayCreate, undefined))
      const spec = flow([subFlow("a", quick, {}, { timeoutMillis: 1000 })], { cancelGraceMillis: 0 })
      const run = yield* engine.start(spec)
      yield* Deferred.await(isAsked)
      yield* TestClock.adjust(1000)
      expect(statusOf(engine, "run")).toBe("running")
      yield* Deferred.succeed(mayCreate, undefined)
      expect((yield* Effect.orDie(run.outcome)).status).toBe("failed")
      yield* TestClock.adjust(1)
      expect(statusOf(engine, "run/a/1")).toBe("cancelled")
    })
  )
})

describe("a run whose child is parked until its next try", () => {
  for (const recovery of ["continuous", "on_request"] as const) {
    it.effect(`waits for that, and for nobody, where recovery is ${recovery}`, () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open({ engine: { recovery, parkAfter: 0 } })
        const retry = { tries: 2, backoff: "fixed", initialMillis: 15_000, jitter: 0 } as const
        const patient = flow([node("work flaky", [], { failures: 1 }, { retry })], {}, { name: "patient" })
        const run = yield* engine.start(flow([subFlow("a", patient)]))
        yield* reached(engine, "run/a/1", "NodeFailed", "work")
        yield* TestClock.adjust(1000)
        expect(engine.data.runs.get("run/a/1")?.owner).toBeUndefined()
        const outcome = yield* Effect.forkChild(Effect.orDie(run.outcome), { startImmediately: true })
        yield* TestClock.adjust(15_000)
        expect((yield* Fiber.join(outcome)).status).toBe("completed")
      })
    )
  }
})

describe("a run that is cancelled while its child is being created", () => {
  it.effect("tells it so only once that is in the log", () =>
    Effect.gen(function* () {
      const isAsked = yield* Deferred.make<void>()
      const mayCreate = yield* Deferred.make<void>()
      const mayWrite = yield* Deferred.make<void>()
      let isHeld = false
      const engine = yield* TestEngine.open({
        driver: (driver) => ({
          ...creatingLate(isAsked, mayCreate)(driver),
          append: (append) =>
            isHeld && append.runId === "run"
              ? Effect.andThen(Deferred.await(mayWrite), driver.append(append))
              : driver.append(append)
        })
      })
      const run = yield* engine.start(flow([subFlow("a", holding)]))
      yield* Deferred.await(isAsked)
      isHeld = true
      const cancelled = yield* Effect.forkChild(Effect.orDie(run.cancel()), { startImmediately: true })
      yield* TestClock.adjust(1)
      yield* Deferred.succeed(mayCreate, undefined)
      yield* reached(engine, "run/a/1", "NodeStarted", "work")
      yield* TestClock.adjust(1000)
      expect(statusOf(engine, "run/a/1")).toBe("running")
      yield* Deferred.succeed(mayWrite, undefined)
      yield* Fiber.join(cancelled)
      expect(statusOf(engine, "run/a/1")).toBe("cancelled")
    })
  )
})

describe("a child run whose node has timed out, and whose parent is cancelled then", () => {
  it.effect("understands both", () =>
    Effect.gen(function* () {
      const deaf = flow([node("work deaf")], { cancelGraceMillis: 60_000 }, { name: "deaf" })
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([subFlow("a", deaf, {}, { timeoutMillis: 1000 })]))
      yield* reached(engine, "run/a/1", "NodeStarted", "work")
      yield* TestClock.adjust(1000)
      yield* Effect.forkChild(Effect.exit(run.cancel()), { startImmediately: true })
      yield* TestClock.adjust(1000)
      const tags = engine.log("run/a/1").map(({ event }) => event._tag)
      expect(tags).toContain("CommandAccepted")
      expect(tags).not.toContain("CommandRejected")
    })
  )
})

describe("a run that is taken up after its process died", () => {
  it.effect("knows that it was its own time-out that has cancelled a child run", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      let kill = () => {}
      const first = yield* TestEngine.open({
        data,
        engine: { owner: "first" },
        driver: (driver) => ({
          ...driver,
          putMail: (runId, mail) =>
            Effect.tap(driver.putMail(runId, mail), () =>
              Effect.sync(() => mail.id.endsWith(":end") && kill())
            )
        })
      })
      kill = first.kill
      yield* first.start(flow([subFlow("a", holding, {}, { timeoutMillis: 2000 })]))
      yield* reached(first, "run/a/1", "NodeStarted", "work")
      yield* TestClock.adjust(2000)
      expect(first.log("run").at(-1)?.event._tag).toBe("SubFlowStarted")
      yield* TestClock.adjust("11 seconds")
      const second = yield* TestEngine.open({ data, engine: { owner: "second" } })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({
        nodes: [{ error: { cause: "TimedOut", message: "the attempt took longer than 2000 ms" } }]
      })
    })
  )

  it.effect("takes its child up as well whose owner's claim lasts longer", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, engine: { owner: "first" } })
      yield* first.start(flow([subFlow("a", holding)]))
      yield* reached(first, "run/a/1", "NodeStarted", "work")
      first.kill()
      const child = data.runs.get("run/a/1")
      Object.assign(child ?? {}, { leaseUntilMillis: (child?.leaseUntilMillis ?? 0) + 6000 })
      yield* TestClock.adjust("11 seconds")
      const second = yield* TestEngine.open({ data, engine: { owner: "second" } })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      second.script.release("work")
      yield* TestClock.adjust("10 seconds")
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
    })
  )

  it.effect("starts nothing beside a child run that is more urgent", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, engine: { owner: "first" } })
      const spec = flow([subFlow("a", holding, {}, { priority: 1 }), node("b ok")], {
        strategy: "work_queue"
      })
      yield* first.start(spec)
      yield* reached(first, "run/a/1", "NodeStarted", "work")
      first.kill()
      yield* TestClock.adjust("11 seconds")
      const second = yield* TestEngine.open({ data, engine: { owner: "second" } })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      yield* TestClock.adjust("1 second")
      expect(second.script.count("b")).toBe(0)
      second.script.release("work")
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
      expect(second.script.count("b")).toBe(1)
    })
  )
})

describe("a run that has nodes that are ready, and whose child only waits for somebody", () => {
  const ready: Readonly<Record<string, ReturnType<typeof flow>>> = {
    "the next level": flow([subFlow("a", asking), node("b ok"), node("c ok", ["b"])], { strategy: "level" }),
    "the next step": flow([subFlow("a", asking), node("b ok"), node("c ok", ["b"])], {
      strategy: "superstep"
    }),
    "a list": flow(
      [
        subFlow("a", asking),
        node("b ok"),
        mapped("l ok", { value: [1] }, {}, { dependencies: ["b"] }),
        node("c ok", ["b"])
      ],
      { strategy: "superstep" }
    ),
    "what is less urgent": flow([subFlow("a", asking, {}, { priority: 1 }), node("c ok")], {
      strategy: "work_queue"
    }),
    "what shares its budget": flow(
      [
        subFlow("a", asking, {}, { priority: 1, estimate: { tokens: 6 } }),
        // What nobody has estimated shares its budget with nothing.
        node("c ok")
      ],
      { budget: { tokens: 10 } }
    )
  }
  for (const [name, spec] of Object.entries(ready)) {
    it.effect(`says that it waits, where it holds back ${name}`, () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const engine = yield* TestEngine.open({ data })
        const run = yield* engine.start(spec)
        const report = yield* Effect.orDie(run.outcome)
        expect(report.waiting).toMatchObject([{ reason: { _tag: "ChildWaits", runId: "run/a/1" } }])
        // Whoever only has the store sees the same.
        const other = yield* TestEngine.open({ data, engine: { owner: "other" } })
        const attached = yield* Effect.orDie(other.dagflow.attach("run"))
        expect((yield* Effect.orDie(attached.outcome)).waiting).toHaveLength(1)
        const child = yield* Effect.orDie(engine.dagflow.attach("run/a/1"))
        yield* Effect.orDie(child.answer("ask", { value: 5 }))
        expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
        expect(engine.script.count("c")).toBe(1)
      })
    )
  }

  it.effect("says that it waits, where a retry waits for its budget", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const retry = { tries: 2, backoff: "fixed", initialMillis: 10, jitter: 0 } as const
      const run = yield* engine.start(
        flow(
          [
            { ...node("c fail"), estimate: { tokens: 6 }, priority: 1, retry },
            subFlow("a", asking, {}, { estimate: { tokens: 6 } })
          ],
          {
            budget: { tokens: 100 },
            onFailure: "best_effort"
          }
        )
      )
      yield* reached(engine, "run/a/1", "NodeWaiting", "ask")
      yield* TestClock.adjust(5)
      yield* Effect.orDie(run.send({ _tag: "SetBudget", tokens: 15 }))
      const outcome = yield* Effect.forkChild(Effect.orDie(run.outcome), { startImmediately: true })
      yield* TestClock.adjust(20)
      expect(outcome.pollUnsafe()).toBeDefined()
    })
  )
})
