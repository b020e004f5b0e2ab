import { assert, describe, expect, it } from "@effect/vitest"
import { NodeSpec } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { lines, story } from "../world/EventLine.ts"
import { chain, flow, many, node, subFlow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

describe("rows 1, 2, 11, 115: what a run records", () => {
  it.effect("rows 1, 2: starts and ends in the order in which they happen, with the outputs", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const log = yield* engine.runToEnd(
        flow([node("a ok", [], { value: 7 }), node("b later", ["a"], { value: "=a.value" })])
      )
      expect(lines(log)).toEqual([
        "RunStarted",
        "RunOwned",
        "a starts",
        "a completes",
        "b starts",
        "b completes",
        "RunEnding Completed",
        "RunCompleted"
      ])
      expect(log[5]?.event).toMatchObject({ outputs: { value: 7 } })
    })
  )

  it.effect(
    "row 11: events are numbered without gaps, and runs that go on together do not share the numbers",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        const runs = yield* Effect.forEach(["x", "y"], (id) =>
          engine.start(flow(chain(5, "n* later")), { id })
        )
        yield* Effect.forEach(runs, (run) => run.outcome)
        for (const id of ["x", "y"]) {
          const log = engine.log(id)
          expect(log.map((one) => one.sequence)).toEqual(log.map((_, index) => index + 1))
          expect(log.every((one) => one.runId === id && one.version === 1 && one.epoch === 1)).toBe(true)
        }
      })
  )

  it.effect("row 18: every field of a node is in the record of the run", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const full = node(
        "b ok",
        ["a"],
        { x: 1, y: "=inputs.q" },
        {
          when: "inputs.q == 1",
          intent: "analyze",
          trigger: "all_done",
          timeoutMillis: 500,
          retry: { tries: 2 },
          onFailure: "continue",
          failure: "ok",
          recovery: "rerun",
          priority: 3,
          cache: { ttlMillis: 1_000, key: ["x"] },
          estimate: { tokens: 5, cost: 0.5, timeMillis: 100 },
          branch: "left",
          enabled: true,
          description: "does it",
          instructions: "well",
          metadata: { team: "core" },
          outputs: [{ name: "value" }],
          forEach: { items: { value: [1] }, maxParallel: 2 }
        }
      )
      // A node has an action or a flow, and what is said of actions alone is refused of flows.
      const inner = flow([node("work ok")], {}, { name: "inner" })
      const other = subFlow("c", inner, {}, { after: ["b"], returns: { all: "work" } })
      const keys = new Set([...Object.keys(full), ...Object.keys(other)])
      expect([...keys].sort()).toEqual(Object.keys(NodeSpec.NodeSpec.fields).sort())
      const log = yield* engine.runToEnd(flow([node("a ok"), full, other]), { input: { q: 1 } })
      const started = log[0]?.event
      expect(started?._tag === "RunStarted" ? started.flow.nodes.slice(1) : undefined).toEqual([full, other])
    })
  )

  it.effect("row 115: a node starts when its last dependency ends, not when its siblings do", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a ok"), node("slow hold"), node("b ok", ["a"]), node("c ok", ["b", "slow"])])
      )
      yield* TestEngine.awaitNode(run, "NodeCompleted", "b")
      expect((yield* run.node("slow"))?.status).toBe("running")
      engine.script.release("slow")
      yield* run.outcome
      expect(story(engine.log("run")).slice(-3)).toEqual(["slow completes", "c starts", "c completes"])
    })
  )

  it.effect("a flow without nodes completes", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      expect(story(yield* engine.runToEnd(flow([])))).toEqual([])
    })
  )
})

