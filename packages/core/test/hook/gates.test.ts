import { describe, expect, it } from "@effect/vitest"
import type { Command, Event } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import * as Hook from "../../src/hook/Hook.ts"
import { lines, story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const add = (id: string, ...dependencies: ReadonlyArray<string>): Command.Command => ({
  _tag: "AddNode",
  node: { id, action: "ok", ...(dependencies.length > 0 && { dependencies }) }
})

const onEnd = (name: string, nodeId: string, commands: () => ReadonlyArray<Command.Command>) =>
  Hook.make({
    name,
    on: ["NodeCompleted"],
    handle: ({ event }) => (event._tag === "NodeCompleted" && event.nodeId === nodeId ? commands() : [])
  })

describe("rows 33, 34, 36: what a hook answers", () => {
  it.effect("row 33: its commands take effect before dependents start", () =>
    Effect.gen(function* () {
      const hook = onEnd("h", "a", () => [
        { _tag: "SetNodeInputs", nodeId: "b", inputs: { value: { value: "set" } } }
      ])
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const run = yield* engine.start(flow([node("a ok"), node("b ok", ["a"], { value: "before" })]))
      yield* run.outcome
      expect((yield* run.node("b"))?.outputs).toEqual({ value: "set" })
    })
  )

  it.effect("row 34: a node that onStart adds starts in the first wave", () =>
    Effect.gen(function* () {
      const hook = Hook.make({ name: "h", onStart: () => [add("x")] })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const log = yield* engine.runToEnd(flow([node("a later"), node("b ok", ["a"])]))
      expect(story(log).slice(0, 4)).toEqual(["adds x", "h answers 1", "a starts", "x starts"])
    })
  )

  it.effect(
    "row 36: hooks are asked in the order of their registration, and each sees what the one before did",
    () =>
      Effect.gen(function* () {
        const seen: Array<number> = []
        const hookA = onEnd("A", "a", () => [add("x"), add("y")])
        const hookB = Hook.make({
          name: "B",
          on: ["NodeCompleted"],
          handle: ({ event }, { report }) =>
            event._tag === "NodeCompleted" && event.nodeId === "a"
              ? Effect.map(report, ({ nodes }) => {
                  seen.push(nodes.length)
                  return [add("z")]
                })
              : []
        })
        const engine = yield* TestEngine.open({ hooks: [hookA, hookB] })
        const log = yield* engine.runToEnd(flow([node("a ok")]))
        const answers = story(log).filter((line) => /adds|answers 4$/.test(line))
        expect(answers).toEqual(["adds x", "adds y", "A answers 4", "adds z", "B answers 4"])
        expect(seen).toEqual([3])
      })
  )

  it.effect.each([
    ["a list", (commands: ReadonlyArray<Command.Command>): Hook.Answer => commands],
    ["a promise", (commands: ReadonlyArray<Command.Command>): Hook.Answer => Promise.resolve(commands)],
    ["an Effect", (commands: ReadonlyArray<Command.Command>): Hook.Answer => Effect.succeed(commands)],
    [
      "an Effect that waits",
      (commands: ReadonlyArray<Command.Command>): Hook.Answer => Effect.as(Effect.yieldNow, commands)
    ]
  ] as const)("an answer may be %s", ([, answer]) =>
    Effect.gen(function* () {
      const hook = Hook.make({ name: "h", onStart: () => answer([add("x")]) })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      yield* engine.runToEnd(flow([]))
      expect(engine.script.called).toEqual(["x"])
    })
  )

  it.effect(
    "row 42: a recovery hook adds a node that depends on the failed one; it runs and the run ends",
    () =>
      Effect.gen(function* () {
        const hook = Hook.make({
          name: "rescue",
          on: ["NodeFailed"],
          handle: ({ event }) => (event._tag === "NodeFailed" ? [add("repair", event.nodeId)] : [])
        })
        const engine = yield* TestEngine.open({ hooks: [hook] })
        const run = yield* engine.start(
          flow([node("a fail"), node("b ok", ["a"]), node("c ok", ["a"], {}, { trigger: "all_done" })])
        )
        const report = yield* run.outcome
        expect(report).toMatchObject({ status: "completed", totals: { handled: 1 } })
        expect(story(engine.log("run"))).toEqual([
          "a starts",
          "a fails Failed",
          "adds repair met a",
          "rescue answers 4",
          "b skipped trigger_rule by a",
          "c starts",
          "repair starts",
          "c completes",
          "repair completes"
        ])
      })
  )

  it.effect("a planner grows a chain, round by round, and maxIterations ends it", () =>
    Effect.gen(function* () {
      const hook = Hook.make({
        name: "planner",
        on: ["NodeCompleted"],
        handle: ({ event }) =>
          event._tag === "NodeCompleted"
            ? [{ _tag: "AddNode", node: { action: "ok", dependencies: [event.nodeId] } }]
            : []
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const log = yield* engine.runToEnd(flow([node("ok_0 ok")], { maxIterations: 5 }))
      expect(engine.script.called).toEqual(["ok_0", "ok_1", "ok_2", "ok_3", "ok_4", "ok_5"])
      expect(lines(log)).toContain("AddNode rejected LimitReached")
    })
  )
})

describe("I5: nodes that were added", () => {
  it.effect("start only after every gate hook that listens has answered, whoever added them", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const slow = Hook.make({
        name: "slow",
        on: ["NodesAdded"],
        handle: () => Effect.as(Effect.sleep("10 seconds"), undefined)
      })
      const script = new Script()
      const engine = yield* TestEngine.open({ hooks: [slow], script })
      const run = yield* engine.start(flow([node("a hold"), node("b ok", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* run.send(add("x"))
      yield* run.send(add("y", "x"))
      yield* run.send({ _tag: "DisableNodes", nodeIds: ["y"] })
      script.release("a")
      yield* TestEngine.awaitNode(run, "NodeCompleted", "b")
      seen.push(...script.called)
      yield* TestClock.adjust("10 seconds")
      expect(yield* run.outcome).toMatchObject({ status: "completed" })
      expect([seen, script.called]).toEqual([
        ["a", "b"],
        ["a", "b", "x"]
      ])
      expect((yield* run.node("y"))?.status).toBe("skipped")
    })
  )

  it.effect("start once although the process died before the answer", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const hook = (timeout: "never" | "at once") =>
        Hook.make({ name: "h", on: ["NodesAdded"], handle: () => (timeout === "never" ? Effect.never : []) })
      const one = yield* TestEngine.open({ data, script, hooks: [hook("never")], engine: { owner: "one" } })
      const run = yield* one.start(flow([node("a ask")]))
      yield* run.outcome
      yield* run.send(add("x"))
      one.kill()
      yield* TestClock.adjust("1 minute")
      expect(script.called).toEqual(["a"])
      const two = yield* TestEngine.open({ data, script, hooks: [hook("at once")], engine: { owner: "two" } })
      const again = yield* two.dagflow.resume("run")
      yield* again.answer("a", {})
      expect((yield* again.outcome).status).toBe("completed")
      expect(script.called).toEqual(["a", "x"])
    })
  )
})

describe("row 16: which events a hook is asked about", () => {
  it.effect("one that listens to failures is not asked about completions", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const hook = Hook.make({
        name: "h",
        on: ["NodeFailed"],
        handle: ({ event }) => void seen.push(event._tag)
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      yield* engine.runToEnd(flow([node("a ok"), node("b fail")], { onFailure: "continue" }))
      expect(seen).toEqual(["NodeFailed"])
    })
  )

  it.effect("R6: one that names no events is asked about all but those about hooks, refusals and ends", () =>
    Effect.gen(function* () {
      const seen = new Set<Event.EventTag>()
      const hook = Hook.make({
        name: "h",
        onStart: () => [add("x"), add("x")],
        handle: ({ event }) => void seen.add(event._tag)
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      yield* engine.runToEnd(
        flow([node("a ok"), node("b fail"), node("c ok", ["b"])], { onFailure: "continue" })
      )
      expect([...seen].sort()).toEqual([
        "NodeCompleted",
        "NodeFailed",
        "NodeSkipped",
        "NodeStarted",
        "NodesAdded"
      ])
    })
  )

  it.effect("a gate hook on starts holds back nothing but the end of the run", () =>
    Effect.gen(function* () {
      const hook = Hook.make({
        name: "h",
        on: ["NodeStarted"],
        handle: () => Effect.as(Effect.sleep("1 second"), undefined)
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const run = yield* engine.start(flow([node("a ok"), node("b ok", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeCompleted", "b")
      expect((yield* run.report).status).toBe("running")
      yield* TestClock.adjust("1 second")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )
})

describe("row 35, R6: onComplete", () => {
  const witness = (seen: Array<unknown>) =>
    Hook.make({
      name: "h",
      onComplete: (result) => {
        seen.push(result)
        return [{ _tag: "EmitEvent", name: "goodbye" }, add("too-late")]
      }
    })

  it.effect("is asked with the true result of a run that completed", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const engine = yield* TestEngine.open({ hooks: [witness(seen)] })
      const log = yield* engine.runToEnd(flow([node("a ok")]))
      expect(seen).toEqual([{ _tag: "Completed" }])
      expect(lines(log).slice(-5)).toEqual([
        "RunEnding Completed",
        "emits goodbye",
        "AddNode rejected RunEnded",
        "h answers 5",
        "RunCompleted"
      ])
    })
  )

  it.effect("of one that failed, and of one that was cancelled", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const engine = yield* TestEngine.open({ hooks: [witness(seen)] })
      yield* engine.runToEnd(flow([node("a fail")]))
      const run = yield* engine.start(flow([node("a never")]), { id: "second" })
      yield* run.cancel("stop")
      expect(seen).toMatchObject([{ _tag: "Failed" }, { _tag: "Cancelled", reason: "stop" }])
    })
  )
})

describe("I5: a crash between an event and its answer", () => {
  it.effect("the hook is asked again, and its commands are applied once", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const asked: Array<string> = []
      const gate = (process: string, isAnswering: boolean) =>
        Hook.make({
          name: "h",
          on: ["NodeCompleted"],
          handle: ({ event }) => {
            if (event._tag !== "NodeCompleted" || event.nodeId !== "a") return []
            asked.push(process)
            return isAnswering ? [add("x", "a")] : Effect.never
          }
        })
      const first = yield* TestEngine.open({ data, script, hooks: [gate("first", false)] })
      const run = yield* first.start(flow([node("a ok"), node("b ok", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeCompleted", "a")
      first.kill()
      yield* TestClock.adjust("11 seconds")
      const second = yield* TestEngine.open({ data, script, hooks: [gate("second", true)] })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      yield* resumed.outcome
      expect(asked).toEqual(["first", "second"])
      expect(script.called).toEqual(["a", "b", "x"])
      expect(story(second.log("run"))).toEqual([
        "a starts",
        "a completes",
        "adds x",
        "h answers 4",
        "b starts",
        "x starts",
        "b completes",
        "x completes",
        "h answers 10",
        "h answers 11"
      ])
    })
  )
})

describe("what a hook can know", () => {
  it.effect("outputs of nodes, inputs of the run, and the report", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const hook = onEnd("h", "b", () => [])
      const curious = Hook.make({
        ...hook,
        name: "curious",
        handle: ({ event }, about) =>
          Effect.gen(function* () {
            if (event._tag !== "NodeCompleted" || event.nodeId !== "b") return
            const { status, totals } = yield* about.report
            seen.push(about.outputs("a"), about.outputs("b"), about.outputs("c"), about.outputs("nobody"))
            seen.push(about.runId, about.flow, about.runInputs, status, totals.byStatus.completed)
          })
      })
      const engine = yield* TestEngine.open({ hooks: [curious] })
      yield* engine.runToEnd(flow([node("a ok"), node("b ok", ["a"]), node("c ok", ["b"])]), {
        input: { x: 1 }
      })
      expect(seen).toEqual([
        { value: "a" },
        { value: "b" },
        undefined,
        undefined,
        "run",
        "test",
        { x: 1 },
        "running",
        2
      ])
    })
  )

  it.effect("R12: one that awaits a command to its own run gets a typed error", () =>
    Effect.gen(function* () {
      const reasons: Array<unknown> = []
      const handles: Array<RunHandle> = []
      const hook = Hook.make({
        name: "h",
        on: ["NodeCompleted"],
        handle: () =>
          Effect.forEach(handles, (one) => TestEngine.reasonOf(one.pause())).pipe(
            Effect.map((found) => void reasons.push(...found))
          )
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const run = yield* engine.start(flow([node("a hold")]))
      handles.push(run)
      engine.script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
      expect(reasons).toMatchObject([{ _tag: "WouldDeadlock" }])
    })
  )

  it.effect("row 55: a slow hook sees every event, in order", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const hook = Hook.make({
        name: "h",
        on: ["NodeCompleted"],
        handle: ({ event }) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => void seen.push("nodeId" in event ? String(event.nodeId) : ""))
          )
      })
      const engine = yield* TestEngine.open({ hooks: [hook], engine: { hookConcurrency: 1 } })
      const run = yield* engine.start(flow(Array.from({ length: 9 }, (_, index) => node(`n${index}`))))
      const outcome = yield* Effect.forkChild(run.outcome)
      yield* TestEngine.awaitNode(run, "NodeCompleted", "n8")
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(outcome)
      expect(seen).toEqual(Array.from({ length: 9 }, (_, index) => `n${index}`))
    })
  )
})
