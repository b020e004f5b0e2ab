/** A person looks at every so manieth round of growth, and nothing of that round starts before. */
import { describe, expect, it } from "@effect/vitest"
import type { Command } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import type * as Action from "../../src/action/Action.ts"
import * as CoreAction from "../../src/action/Action.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"
import * as Hook from "../../src/hook/Hook.ts"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

/** Grows by one node after each that completes, `turn_1`, `turn_2` … up to a number. */
const planner = (rounds: number) =>
  Hook.make({
    name: "planner",
    on: ["NodeCompleted"],
    handle: ({ event }) => {
      const number = event._tag === "NodeCompleted" ? /^turn_(\d+)$/.exec(event.nodeId)?.[1] : undefined
      if (number === undefined || Number(number) >= rounds) return []
      return [{ _tag: "AddNode", node: { id: `turn_${Number(number) + 1}`, action: "ok" } }]
    }
  })

const first = flow([node("turn_0 ok")])

const open = (
  review: Partial<Hook.HumanReviewOptions>,
  options: TestEngine.TestEngineOptions & { readonly rounds?: number } = {}
) => {
  const hooks = [
    planner(options.rounds ?? 6),
    Hook.humanReview({ every: 2, ...review } as Hook.HumanReviewOptions)
  ]
  return TestEngine.open({ hooks, ...options })
}

const commandOf = (draft: Command.Command): Command.Command => draft

