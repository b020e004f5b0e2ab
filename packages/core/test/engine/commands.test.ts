import { describe, expect, it } from "@effect/vitest"
import type { Command } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const held = flow([node("a hold"), node("b ok", ["a"])])

const add: Command.Command = {
  _tag: "AddNode",
  id: "cmd-1",
  node: { id: "x", action: "ok", dependencies: ["a"] }
}

describe("rows 5, 10, 17: commands from outside", () => {
  it.effect("rows 5, 17: a node that the handle adds runs once with its inputs, time-out and tries", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(held)
      const outcome = yield* run.send({
        _tag: "AddNode",
        node: {
          id: "x",
          action: "flaky",
          inputs: { failures: { value: 1 } },
          timeoutMillis: 1000,
          retry: { tries: 2, backoff: "immediate" }
        }
      })
      expect(outcome.nodeIds).toEqual(["x"])
      yield* TestEngine.awaitNode(run, "NodeCompleted", "x")
      engine.script.release("a")
      yield* run.outcome
      const calls = engine.script.calls.filter((call) => call.nodeId === "x")
      expect(calls.map(({ attempt, input }) => [attempt, input])).toEqual([
        [1, { failures: 1 }],
        [2, { failures: 1 }]
      ])
    })
  )

  it.effect("row 5: the time-out of a node that the handle adds is kept", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(held)
      yield* run.send({ _tag: "AddNode", node: { id: "x", action: "never", timeoutMillis: 1000 } })
      yield* TestEngine.awaitNode(run, "NodeStarted", "x")
      yield* TestClock.adjust("1 second")
      const { event } = yield* TestEngine.awaitNode(run, "NodeFailed", "x")
      expect(event).toMatchObject({ attempt: 1, error: { cause: "TimedOut" } })
    })
  )

  it.effect("row 10: an event of the user's own has the next number", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(held)
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      const { sequence } = yield* run.send({ _tag: "EmitEvent", name: "note", payload: { x: [1, null] } })
      expect(sequence).toBe(4)
      expect(engine.log("run")[3]?.event).toEqual({
        _tag: "EventEmitted",
        name: "note",
        payload: { x: [1, null] }
      })
      yield* run.cancel()
    })
  )

  it.effect("row 15: a command for another run is refused, and the run goes on", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(held)
      const reason = yield* TestEngine.reasonOf(run.send({ _tag: "CancelRun", runId: "other" }))
      expect(reason).toMatchObject({
        _tag: "CommandRejected",
        command: "CancelRun",
        rejection: { _tag: "WrongRun" }
      })
      engine.script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("what is no command is refused and leaves the log readable", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(held)
      const bad: ReadonlyArray<unknown> = [
        { _tag: "AddNode", node: { action: "ok", timeoutMillis: -1 } },
        { _tag: "AddNode", node: { id: "a.b", action: "ok" } },
        { _tag: "EmitEvent", name: "n", payload: { n: Number.NaN } },
        { _tag: "Explode" },
        undefined
      ]
      for (const command of bad) {
        const reason = yield* TestEngine.reasonOf(run.send(command as Command.Command))
        expect(reason).toMatchObject({ _tag: "CommandRejected", rejection: { _tag: "InvalidInput" } })
      }
      engine.script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("commands to a run that is over are refused, and nothing is recorded", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ok")]))
      yield* run.outcome
      const { length } = engine.log("run")
      const reason = yield* TestEngine.reasonOf(run.send({ _tag: "EmitEvent", name: "late" }))
      expect(reason).toMatchObject({
        _tag: "CommandRejected",
        rejection: { _tag: "RunEnded", status: "completed" }
      })
      expect(engine.log("run")).toHaveLength(length)
    })
  )
})

