import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as ProcessClock from "../world/ProcessClock.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const startsOf = (log: ReturnType<TestEngine.TestEngine["log"]>, nodeId: string) =>
  log.flatMap(({ at, event }) => (event._tag === "NodeStarted" && event.nodeId === nodeId ? [at] : []))

describe("row 68: retries wait", () => {
  const table = [
    ["1 s, 2 s, 4 s by default", { jitter: 0 }, [0, 1000, 3000, 7000]],
    ["linear", { jitter: 0, backoff: "linear", initialMillis: 500 }, [0, 500, 1500, 3000]],
    ["fixed, shorter than a second", { jitter: 0, backoff: "fixed", initialMillis: 25 }, [0, 25, 50, 75]],
    ["not at all", { backoff: "immediate" }, [0, 0, 0, 0]],
    ["at most as long as said", { jitter: 0, maxMillis: 1500 }, [0, 1000, 2500, 4000]]
  ] as const
  it.effect.each(table)("%s", ([, retry, expected]) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a flaky", [], { failures: 3 }, { retry: { tries: 4, ...retry } })])
      )
      yield* TestEngine.awaitNode(run, "NodeFailed", "a")
      yield* TestClock.adjust("20 seconds")
      expect((yield* run.outcome).status).toBe("completed")
      expect(startsOf(engine.log("run"), "a")).toEqual(expected)
    })
  )

  it.effect("R12: a node that waits for its retry holds no slot", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ engine: { maxParallel: 1 } })
      const nodes = [node("a flaky", [], { failures: 1 }, { retry: { tries: 2 } }), node("b ok")]
      const run = yield* engine.start(flow(nodes))
      yield* TestEngine.awaitNode(run, "NodeCompleted", "b")
      expect((yield* run.node("a"))?.status).toBe("retrying")
      yield* TestClock.adjust("1 second")
      yield* run.outcome
    })
  )

  it.effect("R16: every attempt gets the same inputs", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const a = node("a flaky", [], { failures: 2, x: "=inputs.x" }, { retry: { tries: 3, jitter: 0 } })
      const run = yield* engine.start(flow([a]), { input: { x: 1 } })
      yield* TestEngine.awaitNode(run, "NodeFailed", "a")
      const reason = yield* TestEngine.reasonOf(
        run.send({ _tag: "SetNodeInputs", nodeId: "a", inputs: { x: { value: 2 } } })
      )
      expect(reason).toMatchObject({ rejection: { _tag: "NodeAlreadyStarted", status: "retrying" } })
      yield* TestClock.adjust("1 minute")
      yield* run.outcome
      expect(engine.script.calls.map((call) => call.input["x"])).toEqual([1, 1, 1])
    })
  )

  it.effect("a cancelled run does not wait for a retry", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a fail", [], {}, { retry: { tries: 2, initialMillis: 60_000 } })])
      )
      yield* TestEngine.awaitNode(run, "NodeFailed", "a")
      const report = yield* run.cancel("enough")
      expect(report).toMatchObject({ status: "cancelled", elapsedMillis: 0, result: { reason: "enough" } })
      yield* TestClock.adjust("2 minutes")
      expect(engine.script.count("a")).toBe(1)
    })
  )

  it.effect("R18: a retry whose time comes while the run is paused starts when it goes on", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a flaky", [], { failures: 1 }, { retry: { tries: 2, jitter: 0 } })])
      )
      yield* TestEngine.awaitNode(run, "NodeFailed", "a")
      yield* run.pause()
      yield* TestClock.adjust("1 hour")
      expect(engine.script.count("a")).toBe(1)
      yield* run.resume()
      yield* run.outcome
      expect(startsOf(engine.log("run"), "a")).toEqual([0, 3_600_000])
    })
  )
})

