/** Runs by the strategy `superstep`, as whoever starts them, pauses them and asks about them sees it. */
import { describe, expect, it } from "@effect/vitest"
import { ErrorText, type Event, type FlowConfig } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Hook from "../../src/hook/Hook.ts"
import { lines, story } from "../world/EventLine.ts"
import { chain, flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const superstep = (interrupts?: FlowConfig.FlowConfig["interrupts"]): FlowConfig.FlowConfig => ({
  strategy: "superstep",
  ...(interrupts !== undefined && { interrupts })
})

const diamond = [node("a"), node("b later", ["a"]), node("c", ["a"]), node("d", ["b", "c"])]

describe("row 44: hooks that listen to steps and pauses", () => {
  it.effect.each(["gate", "observe"] as const)(
    "as a %s are asked as often as there are steps and pauses",
    (mode) =>
      Effect.gen(function* () {
        const heard: Array<Event.EventTag> = []
        const hook = Hook.make({
          name: "counts",
          mode,
          on: ["StepStarted", "StepCompleted", "RunPaused"],
          handle: ({ event }) => void heard.push(event._tag)
        })
        const engine = yield* TestEngine.open({ hooks: [hook] })
        const run = yield* engine.start(flow(diamond, superstep({ eachStep: true })))
        for (let pauses = 0; (yield* run.outcome).status === "paused"; pauses++) {
          expect(pauses).toBeLessThan(3)
          yield* run.resume()
        }
        yield* engine.close
        const count = (tag: Event.EventTag) => heard.filter((one) => one === tag).length
        expect(
          ["StepStarted", "StepCompleted", "RunPaused"].map((tag) => count(tag as Event.EventTag))
        ).toEqual([3, 3, 3])
      })
  )

  it.effect("as a gate change what the step is about to run", () =>
    Effect.gen(function* () {
      const hook = Hook.make({
        name: "before_step",
        on: ["StepStarted"],
        handle: ({ event }) =>
          event._tag === "StepStarted" && event.frontier.includes("b")
            ? [{ _tag: "SetNodeInputs", nodeId: "b", inputs: { value: { value: "set" } } }]
            : []
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const run = yield* engine.start(flow(diamond, superstep()))
      yield* run.outcome
      expect((yield* run.node("b"))?.outputs).toEqual({ value: "set" })
    })
  )
})

describe("row 90: a paused run", () => {
  it.effect("tells where it stands, and what is edited before it goes on is what the next node sees", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(diamond, superstep({ before: ["b"] })))
      const report = yield* run.outcome
      expect(report.status).toBe("paused")
      expect(report.waiting).toEqual([
        {
          reason: {
            _tag: "RunPaused",
            failedNodeIds: [],
            reason: 'interrupted after step 1 before "b"',
            interrupt: { when: "before", step: 1, nodeIds: ["b"], frontier: ["b", "c"] }
          },
          text: expect.stringContaining('interrupted after step 1 before "b"')
        }
      ])
      expect(engine.script.called).toEqual(["a"])
      yield* run.send({ _tag: "SetNodeInputs", nodeId: "b", inputs: { value: { value: "edited" } } })
      yield* run.resume()
      expect((yield* run.outcome).status).toBe("completed")
      expect((yield* run.node("b"))?.outputs).toEqual({ value: "edited" })
    })
  )

  it.effect("is taken up by another process as it stands, and goes on from there", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script })
      const begun = yield* first.start(flow(diamond, superstep({ after: ["a"] })))
      yield* begun.outcome
      yield* first.close
      const second = yield* TestEngine.open({ data, script })
      const run = yield* second.dagflow.resume("run")
      expect((yield* run.outcome).status).toBe("paused")
      yield* run.resume()
      expect((yield* run.outcome).status).toBe("completed")
      expect(script.called).toEqual(["a", "b", "c", "d"])
    })
  )
})

