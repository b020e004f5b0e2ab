import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const diamond = [
  node("top ok"),
  node("left fail", ["top"]),
  node("right hold", ["top"]),
  node("join ok", ["left", "right"])
]

describe("rows 61-64: policies", () => {
  it.effect("row 61: continue: the other arm completes, the join is skipped with the cause", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(diamond, { onFailure: "continue" }))
      engine.script.release("right")
      expect((yield* run.outcome).status).toBe("failed")
      expect((yield* run.node("right"))?.status).toBe("completed")
      expect((yield* run.node("join"))?.skipped).toEqual({ reason: "trigger_rule", causeNodeId: "left" })
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({
        _tag: "NodesFailed",
        nodes: [{ nodeId: "left" }]
      })
    })
  )

  it.effect("row 62: halt: the first failure interrupts what runs and is the error of the run", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(diamond))
      yield* run.outcome
      expect(engine.script.stopped).toEqual(["right"])
      expect(story(engine.log("run")).slice(-5)).toEqual([
        "left fails Failed",
        "RunInterrupted halted",
        "join cancelled halted pending",
        "right cancelled halted interrupted",
        "RunFailed NodesFailed"
      ])
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason).toMatchObject({
        _tag: "NodesFailed",
        nodes: [{ nodeId: "left", error: { tag: "Boom", message: "boom" } }]
      })
    })
  )

  it.effect("row 63: pause: the run suspends, and resuming goes on with the failed node", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [node("a hold"), node("b hold"), node("c ok", ["a"])]
      const run = yield* engine.start(flow(nodes, { onFailure: "pause" }))
      engine.script.fail("a")
      yield* TestEngine.awaitNode(run, "RunPaused", "a")
      engine.script.release("b")
      const paused = yield* run.outcome
      expect([paused.status, paused.onlyWaits]).toEqual(["paused", true])
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({ _tag: "Waiting" })
      // The held action has been told how it ends, and would fail again: the retry is what matters.
      yield* run.resume()
      yield* TestEngine.awaitNode(run, "NodeStarted", "a", 2)
      expect((yield* run.outcome).status).toBe("paused")
      yield* run.cancel()
    })
  )

  it.effect("row 64: best_effort: the run completes and lists the failures", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(diamond, { onFailure: "best_effort" }))
      engine.script.release("right", { kept: true })
      const report = yield* run.outcome
      expect(report.result).toMatchObject({ _tag: "Completed", failed: [{ nodeId: "left" }] })
      expect((yield* run.node("right"))?.outputs).toEqual({ kept: true })
      expect(yield* run.outputs).toEqual({})
    })
  )

  it.effect("row 76: all failures are listed, in the order in which they came", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [node("a hold"), node("b hold"), node("c hold")]
      const run = yield* engine.start(flow(nodes, { onFailure: "continue" }))
      for (const id of ["b", "c", "a"]) {
        yield* TestEngine.awaitNode(run, "NodeStarted", id)
        engine.script.fail(id)
        yield* TestEngine.awaitNode(run, "NodeFailed", id)
      }
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason).toMatchObject({ nodes: [{ nodeId: "b" }, { nodeId: "c" }, { nodeId: "a" }] })
    })
  )

  it.effect("row 77: the error of a run says where the run stood", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(diamond))
      const error = yield* Effect.flip(run.outputs)
      expect(error.context).toMatchObject({
        runId: "run",
        flow: "test",
        sequence: engine.log("run").length,
        failed: { count: 1, first: ["left"] },
        completed: 1,
        cancelled: 2
      })
    })
  )
})

describe("row 67: what the failure of a node means", () => {
  const table = [
    ["continue without tries left", { onFailure: "continue", retry: { tries: 1 } }, 1, "completed"],
    [
      "continue with tries",
      { onFailure: "continue", retry: { tries: 3, backoff: "immediate" } },
      3,
      "completed"
    ],
    ["halt without tries left", { onFailure: "halt", retry: { tries: 1 } }, 1, "cancelled"],
    ["halt with tries", { onFailure: "halt", retry: { tries: 3, backoff: "immediate" } }, 3, "cancelled"]
  ] as const
  it.effect.each(table)("%s", ([, options, attempts, other]) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [node("a fail", [], {}, options), node("b hold"), node("c ok", ["b"])]
      const run = yield* engine.start(flow(nodes))
      yield* TestEngine.awaitNode(run, "NodeStarted", "b")
      if (other === "completed") engine.script.release("b")
      yield* TestClock.adjust("1 minute")
      yield* run.outcome
      expect(engine.script.count("a")).toBe(attempts)
      expect((yield* run.node("b"))?.status).toBe(other)
      // What has been interrupted may complete all the same, but nothing follows it.
      expect((yield* run.node("c"))?.status).toBe(other)
    })
  )
})

