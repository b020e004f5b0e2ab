/*
 * Goal: a run and its child runs live and die together as documented: cancelled, paused, timed out, parked and taken up, in
 * either order and by several processes, and never is one child started twice.
 * Method: engines on one store in memory, cut off from it as `kill -9` does.
 */
import { describe, expect, it } from "@effect/vitest"
import { StoreError } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { EngineOptions } from "../../src/engine/EngineConfig.ts"
import { attach, begun, holding, reached, statusOf } from "../world/ChildRuns.ts"
import { lines } from "../world/EventLine.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const asking = flow([node("ask ask"), node("after ok", ["ask"])], {}, { name: "asking" })

describe("a run that is cancelled", () => {
  it.effect("cancels its child runs, and ends when they have", () =>
    Effect.gen(function* () {
      const deep = flow([subFlow("b", holding)], {}, { name: "deep" })
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([subFlow("a", deep)]))
      yield* reached(engine, "run/a/1/b/1", "NodeStarted", "work")
      const { result } = yield* Effect.orDie(run.cancel("enough"))
      expect(result).toEqual({ _tag: "Cancelled", reason: "enough" })
      expect(engine.script.stopped).toEqual(["work"])
      expect(["run", "run/a/1", "run/a/1/b/1"].map((id) => statusOf(engine, id))).toEqual([
        "cancelled",
        "cancelled",
        "cancelled"
      ])
      expect(lines(engine.log("run")).filter((line) => line.startsWith("a "))).toMatchInlineSnapshot(`
        [
          "a goes on as run/a/1",
          "a cancelled run_cancelled interrupted",
        ]
      `)
    })
  )

  it.effect("does not wait for ever for a child that does not listen", () =>
    Effect.gen(function* () {
      const deaf = flow([node("work deaf")], { cancelGraceMillis: 60_000 }, { name: "deaf" })
      const { engine, run } = yield* begun(flow([subFlow("a", deaf)], { cancelGraceMillis: 1000 }))
      const ended = yield* Effect.forkChild(Effect.orDie(run.cancel()))
      yield* TestClock.adjust(59_999)
      expect(statusOf(engine, "run")).toBe("running")
      yield* TestClock.adjust(1001)
      yield* Fiber.join(ended)
      expect(["run", "run/a/1"].map((id) => statusOf(engine, id))).toEqual(["cancelled", "cancelled"])
    })
  )

  it.effect("while nobody has it starts nothing any more, nor do its child runs", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const { engine } = yield* begun(undefined, { data, script })
      engine.kill()
      yield* TestClock.adjust("11 seconds")
      const sender = yield* TestEngine.open({ data, script })
      const sent = yield* Effect.forkChild(sender.dagflow.send("run", { _tag: "CancelRun", id: "stop" }), {
        startImmediately: true
      })
      yield* TestClock.adjust("11 seconds")
      expect(yield* Fiber.join(sent)).toBeUndefined()
      const third = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(third.dagflow.resume("run"))
      expect((yield* Effect.orDie(resumed.outcome)).status).toBe("cancelled")
      expect(statusOf(third, "run/a/1")).toBe("cancelled")
      expect(script.count("work")).toBe(1)
    })
  )

  it.effect("because of a failure elsewhere takes its child runs with it", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun(flow([subFlow("a", holding), node("b hold")]))
      engine.script.fail("b")
      const { result } = yield* Effect.orDie(run.outcome)
      expect(result?._tag).toBe("Failed")
      expect(statusOf(engine, "run/a/1")).toBe("cancelled")
    })
  )

  it.effect("in a branch cancels the child runs of that branch alone", () =>
    Effect.gen(function* () {
      const spec = flow([subFlow("a", holding), subFlow("b", flow([node("work ok")], {}, { name: "quick" }))])
      const { engine, run } = yield* begun(spec)
      yield* Effect.orDie(run.send({ _tag: "CancelBranch", branch: "a" }))
      const { result } = yield* Effect.orDie(run.outcome)
      expect(result?._tag).toBe("Completed")
      expect(["run/a/1", "run/b/1"].map((id) => statusOf(engine, id))).toEqual(["cancelled", "completed"])
    })
  )
})