describe("row 71: time-out of an attempt", () => {
  it.effect("the action is interrupted at the limit, and the next attempt has the whole time again", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a never", [], {}, { timeoutMillis: 100, retry: { tries: 2, backoff: "immediate" } })])
      )
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("99 millis")
      expect((yield* run.node("a"))?.status).toBe("running")
      yield* TestClock.adjust("1 millis")
      yield* TestEngine.awaitNode(run, "NodeStarted", "a", 2)
      yield* TestClock.adjust("100 millis")
      const report = yield* run.outcome
      expect(report.elapsedMillis).toBe(200)
      expect(engine.script.stopped).toEqual(["a", "a"])
      const error = (yield* run.node("a"))?.error
      expect(error).toMatchObject({ cause: "TimedOut", message: "the attempt took longer than 100 ms" })
    })
  )

  it.effect("row 3: a time-out and a thrown error have different causes", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [node("a never"), node("b fail")]
      const run = yield* engine.start(flow(nodes, { nodeTimeoutMillis: 50, onFailure: "continue" }))
      yield* TestEngine.awaitNode(run, "NodeFailed", "b")
      yield* TestClock.adjust("50 millis")
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason).toMatchObject({
        nodes: [{ error: { cause: "Failed" } }, { error: { cause: "TimedOut" } }]
      })
    })
  )

  it.effect("a promise that does not listen to its signal is given up after the grace period", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a deaf", [], {}, { timeoutMillis: 100 })], { cancelGraceMillis: 50 })
      )
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("149 millis")
      expect((yield* run.node("a"))?.status).toBe("running")
      yield* TestClock.adjust("1 millis")
      yield* run.outcome
      expect((yield* run.node("a"))?.error?.cause).toBe("TimedOut")
    })
  )

  it.effect("an attempt that ends in the grace period after its time-out has timed out all the same", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a stubborn", [], {}, { timeoutMillis: 100 })]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("100 millis")
      engine.script.release("a")
      yield* run.outcome
      expect((yield* run.node("a"))?.error?.cause).toBe("TimedOut")
    })
  )

  it.effect("so has a promise that is kept in the grace period after its time-out", () =>
    Effect.gen(function* () {
      const kept = Promise.withResolvers<{ late: boolean }>()
      const slow = Action.fn("slow", () => kept.promise)
      const engine = yield* TestEngine.open({ actions: [slow] })
      const run = yield* engine.start(flow([node("a slow", [], {}, { timeoutMillis: 100 })]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("100 millis")
      kept.resolve({ late: true })
      yield* run.outcome
      expect(yield* run.node("a")).toMatchObject({ status: "failed", error: { cause: "TimedOut" } })
    })
  )
})

describe("row 72: time-out of the run", () => {
  it.effect("the run ends with it although one node is long", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a never"), node("b ok", ["a"])], { timeoutMillis: 5000 }))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("5 seconds")
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason).toEqual({ _tag: "TimedOut", timeoutMillis: 5000 })
      expect(story(engine.log("run"))).toEqual([
        "a starts",
        "RunInterrupted timed_out",
        "b cancelled timed_out pending",
        "a cancelled timed_out interrupted",
        "RunFailed TimedOut"
      ])
    })
  )

  it.effect("R18: it goes on while the run is paused", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold"), node("b ok", ["a"])], { timeoutMillis: 5000 }))
      yield* run.pause()
      engine.script.release("a")
      expect((yield* run.outcome).status).toBe("paused")
      yield* TestClock.adjust("5 seconds")
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({ _tag: "TimedOut" })
    })
  )

  it.effect("it counts from the start of the run, also for the process that takes it up", () =>
    Effect.gen(function* () {
      const first = yield* TestEngine.open()
      const run = yield* first.start(flow([node("a never")], { timeoutMillis: 5000 }))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("4 seconds")
      yield* first.close
      const second = yield* TestEngine.open({ data: first.data })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      yield* TestEngine.awaitNode(resumed, "NodeStarted", "a", 2)
      yield* TestClock.adjust("1 second")
      expect(yield* TestEngine.reasonOf(resumed.outputs)).toMatchObject({ _tag: "TimedOut" })
      expect(yield* Clock.currentTimeMillis).toBe(5000)
    })
  )

  it.effect("a run that is taken up after its time starts nothing, and answers that were in time count", () =>
    Effect.gen(function* () {
      const script = new Script()
      const first = yield* TestEngine.open({ script })
      const nodes = [node("a hold"), node("b ask"), node("c ok", ["b"]), node("d ok", ["a"])]
      const run = yield* first.start(flow(nodes, { timeoutMillis: 5000 }))
      yield* TestEngine.awaitNode(run, "NodeWaiting", "b")
      yield* first.close
      const second = yield* TestEngine.open({ data: first.data, script })
      yield* second.dagflow.send("run", { _tag: "SendSignal", nodeId: "b", payload: { early: true } })
      yield* TestClock.adjust("1 hour")
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      expect(yield* TestEngine.reasonOf(resumed.outputs)).toMatchObject({ _tag: "TimedOut" })
      expect(script.called).toEqual(["a", "b"])
      expect((yield* resumed.node("b"))?.outputs).toEqual({ early: true })
      const late = second.log("run").filter(({ at, event }) => event._tag === "NodeStarted" && at >= 5000)
      expect(late).toEqual([])
    })
  )

  it.effect("what comes after its time and before the alarm of it starts nothing", () =>
    Effect.gen(function* () {
      const clock = yield* ProcessClock.make(0)
      const engine = yield* TestEngine.open({ clock })
      const run = yield* engine.start(flow([node("a hold"), node("b ok", ["a"])], { timeoutMillis: 5000 }))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      // As on a machine that was asleep: it is late, and no timer has told so yet.
      clock.step(6000)
      engine.script.release("a")
      yield* TestEngine.awaitNode(run, "NodeCompleted", "a")
      yield* TestClock.adjust("5 seconds")
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({ _tag: "TimedOut" })
      expect(engine.script.called).toEqual(["a"])
    })
  )

  it.effect("a run without waits leaves no alarm behind", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a ok", [], {}, { timeoutMillis: 60_000 })], { timeoutMillis: 60_000 })
      )
      yield* run.outcome
      const length = engine.log("run").length
      yield* TestClock.adjust("5 minutes")
      expect(engine.log("run")).toHaveLength(length)
    })
  )
})