describe("rows 48, 49, 113: how much at once", () => {
  it.effect.each([1, 3, 16])(
    "row 48: with maxParallel %s as many attempts go on at once, and not one more",
    (maxParallel) =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        const nodes = many(40, "n* sleep").map((one) => ({ ...one, inputs: { millis: { value: 10 } } }))
        const run = yield* engine.start(flow(nodes, { maxParallel }))
        yield* TestEngine.awaitNode(run, "NodeStarted", "n0")
        yield* TestClock.adjust("10 seconds")
        const report = yield* run.outcome
        expect(engine.script.peak).toBe(maxParallel)
        expect(report.metrics.parallelPeak).toBe(maxParallel)
        expect(report.totals.byStatus.completed).toBe(40)
      })
  )

  it.effect("row 48: maxParallel 0 is refused", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const error = yield* Effect.flip(engine.dagflow.start(flow([node("a ok")], { maxParallel: 0 })))
      expect(error).toMatchObject({
        _tag: "DefinitionError",
        problems: [{ code: "InvalidValue", path: ["config", "maxParallel"] }]
      })
    })
  )

  it.effect("row 49: four nodes of 100 ms end together after 100 ms", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = many(4, "n* sleep").map((one) => ({ ...one, inputs: { millis: { value: 100 } } }))
      const run = yield* engine.start(flow(nodes))
      yield* TestEngine.awaitNode(run, "NodeStarted", "n3")
      yield* TestClock.adjust("100 millis")
      expect((yield* run.outcome).elapsedMillis).toBe(100)
    })
  )

  it.effect("row 113: with one slot the greater priority starts first", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a"),
        node("b", [], {}, { priority: 9 }),
        node("c", [], {}, { priority: -9 }),
        node("d")
      ]
      yield* engine.runToEnd(flow(nodes, { maxParallel: 1 }))
      expect(engine.script.called).toEqual(["b", "a", "d", "c"])
    })
  )

  it.effect("the slots of an engine are shared by its runs, and none of them starves", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ engine: { maxParallel: 2 } })
      const runs = yield* Effect.forEach(["x", "y", "z"], (id) =>
        engine.start(flow(many(30, "n* later")), { id })
      )
      yield* Effect.forEach(runs, (run) => run.outcome, { concurrency: "unbounded" })
      expect(engine.script.peak).toBe(2)
    })
  )

  it.effect("a free slot goes on to the next run when the one that was told of it is paused or over", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ engine: { maxParallel: 1 } })
      const first = yield* engine.start(flow([node("a hold")]), { id: "first" })
      yield* TestEngine.awaitNode(first, "NodeStarted", "a")
      const paused = yield* engine.start(flow([node("b ok")]), { id: "paused" })
      const over = yield* engine.start(flow([node("c ok")]), { id: "over" })
      const last = yield* engine.start(flow([node("d ok")]), { id: "last" })
      yield* last.report
      yield* paused.pause()
      yield* over.cancel()
      engine.script.release("a")
      expect((yield* last.outcome).status).toBe("completed")
    })
  )
})

describe("row 60: several runs of one flow", () => {
  it.effect("states, outputs and logs are apart", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const spec = flow([
        node("a later", [], { value: "=inputs.x" }),
        node("b later", ["a"], { value: "=a.value" })
      ])
      const ids = ["r1", "r2", "r3"]
      const runs = yield* Effect.forEach(ids, (id) => engine.start(spec, { id, input: { x: id } }))
      const outputs = yield* Effect.forEach(runs, (run) => run.outputs, { concurrency: "unbounded" })
      expect(outputs).toEqual(ids.map((id) => ({ b: { value: id } })))
      expect((yield* engine.dagflow.list()).runs.map((run) => run.runId).sort()).toEqual(ids)
      for (const id of ids) {
        const others = JSON.stringify(ids.filter((one) => one !== id))
          .slice(1, -1)
          .split(",")
        const log = engine.log(id)
        expect(log.map(({ runId, sequence }) => [runId, sequence])).toEqual(log.map((_, at) => [id, at + 1]))
        for (const other of others) expect(JSON.stringify(log)).not.toContain(other)
        const { nodes, totals } = yield* engine.dagflow.report(id)
        expect(totals).toMatchObject({ nodes: 2, attempts: 2 })
        expect(nodes.map(({ outputs }) => outputs)).toEqual([{ value: id }, { value: id }])
      }
    })
  )
})

describe("rows 56, 58: many at once", () => {
  it.effect("row 58: whatever the order of their ends, each node runs once per attempt", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = many(60, "n* sleep", (index) =>
        index < 10 ? [] : [`n${index - 7}`, `n${index % 10}`]
      ).map((one, index) => ({
        ...one,
        inputs: { millis: { value: (index * 7919) % 23 } }
      }))
      const run = yield* engine.start(flow(nodes))
      yield* TestEngine.awaitNode(run, "NodeStarted", "n0")
      yield* TestClock.adjust("10 seconds")
      yield* run.outcome
      expect([...engine.script.called].sort()).toEqual(nodes.map((one) => one.id).sort())
    })
  )

  it.effect("row 56: in a storm of failures each node fails once, and the run has one result", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const log = yield* engine.runToEnd(
        flow(many(50, "n* fail"), { onFailure: "continue", maxParallel: 50 })
      )
      expect(log.filter(({ event }) => event._tag === "NodeFailed")).toHaveLength(50)
      const last = log.at(-1)?.event
      assert(last?._tag === "RunFailed" && last.failure._tag === "NodesFailed")
      expect(new Set(last.failure.nodes.map(({ nodeId }) => nodeId)).size).toBe(50)
      expect(last.failure.nodes).toHaveLength(50)
      expect(log.filter(({ event }) => /^Run(Ending|Failed)$/.test(event._tag))).toHaveLength(2)
    })
  )
})