describe("a child run", () => {
  it.effect("that somebody cancels fails its node, which is not retried", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun(flow([subFlow("a", holding, {}, { retry: { tries: 3 } })]))
      const child = yield* attach(engine, "run/a/1")
      yield* Effect.orDie(child.cancel("not this one"))
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason).toMatchObject({
        _tag: "NodesFailed",
        nodes: [
          {
            nodeId: "a",
            attempts: 1,
            error: {
              cause: "SubFlowFailed",
              tag: "Cancelled",
              message: 'run "run/a/1" was cancelled: not this one'
            }
          }
        ]
      })
    })
  )

  it.effect("that takes longer than its node may is cancelled, and the node fails with its time-out", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun(flow([subFlow("a", holding, {}, { timeoutMillis: 2000 })]))
      yield* TestClock.adjust(2000)
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({
        nodes: [{ error: { cause: "TimedOut", message: "the attempt took longer than 2000 ms" } }]
      })
      expect(statusOf(engine, "run/a/1")).toBe("cancelled")
    })
  )

  it.effect("pauses and goes on with its parent", () =>
    Effect.gen(function* () {
      const two = flow([node("work hold"), node("next ok", ["work"])], {}, { name: "two" })
      const { engine, run } = yield* begun(flow([subFlow("a", two)]))
      yield* Effect.orDie(run.pause("lunch"))
      while (statusOf(engine, "run/a/1") !== "paused") yield* Effect.yieldNow
      engine.script.release("work")
      yield* reached(engine, "run/a/1", "NodeCompleted", "work")
      expect(engine.script.count("next")).toBe(0)
      yield* Effect.orDie(run.resume())
      yield* Effect.orDie(run.outputs)
      expect(engine.script.count("next")).toBe(1)
    })
  )

  it.effect("that was paused by itself stays so when its parent goes on", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun()
      const child = yield* attach(engine, "run/a/1")
      yield* Effect.orDie(child.pause("mine"))
      yield* Effect.orDie(run.pause())
      yield* Effect.orDie(run.resume())
      engine.script.release("work")
      yield* TestClock.adjust("1 second")
      expect(statusOf(engine, "run/a/1")).toBe("paused")
      yield* Effect.orDie(child.resume())
      expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { work: {} } })
    })
  )

  it.effect("that waits for somebody lets its parent say that it waits, too", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([subFlow("a", flow([subFlow("b", asking)], {}, { name: "middle" }))])
      )
      expect((yield* TestEngine.reasonOf(run.outputs))._tag).toBe("Waiting")
      const child = yield* attach(engine, "run/a/1/b/1")
      yield* Effect.orDie(child.answer("ask", { value: 5 }))
      expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { b: { after: { value: "after" } } } })
    })
  )
})