describe("row 14, I6: commands with an id", () => {
  it.effect("sent twice, together or later, it is applied once and answered alike", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(held)
      const [first, second] = yield* Effect.all([run.send(add), run.send(add)], { concurrency: "unbounded" })
      const third = yield* run.send(add)
      expect([second, third]).toEqual([first, first])
      engine.script.release("a")
      yield* run.outcome
      expect(engine.script.count("x")).toBe(1)
    })
  )

  it.effect("so it is after a restart", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script })
      const run = yield* first.start(held)
      const before = yield* run.send(add)
      yield* first.close
      const second = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      expect(yield* resumed.send(add)).toEqual(before)
      script.release("a")
      yield* resumed.outcome
      expect(script.count("x")).toBe(1)
    })
  )

  it.effect("a refused one is refused alike, and the same id with another body is InvalidInput", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(held)
      const bad: Command.Command = { _tag: "AddNode", id: "bad", node: { id: "a", action: "ok" } }
      const first = yield* TestEngine.reasonOf(run.send(bad))
      expect(yield* TestEngine.reasonOf(run.send(bad))).toEqual(first)
      const other = yield* TestEngine.reasonOf(run.send({ _tag: "CancelRun", id: "bad" }))
      expect(other).toMatchObject({ rejection: { _tag: "InvalidInput" } })
      expect(story(engine.log("run")).filter((text) => text.includes("DuplicateNode"))).toHaveLength(1)
      yield* run.cancel()
    })
  )

  it.effect("the answer stays the same once the run is over", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(held)
      const first = yield* run.send(add)
      engine.script.release("a")
      yield* run.outcome
      expect(yield* run.send(add)).toEqual(first)
      expect(yield* engine.dagflow.send("run", add)).toEqual(first)
      const reason = yield* TestEngine.reasonOf(engine.dagflow.send("run", { ...add, id: "other" }))
      expect(reason).toMatchObject({ rejection: { _tag: "RunEnded" } })
    })
  )
})

describe("R12: an action that commands its own run", () => {
  it.effect("and waits for the result gets a typed error instead of a deadlock", () =>
    Effect.gen(function* () {
      const runs: Array<RunHandle> = []
      const selfish = Action.fn("selfish", () =>
        Effect.map(
          Effect.forEach(runs, (run) => TestEngine.reasonOf(run.pause())),
          (reasons) => ({ tag: reasons[0]?._tag ?? "" })
        )
      )
      const engine = yield* TestEngine.open({ actions: [selfish] })
      const run = yield* engine.start(flow([node("a hold"), node("b selfish", ["a"])]))
      runs.push(run)
      engine.script.release("a")
      yield* run.outcome
      expect((yield* run.node("b"))?.outputs).toEqual({ tag: "WouldDeadlock" })
    })
  )

  it.effect("another run may be commanded, and waited for", () =>
    Effect.gen(function* () {
      const runs: Array<RunHandle> = []
      const helpful = Action.fn("helpful", () =>
        Effect.as(
          Effect.forEach(runs, (run) => run.cancel()),
          {}
        )
      )
      const engine = yield* TestEngine.open({ actions: [helpful] })
      runs.push(yield* engine.start(flow([node("z never")]), { id: "other" }))
      const run = yield* engine.start(flow([node("a helpful")]))
      expect((yield* run.outcome).status).toBe("completed")
      expect((yield* engine.dagflow.report("other")).status).toBe("cancelled")
    })
  )
})

describe("row 121: enabling and disabling by command", () => {
  it.effect("a disabled node is skipped, and its dependents follow their rules", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a hold"),
        node("b ok", ["a"]),
        node("c ok", ["b"]),
        node("d ok", ["b"], {}, { trigger: "all_done" })
      ]
      const run = yield* engine.start(flow(nodes))
      yield* run.send({ _tag: "DisableNodes", nodeIds: ["b"] })
      engine.script.release("a")
      yield* run.outcome
      expect(yield* run.node("b")).toMatchObject({ status: "skipped", skipped: { reason: "disabled" } })
      expect(yield* run.node("c")).toMatchObject({ status: "skipped", skipped: { causeNodeId: "b" } })
      expect((yield* run.node("d"))?.status).toBe("completed")
    })
  )
})