describe("row 70, R4: failure handlers in a run", () => {
  it.effect("the handler sees node, error and attempts, once, and its outputs stand in", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const options = { failure: "ok", retry: { tries: 2, backoff: "immediate" } } as const
      const nodes = [
        node("a fail", [], { message: "no row" }, options),
        node("b ok", ["a"], { value: "=a.value" })
      ]
      const run = yield* engine.start(flow(nodes))
      yield* run.outcome
      expect(engine.script.calls.map(({ attempt, nodeId }) => `${nodeId} ${attempt}`)).toEqual([
        "a 1",
        "a 2",
        "a 3",
        "b 1"
      ])
      expect(engine.script.calls[2]?.input).toMatchObject({
        node: "a",
        attempts: 2,
        error: { tag: "Boom", message: "no row" }
      })
      expect(yield* run.node("a")).toMatchObject({
        status: "completed",
        recovered: true,
        outputs: { value: "a" }
      })
      expect((yield* run.node("b"))?.outputs).toEqual({ value: "a" })
    })
  )

  it.effect("a handler that fails leaves the first error in the log, and its own beside it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a fail", [], { message: "first" }, { failure: "fail" })]))
      yield* run.outcome
      const view = yield* run.node("a")
      expect(view?.error?.message).toBe("first")
      expect(view?.handlerError?.message).toBe("boom")
      expect(view?.attempts.map((one) => one.role)).toEqual(["action", "handler"])
    })
  )

  const fetches = Action.make("fetches", {
    input: Schema.Struct({}),
    output: Schema.Struct({ rows: Schema.Array(Schema.Int), since: Schema.DateFromString }),
    run: () => {
      throw new Error("no network")
    }
  })
  const standIns: ReadonlyArray<readonly [string, () => unknown, object]> = [
    [
      "fit, without what it does not know",
      () => ({ rows: [1], since: "2026-11-21T00:00:00.000Z", more: true }),
      { status: "completed", recovered: true, outputs: { rows: [1], since: "2026-11-21T00:00:00.000Z" } }
    ],
    ["are of another type", () => ({ rows: "1", since: "2026-11-21" }), {}],
    ["a check of the schema refuses", () => ({ rows: [1.5], since: "2026-11-21" }), {}],
    ["a transformation of the schema refuses", () => ({ rows: [], since: "soon" }), {}],
    ["are incomplete", () => NodeOutput.make({ rows: [] }), {}],
    ["are none", () => undefined, {}]
  ]
  it.effect.each(standIns)(
    "outputs that %s stand in for the node's only if they fit its schema",
    ([, run, view]) =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open({ actions: [fetches, Action.fn("rescue", run as () => {})] })
        const nodes = [
          node("a fetches", [], {}, { failure: "rescue" }),
          node("b ok", ["a"], { x: "=a.rows" })
        ]
        const handle = yield* engine.start(flow(nodes))
        yield* handle.outcome
        const refused = {
          status: "failed",
          error: { cause: "Thrown", message: "no network" },
          handlerError: {
            cause: "InvalidOutput",
            message: expect.stringContaining('the outputs do not fit those of action "fetches"')
          }
        }
        const found = yield* handle.node("a")
        expect(found).toMatchObject(Object.keys(view).length > 0 ? view : refused)
        if (found?.status === "completed") expect(found.outputs).not.toHaveProperty("more")
        expect(engine.script.called).toEqual(found?.status === "completed" ? ["b"] : [])
      })
  )

  it.effect("a handler has the node's time-out", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a fail", [], {}, { failure: "never", timeoutMillis: 100 })])
      )
      yield* TestEngine.awaitNode(run, "NodeStarted", "a", 2)
      yield* TestClock.adjust("100 millis")
      yield* run.outcome
      expect((yield* run.node("a"))?.handlerError?.cause).toBe("TimedOut")
    })
  )
})