describe("a run and its child in several processes", () => {
  const server: EngineOptions = { recovery: "continuous", lease: "9 seconds", parkAfter: "5 seconds" }

  it.effect("park both while the child waits for somebody, and both go on with the answer", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, engine: server })
      yield* first.start(flow([subFlow("a", asking), node("b ok", ["a"])]))
      yield* reached(first, "run/a/1", "NodeWaiting", "ask")
      yield* TestClock.adjust("30 seconds")
      expect(["run", "run/a/1"].map((id) => data.runs.get(id)?.owner)).toEqual([undefined, undefined])
      yield* first.close
      const second = yield* TestEngine.open({ data, engine: { ...server, owner: "second" } })
      yield* Effect.orDie(second.dagflow.send("run/a/1", { _tag: "SendSignal", nodeId: "ask", payload: {} }))
      const run = yield* attach(second, "run")
      yield* TestClock.adjust("30 seconds")
      expect((yield* Effect.orDie(run.outcome)).result?._tag).toBe("Completed")
    })
  )

  it.effect("both go on in another process after the death of their own, and no child starts twice", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const { engine: first } = yield* begun(flow([subFlow("a", holding)]), {
        data,
        engine: { ...server, owner: "first" }
      })
      first.kill()
      const script = new Script()
      script.release("work")
      const second = yield* TestEngine.open({ data, script, engine: { ...server, owner: "second" } })
      yield* TestClock.adjust("30 seconds")
      expect(["run", "run/a/1"].map((id) => statusOf(second, id))).toEqual(["completed", "completed"])
      expect([...data.runs.keys()]).toEqual(["run", "run/a/1"])
    })
  )

  for (const order of [
    ["run", "run/a/1"],
    ["run/a/1", "run"]
  ] as const) {
    it.effect(`go on in two processes when ${order[0]} is taken up first`, () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const { engine: first } = yield* begun(flow([subFlow("a", holding)]), { data })
        yield* first.close
        const engines = [yield* TestEngine.open({ data }), yield* TestEngine.open({ data })] as const
        // The parent takes its child up with it, unless another process has it.
        if (order[0] === "run/a/1") {
          const child = yield* Effect.orDie(engines[0].dagflow.resume("run/a/1"))
          yield* reached(engines[0], "run/a/1", "NodeStarted", "work")
          const run = yield* Effect.orDie(engines[1].dagflow.resume("run"))
          engines[0].script.release("work")
          yield* Effect.orDie(child.outcome)
          expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { work: {} } })
        } else {
          const run = yield* Effect.orDie(engines[0].dagflow.resume("run"))
          for (const engine of engines) engine.script.release("work")
          expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { work: {} } })
        }
        expect([...data.runs.keys()]).toEqual(["run", "run/a/1"])
      })
    )
  }

  it.effect("cancel a child whose parent was cancelled in the moment in which its process died", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const { engine: first, run } = yield* begun(flow([subFlow("a", holding)]), {
        data,
        engine: { ...server, owner: "first" },
        driver: (driver) => ({
          ...driver,
          // The child's mail never goes out.
          putMail: (runId, mail) => (runId === "run" ? driver.putMail(runId, mail) : Effect.never)
        })
      })
      yield* Effect.forkChild(Effect.exit(run.cancel()))
      while (!first.log("run").some(({ event }) => event._tag === "RunInterrupted")) yield* Effect.yieldNow
      first.kill()
      const second = yield* TestEngine.open({ data, engine: { ...server, owner: "second" } })
      yield* TestClock.adjust("30 seconds")
      expect(["run", "run/a/1"].map((id) => statusOf(second, id))).toEqual(["cancelled", "cancelled"])
    })
  )

  it.effect("tell the parent again when the process of the child died in between", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      let isMute = true
      const { engine: first } = yield* begun(flow([subFlow("a", holding)]), {
        data,
        engine: { ...server, owner: "first" },
        driver: (driver) => ({
          ...driver,
          putMail: (runId, mail) => (isMute ? Effect.never : driver.putMail(runId, mail))
        })
      })
      first.script.release("work", { value: 1 })
      yield* TestClock.adjust("1 second")
      // What it came to is settled, and it does not end before its parent knows.
      expect(first.log("run/a/1").at(-1)?.event._tag).toBe("RunEnding")
      first.kill()
      isMute = false
      const second = yield* TestEngine.open({ data, engine: { ...server, owner: "second" } })
      yield* TestClock.adjust("30 seconds")
      expect(second.script.calls).toEqual([])
      expect(yield* Effect.orDie((yield* attach(second, "run")).outputs)).toEqual({
        a: { work: { value: 1 } }
      })
    })
  )
})