describe("row 117: a step", () => {
  it.effect("goes on in the process that takes the run up, with what had not ended", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const nodes = [node("a"), node("b hold"), node("c", ["a"]), node("d", ["b", "c"])]
      const first = yield* TestEngine.open({ data })
      const lost = yield* first.start(flow(nodes, superstep()))
      yield* TestEngine.awaitNode(lost, "NodeCompleted", "a")
      first.kill()
      const script = new Script()
      script.release("b")
      const second = yield* TestEngine.open({ data, script })
      const run = yield* second.dagflow.resume("run", { force: true })
      expect((yield* run.outcome).status).toBe("completed")
      expect(script.called).toEqual(["b", "c", "d"])
      expect(story(second.log("run")).filter((line) => line.startsWith("step"))).toEqual([
        "step 1 of a,b",
        "step 1 ends ran a,b",
        "step 2 of c",
        "step 2 ends ran c",
        "step 3 of d",
        "step 3 ends ran d"
      ])
    })
  )

  it.effect("runs alone when one asks for it, and is told", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(diamond, superstep({ atStart: true })))
      expect((yield* run.outcome).status).toBe("paused")
      expect(engine.script.called).toEqual([])
      const ran: Array<ReadonlyArray<string>> = []
      for (let step = yield* run.step(); step !== undefined; step = yield* run.step()) {
        ran.push(step.ran)
        expect((yield* run.report).status).toBe("paused")
      }
      expect(ran).toEqual([["a"], ["c", "b"], ["d"]])
      expect((yield* run.outcome).status).toBe("completed")
      expect(lines(engine.log("run")).filter((line) => line.startsWith("RunPaused"))).toEqual([
        "RunPaused before",
        "RunPaused steps",
        "RunPaused steps",
        "RunPaused steps"
      ])
    })
  )

  it.effect("is refused to a run without steps", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold")]))
      expect(yield* TestEngine.reasonOf(run.step())).toMatchObject({
        _tag: "CommandRejected",
        rejection: { _tag: "InvalidInput", message: "the run goes by reactive, which has no steps" }
      })
      engine.script.release("a")
      yield* run.outcome
    })
  )
})

describe("row 77: the error of a run in steps", () => {
  it.effect("says in which step it stood", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a"), node("b fail", ["a"]), node("c", ["b"])], superstep()))
      const { context } = yield* Effect.flip(run.outputs)
      expect(context).toMatchObject({ step: 2, failed: { first: ["b"] } })
      expect(ErrorText.render(yield* Effect.flip(run.outputs))).toContain("step 2, event ")
    })
  )
})

describe("rows 143, 146: the steps of a run", () => {
  const nodes = [
    ...chain(6),
    node("off", ["n1"], {}, { enabled: false }),
    node("side", ["n2"]),
    node("bad fail", ["n3"], {}, { onFailure: "best_effort" }),
    node("lost", ["bad"])
  ]

  it.effect("row 146: record what ran, what was skipped, and why the run paused there", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(nodes, superstep({ after: ["n1"] })))
      yield* run.outcome
      expect((yield* run.steps()).steps.at(-1)).toMatchObject({
        step: 2,
        status: "completed",
        frontier: ["n1"],
        ran: ["n1"],
        skipped: ["off"],
        waiting: [],
        pause: {
          when: "after",
          step: 2,
          nodeIds: ["n1"],
          frontier: ["n2"],
          reason: 'interrupted after step 2 after "n1"'
        }
      })
      yield* run.resume()
      yield* run.outcome
    })
  )

  it.effect(
    "row 143: are found by what ran and was skipped in them, page by page, and not more than a page at once",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        const run = yield* engine.start(flow(nodes, superstep()))
        yield* run.outcome
        yield* engine.close
        const later = yield* TestEngine.open({ data: engine.data })
        const find = (query?: Parameters<typeof later.dagflow.steps>[1]) =>
          Effect.map(later.dagflow.steps("run", query), ({ next, steps }) => [
            steps.map(({ step }) => step),
            next
          ])
        expect(yield* find()).toEqual([[1, 2, 3, 4, 5, 6], undefined])
        expect(yield* find({ ran: ["side"] })).toEqual([[4], undefined])
        expect(yield* find({ ran: ["side", "n3"] })).toEqual([[4], undefined])
        expect(yield* find({ ran: ["side", "n4"] })).toEqual([[], undefined])
        expect(yield* find({ ran: ["off"] })).toEqual([[], undefined])
        expect(yield* find({ skipped: ["off"] })).toEqual([[2], undefined])
        expect(yield* find({ skipped: ["lost"] })).toEqual([[5], undefined])
        expect(yield* find({ paused: true })).toEqual([[], undefined])
        expect(yield* find({ limit: 4 })).toEqual([[1, 2, 3, 4], 4])
        expect(yield* find({ limit: 4, after: 4 })).toEqual([[5, 6], undefined])
        expect(yield* find({ limit: 0, after: 5 })).toEqual([[6], undefined])
        // What has no steps has none of any kind.
        expect((yield* later.dagflow.report("run")).steps).toHaveLength(6)
      })
  )
})
