import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const twoSteps = [node("a hold"), node("b ok", ["a"]), node("c hold")]

describe("row 84: a run that only waits says so", () => {
  it.effect("a paused run is paused once what runs has ended, and outcome tells", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(twoSteps))
      yield* run.pause("lunch")
      engine.script.release("a")
      engine.script.release("c")
      const report = yield* run.outcome
      expect(report).toMatchObject({ status: "paused", onlyWaits: true })
      expect(report.waiting.map((one) => one.text).join()).toContain("lunch")
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason).toMatchObject({ _tag: "Waiting", reasons: [expect.stringContaining("lunch")] })
      expect(engine.script.called).toEqual(["a", "c"])
      yield* run.resume()
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("a run waits whose paused branch holds a failure handler back, and goes on with it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold", [], {}, { failure: "ok" })]))
      yield* run.send({ _tag: "PauseBranch", branch: "a" })
      engine.script.fail("a")
      const report = yield* run.outcome
      expect(report).toMatchObject({ status: "running", onlyWaits: true })
      expect(report.waiting.map(({ text }) => text)).toEqual([
        'branch "a" is paused and holds 1 node back: resume it, or cancel it'
      ])
      yield* run.send({ _tag: "ResumeBranch", branch: "a" })
      expect((yield* run.outcome).totals).toMatchObject({ recovered: 1 })
    })
  )

  it.effect(
    "a run whose remaining branch is paused is running with a reason, and goes on when it is resumed",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        const run = yield* engine.start(flow([node("a hold"), node("b ok", ["a"]), node("c ok", ["a"])]))
        yield* run.send({ _tag: "PauseBranch", branch: "b", reason: "not yet" })
        engine.script.release("a")
        const report = yield* run.outcome
        expect(report).toMatchObject({
          status: "running",
          onlyWaits: true,
          waiting: [{ reason: { branch: "b" } }]
        })
        expect((yield* run.node("c"))?.status).toBe("completed")
        yield* run.send({ _tag: "ResumeBranch", branch: "b" })
        expect((yield* run.outcome).status).toBe("completed")
      })
  )

  it.effect("row 83: the log says which branch, and why", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold"), node("b ok", ["a"])]))
      yield* run.send({ _tag: "PauseBranch", branch: "b", reason: "not yet" })
      yield* run.send({ _tag: "ResumeBranch", branch: "b", reason: "now" })
      yield* run.send({ _tag: "CancelBranch", branch: "b", reason: "never mind" })
      engine.script.release("a")
      yield* run.outcome
      const told = engine.log("run").filter(({ event }) => event._tag.startsWith("Branch"))
      expect(told.map(({ event, runId }) => [runId, event])).toEqual([
        ["run", { _tag: "BranchPaused", branch: "b", reason: "not yet" }],
        ["run", { _tag: "BranchResumed", branch: "b", reason: "now" }],
        ["run", { _tag: "BranchCancelled", branch: "b", reason: "never mind" }]
      ])
    })
  )

  it.effect("pausing a paused run and resuming a running one change nothing", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(twoSteps))
      yield* run.resume()
      yield* run.pause()
      yield* run.pause()
      yield* run.resume()
      engine.script.release("a")
      engine.script.release("c")
      yield* run.outcome
      expect(story(engine.log("run")).filter((text) => text.startsWith("Run"))).toEqual([
        "RunPaused",
        "RunResumed"
      ])
    })
  )
})

describe("row 63, R14: a failure that pauses", () => {
  it.effect("RetryNode goes on with the next attempt, and the run with it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [node("a flaky", [], { failures: 1 }), node("b ok", ["a"])]
      const run = yield* engine.start(flow(nodes, { onFailure: "pause" }))
      expect((yield* run.outcome).status).toBe("paused")
      yield* run.send({ _tag: "RetryNode", nodeId: "a" })
      expect((yield* run.outcome).status).toBe("completed")
      expect(story(engine.log("run"))).toEqual([
        "a starts",
        "a fails Failed",
        "RunPaused by a",
        "a retry requested",
        "RunResumed",
        "a starts 2",
        "a completes",
        "b starts",
        "b completes"
      ])
    })
  )

  it.effect("inputs can be set before the retry", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a flaky", [], { failures: 9 })], { onFailure: "pause" }))
      yield* run.outcome
      yield* run.send({ _tag: "PauseRun" })
      yield* run.send({ _tag: "RetryNode", nodeId: "a" })
      yield* run.send({ _tag: "SetNodeInputs", nodeId: "a", inputs: { failures: { value: 0 } } })
      yield* run.resume()
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("the pause, and which failures caused it, survive a restart", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const nodes = [
        node("a flaky", [], { failures: 1 }),
        node("b flaky", [], { failures: 1 }),
        node("c ok", ["a", "b"])
      ]
      const first = yield* TestEngine.open({ data, script })
      const run = yield* first.start(flow(nodes, { onFailure: "pause" }))
      yield* run.outcome
      yield* first.close
      const second = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      expect((yield* resumed.outcome).status).toBe("paused")
      expect(script.called).toEqual(["a", "b"])
      yield* resumed.resume()
      expect((yield* resumed.outcome).status).toBe("completed")
      expect(script.called).toEqual(["a", "b", "a", "b", "c"])
    })
  )
})

describe("row 86: what is set while a run is paused is seen by the next node", () => {
  it.effect("inputs, and nodes that were added", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold"), node("b ok", ["a"], { value: "before" })]))
      yield* run.pause()
      yield* run.send({ _tag: "SetNodeInputs", nodeId: "b", inputs: { value: { value: "after" } } })
      const { nodeIds } = yield* run.send({ _tag: "AddNode", node: { action: "ok", dependencies: ["b"] } })
      engine.script.release("a")
      yield* run.outcome
      yield* run.resume()
      yield* run.outcome
      expect(nodeIds).toEqual(["ok_1"])
      expect((yield* run.node("b"))?.outputs).toEqual({ value: "after" })
      expect((yield* run.node("ok_1"))?.status).toBe("completed")
    })
  )
})