describe("a child that has told how it ended, and whose process died right then", () => {
  const lost = Effect.gen(function* () {
    const data = new MemoryStoreData()
    let kill = () => {}
    const { engine } = yield* begun(flow([subFlow("a", holding), node("b hold", ["a"])]), {
      data,
      driver: (driver) => ({
        ...driver,
        putMail: (runId, mail) => Effect.tap(driver.putMail(runId, mail), () => Effect.sync(() => kill()))
      })
    })
    kill = engine.kill
    engine.script.release("work")
    yield* TestClock.adjust("11 seconds")
    expect(["run", "run/a/1"].map((id) => statusOf(engine, id))).toEqual(["running", "running"])
    expect(engine.log("run/a/1").at(-1)?.event._tag).toBe("RunEnding")
    return data
  })

  it.effect("records its end in the process that takes its parent up", () =>
    Effect.gen(function* () {
      const data = yield* lost
      const second = yield* TestEngine.open({ data })
      yield* Effect.orDie(second.dagflow.resume("run"))
      yield* reached(second, "run", "NodeStarted", "b")
      yield* TestClock.adjust("1 millis")
      expect(statusOf(second, "run/a/1")).toBe("completed")
      expect(data.runs.get("run/a/1")?.owner).toBeUndefined()
    })
  )

  it.effect("does so as soon as nobody can have it any more", () =>
    Effect.gen(function* () {
      const data = yield* lost
      const child = data.runs.get("run/a/1")
      Object.assign(child ?? {}, { leaseUntilMillis: (child?.leaseUntilMillis ?? 0) + 6000 })
      const second = yield* TestEngine.open({ data })
      yield* Effect.orDie(second.dagflow.resume("run"))
      yield* reached(second, "run", "NodeStarted", "b")
      yield* TestClock.adjust("1 second")
      expect(statusOf(second, "run/a/1")).toBe("running")
      yield* TestClock.adjust("10 seconds")
      expect(statusOf(second, "run/a/1")).toBe("completed")
    })
  )

  it.effect("is not outlived by its parent, so that the next process finds it when that one dies, too", () =>
    Effect.gen(function* () {
      const data = yield* lost
      const second = yield* TestEngine.open({
        data,
        driver: (driver) => ({
          ...driver,
          claim: (request) =>
            request.runId === "run/a/1"
              ? Effect.succeed({ _tag: "Owned", owner: "first", leaseUntilMillis: 0 })
              : driver.claim(request)
        })
      })
      yield* Effect.orDie(second.dagflow.resume("run"))
      yield* reached(second, "run", "NodeStarted", "b")
      second.script.release("b")
      yield* TestClock.adjust("1 second")
      expect(second.log("run").at(-1)?.event._tag).toBe("RunEnding")
      second.kill()
      yield* TestClock.adjust("11 seconds")
      const third = yield* TestEngine.open({ data })
      const run = yield* Effect.orDie(third.dagflow.resume("run"))
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
      expect(statusOf(third, "run/a/1")).toBe("completed")
      expect(third.script.calls).toEqual([])
      expect([...data.runs.values()].map(({ mail }) => mail.size)).toEqual([0, 0])
    })
  )

  it.effect("is waited for while the store is away", () =>
    Effect.gen(function* () {
      const data = yield* lost
      let isAway = true
      const second = yield* TestEngine.open({
        data,
        driver: (driver) => ({
          ...driver,
          claim: (request) =>
            isAway && request.runId === "run/a/1"
              ? Effect.fail(
                  new StoreError({
                    runId: request.runId,
                    operation: "claim",
                    reason: { _tag: "Unavailable", message: "away" }
                  })
                )
              : driver.claim(request)
        })
      })
      const run = yield* Effect.orDie(second.dagflow.resume("run"))
      second.script.release("b")
      yield* TestClock.adjust("10 minutes")
      expect(["run", "run/a/1"].map((id) => statusOf(second, id))).toEqual(["running", "running"])
      isAway = false
      yield* TestClock.adjust("10 seconds")
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
      expect(statusOf(second, "run/a/1")).toBe("completed")
    })
  )
})

describe("a fork of a run with child runs", () => {
  it.effect("keeps what ended, and starts children of its own for what went on", () =>
    Effect.gen(function* () {
      const quick = flow([node("work ok")], {}, { name: "quick" })
      const { engine } = yield* begun(
        flow([subFlow("q", quick), subFlow("a", holding, {}, { after: ["q"] })])
      )
      const fork = yield* Effect.orDie(engine.dagflow.fork("run", { id: "fork" }))
      yield* reached(engine, "fork/a/2", "NodeStarted", "work")
      engine.script.release("work")
      expect(yield* Effect.orDie(fork.outputs)).toEqual({ a: { work: {} } })
      expect([...engine.data.runs.keys()].filter((id) => id.startsWith("fork"))).toEqual(["fork", "fork/a/2"])
    })
  )

  it.effect("of a child run is no child any more", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun()
      const fork = yield* Effect.orDie(engine.dagflow.fork("run/a/1", { id: "fork" }))
      engine.script.release("work")
      yield* Effect.orDie(run.outputs)
      yield* Effect.orDie(fork.outputs)
      const first = engine.log("fork")[0]?.event
      expect(first !== undefined && "parent" in first).toBe(false)
    })
  )
})