describe("rows 43, 87: a review every so many rounds", () => {
  it.effect("row 87: asks before rounds 2, 4 and 6 start, and not about its own nodes", () =>
    Effect.gen(function* () {
      const engine = yield* open({})
      const run = yield* engine.start(first)
      for (const round of [2, 4, 6]) {
        expect((yield* run.outcome).onlyWaits).toBe(true)
        expect((yield* run.waits).map(({ nodeId, prompt }) => [nodeId, prompt])).toEqual([
          [`human-review_${round}`, `Round ${round} adds "turn_${round}". May it go on?`]
        ])
        expect(engine.script.called.at(-1)).toBe(`turn_${round - 1}`)
        yield* run.answer(`human-review_${round}`, { approved: true }, { by: "Ada" })
      }
      expect((yield* run.outcome).status).toBe("completed")
      expect(engine.script.called).toEqual([
        "turn_0",
        "turn_1",
        "turn_2",
        "turn_3",
        "turn_4",
        "turn_5",
        "turn_6"
      ])
    })
  )

  it.effect("what is asked and what is held are one answer of the hook", () =>
    Effect.gen(function* () {
      const engine = yield* open({ every: 1 }, { rounds: 1 })
      const run = yield* engine.start(first)
      yield* run.outcome
      yield* run.answer("human-review_1", { approved: true })
      yield* run.outcome
      expect(story(engine.log("run")).slice(2)).toEqual([
        "adds turn_1",
        "planner answers 4",
        "human-review answers 4",
        "adds human-review_1",
        "BranchPaused turn_1",
        "human-review answers 5",
        "human-review answers 8",
        "human-review_1 starts",
        "human-review_1 waits Signal",
        "human-review_1 signal",
        "human-review_1 completes answered 14",
        "planner answers 15",
        "BranchResumed turn_1",
        "human-review answers 15",
        "turn_1 starts",
        "turn_1 completes",
        "planner answers 20",
        "human-review answers 20"
      ])
    })
  )

  it.effect("all of a round is held, whatever command added it, and everything else goes on", () =>
    Effect.gen(function* () {
      const grow = Hook.make({
        name: "grow",
        on: ["NodeCompleted"],
        handle: ({ event }) =>
          event._tag === "NodeCompleted" && event.nodeId === "a"
            ? [
                commandOf({ _tag: "AddNode", node: { id: "x", action: "ok" } }),
                commandOf({
                  _tag: "AddNodes",
                  nodes: [
                    { id: "z", action: "ok", dependencies: ["y", "x"] },
                    { id: "y", action: "ok", dependencies: ["a"] }
                  ]
                })
              ]
            : []
      })
      const engine = yield* TestEngine.open({ hooks: [grow, Hook.humanReview({ every: 1 })] })
      const run = yield* engine.start(flow([node("a ok"), node("b ok", ["a"]), node("c ok", ["b"])]))
      yield* run.outcome
      expect(engine.script.called).toEqual(["a", "b", "c"])
      expect((yield* run.waits)[0]?.prompt).toBe('Round 1 adds "x", "y", "z". May it go on?')
      yield* run.answer("human-review_1", { approved: true })
      expect((yield* run.outcome).status).toBe("completed")
      expect([...engine.script.called].slice(3).sort()).toEqual(["x", "y", "z"])
    })
  )

  it.effect("a no cancels what the round has added, and what waits for it follows its own rule", () =>
    Effect.gen(function* () {
      const grow = Hook.make({
        name: "grow",
        on: ["NodeCompleted"],
        handle: ({ event }) =>
          event._tag === "NodeCompleted" && event.nodeId === "a"
            ? [
                {
                  _tag: "AddNodes",
                  nodes: [
                    { id: "call-1", action: "ok" },
                    { id: "call-2", action: "ok" },
                    { id: "next", action: "ok", dependencies: ["call-1", "call-2"], trigger: "all_done" }
                  ]
                }
              ]
            : []
      })
      const engine = yield* TestEngine.open({ hooks: [grow, Hook.humanReview({ every: 1 })] })
      const run = yield* engine.start(flow([node("a ok")]))
      yield* run.outcome
      yield* run.answer("human-review_1", { approved: false, note: "too dear" })
      expect((yield* run.outcome).status).toBe("completed")
      expect(engine.script.called).toEqual(["a", "next"])
      const reasons = engine
        .log("run")
        .flatMap(({ event }) => (event._tag === "BranchCancelled" ? [event.reason] : []))
      expect(reasons[0]).toBe('"human-review_1" was answered with a no: too dear')
    })
  )

  it.effect("a no cancels the run, where that is asked for", () =>
    Effect.gen(function* () {
      const engine = yield* open({ onReject: "cancel_run" })
      const run = yield* engine.start(first)
      yield* run.outcome
      yield* run.answer("human-review_2", { approved: false, note: "enough" })
      expect(yield* run.outcome).toMatchObject({
        status: "cancelled",
        result: { reason: '"human-review_2" was answered with a no: enough' }
      })
      expect(engine.script.called).toEqual(["turn_0", "turn_1"])
    })
  )

  it.effect("an answer of any form is checked, judged, and carried into what waits", () =>
    Effect.gen(function* () {
      const hook = Hook.humanReview({
        every: 1,
        name: "editor",
        prompt: ({ flow: name, nodeIds, round }) => `${name} ${round}: ${nodeIds.join()}`,
        schema: Schema.Struct({ topic: Schema.NonEmptyString }),
        accepts: ({ topic }) => topic !== "stop",
        onAccept: ({ topic }, { nodeIds }) =>
          nodeIds.map((nodeId) => ({
            _tag: "SetNodeInputs",
            nodeId,
            inputs: { value: { value: topic ?? "" } }
          }))
      })
      const engine = yield* TestEngine.open({ hooks: [planner(2), hook] })
      const run = yield* engine.start(first)
      yield* run.outcome
      expect((yield* run.waits)[0]?.prompt).toBe("test 1: turn_1")
      const reason = yield* TestEngine.reasonOf(run.answer("editor_1", { topic: "" }))
      expect(reason).toMatchObject({ rejection: { _tag: "InvalidInput" } })
      yield* run.answer("editor_1", { topic: "owls" })
      yield* run.outcome
      expect((yield* run.node("turn_1"))?.outputs).toEqual({ value: "owls" })
      yield* run.answer("editor_2", { topic: "stop" })
      expect((yield* run.outcome).status).toBe("completed")
      expect((yield* run.node("turn_2"))?.status).toBe("cancelled")
    })
  )

  it.effect("reviews the turns of a loop by steps", () =>
    Effect.gen(function* () {
      const turns: Array<string> = []
      const again = CoreAction.fn("again", (_: {}, { nodeId }) => {
        turns.push(nodeId)
        return turns.length < 5 ? NodeOutput.goto({ replace: "a" }) : NodeOutput.goto({ replace: "end" })
      })
      const engine = yield* TestEngine.open({
        actions: [again as Action.Any<never>],
        hooks: [Hook.humanReview({ every: 2 })]
      })
      const run = yield* engine.start(
        flow([node("a again"), node("end ok", ["a"])], { strategy: "superstep" })
      )
      yield* run.outcome
      expect(turns).toEqual(["a", "a#2"])
      yield* run.answer("human-review_2", { approved: true })
      yield* run.outcome
      expect(turns).toEqual(["a", "a#2", "a#3", "a#4"])
      yield* run.answer("human-review_4", { approved: true })
      expect((yield* run.outcome).status).toBe("completed")
      expect(turns).toHaveLength(5)
    })
  )

  it.effect("a taken id gives way, and a prompt that throws to the plain one", () =>
    Effect.gen(function* () {
      const prompt = () => {
        throw new Error("no words")
      }
      const engine = yield* open({ prompt })
      const run = yield* engine.start(flow([node("turn_0 ok"), node("human-review_2 ok")]))
      yield* run.outcome
      expect(yield* run.waits).toMatchObject([
        { nodeId: "human-review_2_2", prompt: 'Round 2 adds "turn_2". May it go on?' }
      ])
      yield* run.answer("human-review_2_2", { approved: false })
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("every has to be a whole number from 1 on", () =>
    Effect.sync(() => {
      for (const every of [0, -1, 1.5, Number.NaN])
        expect(() => Hook.humanReview({ every })).toThrow(RangeError)
    })
  )
})

describe("row 43: a review that nobody answers", () => {
  it.effect("autopilot takes the default: a yes lets the round go on, a no does not", () =>
    Effect.gen(function* () {
      for (const approved of [true, false]) {
        const engine = yield* open(
          { timeout: "1 hour", onTimeout: "autopilot", default: { approved } },
          { rounds: 2 }
        )
        const run = yield* engine.start(first)
        yield* run.outcome
        yield* TestClock.adjust("1 hour")
        expect((yield* run.outcome).status).toBe("completed")
        expect((yield* run.node("turn_2"))?.status).toBe(approved ? "completed" : "cancelled")
      }
    })
  )

  it.effect("pause pauses the run, and the answer that comes then lets it go on", () =>
    Effect.gen(function* () {
      const engine = yield* open({ timeout: "1 hour", onTimeout: "pause" }, { rounds: 2 })
      const run = yield* engine.start(first)
      yield* run.outcome
      yield* TestClock.adjust("1 hour")
      expect((yield* run.outcome).status).toBe("paused")
      yield* run.answer("human-review_2", { approved: true })
      expect((yield* run.outcome).status).toBe("completed")
      expect(engine.script.called).toContain("turn_2")
    })
  )

  it.effect("fail ends the run, whatever its policy, and nothing of the round has run", () =>
    Effect.gen(function* () {
      const engine = yield* open({ timeout: "1 hour" })
      const run = yield* engine.start(flow(first.nodes, { onFailure: "best_effort" }))
      yield* run.outcome
      yield* TestClock.adjust("1 hour")
      expect(yield* run.outcome).toMatchObject({
        status: "failed",
        result: { failure: { nodes: [{ nodeId: "human-review_2", error: { cause: "TimedOut" } }] } }
      })
      expect(engine.script.called).not.toContain("turn_2")
    })
  )

  it.effect("that is cancelled cancels its round", () =>
    Effect.gen(function* () {
      const engine = yield* open({})
      const run = yield* engine.start(first)
      yield* run.outcome
      yield* run.send({ _tag: "CancelBranch", branch: "human-review_2" })
      expect((yield* run.outcome).status).toBe("completed")
      expect((yield* run.node("turn_2"))?.status).toBe("cancelled")
    })
  )
})

describe("row 87: a crash around a review", () => {
  /** Cuts the first engine off after each of its appends in turn, and lets a second one go on. */
  const crashed = (appends: number) =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      let left = appends
      const one = yield* open(
        {},
        {
          data,
          script,
          rounds: 2,
          engine: { owner: "first" },
          driver: (driver) => ({
            ...driver,
            append: (request) => {
              if (left === 0) one.kill()
              left--
              return driver.append(request)
            }
          })
        }
      )
      yield* Effect.forkChild(one.start(first))
      yield* TestClock.adjust("1 minute")
      const isKilled = left < 0
      one.kill()
      yield* TestClock.adjust("1 minute")
      const two = yield* open({}, { data, script, rounds: 2, engine: { owner: "second" } })
      const run = yield* two.dagflow.resume("run")
      yield* run.outcome
      if ((yield* run.waits).length > 0) {
        expect((yield* run.waits).map(({ nodeId }) => nodeId)).toEqual(["human-review_2"])
        expect(script.called).not.toContain("turn_2")
        yield* run.answer("human-review_2", { approved: true })
      }
      const report = yield* run.outcome
      expect(report.status).toBe("completed")
      expect(report.nodes.map(({ nodeId }) => nodeId)).toEqual([
        "turn_0",
        "turn_1",
        "turn_2",
        "human-review_2"
      ])
      expect(script.count("turn_2")).toBe(1)
      return isKilled
    })

  it.effect("after any append asks once and holds the round", () =>
    Effect.gen(function* () {
      let appends = 0
      while (yield* crashed(appends)) appends++
      // Two rounds, one of them with a review: start, answers, ends and the wait.
      expect(appends).toBeGreaterThan(6)
    })
  )

  it.effect("between the answer and what follows from it lets the round go on", () =>
    Effect.gen(function* () {
      for (let after = 0; after < 3; after++) {
        const data = new MemoryStoreData()
        const script = new Script()
        let left = Infinity
        const one = yield* open(
          {},
          {
            data,
            script,
            rounds: 2,
            engine: { owner: "first" },
            driver: (driver) => ({
              ...driver,
              append: (request) => {
                if (left-- === 0) one.kill()
                return driver.append(request)
              }
            })
          }
        )
        const run = yield* one.start(first)
        yield* run.outcome
        left = after
        yield* Effect.forkChild(run.answer("human-review_2", { approved: true }), { startImmediately: true })
        yield* TestClock.adjust("1 minute")
        one.kill()
        yield* TestClock.adjust("1 minute")
        const two = yield* open({}, { data, script, rounds: 2, engine: { owner: "second" } })
        const again = yield* two.dagflow.resume("run")
        if ((yield* again.outcome).onlyWaits) yield* again.answer("human-review_2", { approved: true })
        expect((yield* again.outcome).status).toBe("completed")
        expect(script.count("turn_2")).toBeLessThanOrEqual(2)
        expect((yield* again.node("human-review_2"))?.status).toBe("completed")
      }
    })
  )

  it.effect("a process whose engine has no such hook does not take the run up", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const one = yield* open({}, { data, script })
      yield* Effect.andThen(one.start(first), (run) => run.outcome)
      yield* one.close
      const two = yield* TestEngine.open({ data, script, hooks: [planner(6)] })
      const reason = yield* TestEngine.reasonOf(two.dagflow.resume("run"))
      expect(reason).toMatchObject({ _tag: "ActionsMissing" })
    })
  )
})
