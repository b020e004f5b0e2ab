/*
 * Goal: a node may be a flow. Each attempt is a child run with a log of its own, which takes the node's inputs, gives its
 * outputs, and tells how it ended.
 * Method: flows in TypeScript and as definitions on a real engine, whose store keeps both logs.
 */
import { assert, describe, expect, expectTypeOf, it } from "@effect/vitest"
import type { FlowSpec } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"
import * as Flow from "../../src/plan/Flow.ts"
import type { ValueRef } from "../../src/plan/ValueRef.ts"
import { story } from "../world/EventLine.ts"
import { flow, mapped, node, subFlow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const text = Schema.Struct({ text: Schema.String })

const trim = Action.make("trim", {
  input: text,
  output: text,
  run: (input) => ({ text: input.text.trim() })
})

const shout = Action.make("shout", {
  input: text,
  output: text,
  run: (input) => ({ text: input.text.toUpperCase() })
})

const cleaning = Flow.make("cleaning", { inputs: { raw: Schema.String } }, (f) => {
  const trimmed = f.node("trim", trim, { text: f.inputs.raw })
  return { clean: f.node("shout", shout, { text: trimmed.out.text }) }
})

/** A flow of one node that gives its input `value`: `inner()`, or by another action. */
const inner = (action = "ok", config: FlowSpec.FlowSpec["config"] = {}) =>
  flow([node(`work ${action}`, [], { value: "=inputs.value" })], config, { name: "inner" })

const tags = (engine: TestEngine.TestEngine, runId: string) =>
  engine.log(runId).map(({ event }) => event._tag)

const failureOf = (engine: TestEngine.TestEngine, nodeId: string, runId = "run") =>
  engine
    .log(runId)
    .flatMap(({ event }) => (event._tag === "NodeFailed" && event.nodeId === nodeId ? [event.error] : []))

describe("a sub-flow", () => {
  it.effect("takes the inputs of its node, and gives it what the nodes gave that it returns", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const outer = Flow.make("outer", { inputs: { name: Schema.String } }, (f) => {
        const cleaned = f.subFlow("clean up", cleaning, { raw: f.inputs.name })
        expectTypeOf(cleaned.out.clean).toEqualTypeOf<ValueRef<"outer", { readonly text: string }>>()
        return { greeting: f.node("greet", shout, { text: cleaned.out.clean.at("text") }), cleaned }
      })
      const outputs = yield* Effect.orDie(engine.dagflow.run(outer, { id: "run", input: { name: " ada " } }))
      expect(outputs).toEqual({ greeting: { text: "ADA" }, cleaned: { clean: { text: "ADA" } } })
    })
  )

  it.effect("is a run of its own, whose id, parent and place in lists are known beforehand", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      yield* engine.runToEnd(flow([subFlow("a", inner(), { value: 1 }), node("b ok", ["a"])]))
      expect(story(engine.log("run"))).toMatchInlineSnapshot(`
        [
          "a goes on as run/a/1",
          "a completes",
          "b starts",
          "b completes",
        ]
      `)
      expect(tags(engine, "run/a/1")).toEqual([
        "RunStarted",
        "RunOwned",
        "NodeStarted",
        "NodeCompleted",
        "RunEnding",
        "RunCompleted"
      ])
      const first = engine.log("run/a/1")[0]?.event
      assert(first?._tag === "RunStarted")
      expect(first.parent).toEqual({
        runId: "run",
        nodeId: "a",
        attempt: 1,
        depth: 1,
        returns: { work: "work" }
      })
      const { runs } = yield* Effect.orDie(engine.dagflow.list({ tags: ["parent:run"] }))
      expect(runs.map(({ flow: name, runId }) => [runId, name])).toEqual([["run/a/1", "inner"]])
    })
  )

  it.effect("holds no slot, so that one slot is enough for a run and all below it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ engine: { maxParallel: 1 } })
      const deep = flow([subFlow("c", inner(), { value: 7 })], { maxParallel: 1 }, { name: "deep" })
      const run = yield* engine.start(flow([subFlow("a", deep), subFlow("b", deep)], { maxParallel: 1 }))
      expect(yield* Effect.orDie(run.outputs)).toEqual({
        a: { c: { work: { value: 7 } } },
        b: { c: { work: { value: 7 } } }
      })
      expect(engine.script.peak).toBeLessThanOrEqual(1)
    })
  )

  it.effect("runs for each value of a list inside of a sub-flow of a list, also where a list is empty", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const middle = flow(
        [{ ...mapped("one inner", { ref: "inputs.values" }, { value: "=each.item" }), flow: inner() }],
        {},
        { name: "middle" }
      )
      const all = {
        ...mapped("all middle", { value: [[1, 2], [], [3]] }, { values: "=each.item" }),
        flow: middle
      }
      const run = yield* engine.start(flow([all]))
      expect(yield* Effect.orDie(run.outputs)).toEqual({
        all: { one: [{ work: [{ value: 1 }, { value: 2 }] }, { work: [] }, { work: [{ value: 3 }] }] }
      })
      expect(tags(engine, "run/all[0]/1/one[1]/1")).toContain("RunCompleted")
    })
  )

  it.effect.each([
    ["as its bound says", { maxParallel: 2 }, {}],
    ["as its run has slots, without a bound", {}, { maxParallel: 2 }]
  ] as const)("of a list goes on in as many child runs at once %s", ([, bound, config]) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const list = mapped("a inner", { value: [1, 2, 3, 4, 5] }, { value: "=each.item" }, bound)
      const run = yield* engine.start(flow([{ ...list, flow: inner("later") }], config))
      yield* Effect.orDie(run.outputs)
      let open = 0
      let peak = 0
      for (const { event } of engine.log("run")) {
        if (event._tag === "SubFlowStarted") peak = Math.max(peak, ++open)
        if (event._tag === "NodeCompleted" && event.nodeId !== "a") open--
      }
      expect(peak).toBe(2)
    })
  )

  it.effect("hands large outputs on without keeping them in a log", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const large = "x".repeat(5000)
      const spec = flow([
        subFlow("a", inner("ok", { artifactBytesMin: 1000 }), { value: large }),
        node("b ok", ["a"], { value: "=a.work.value" })
      ])
      const run = yield* engine.start(spec)
      expect(yield* Effect.orDie(run.outputs)).toEqual({ b: { value: large } })
      const completed = engine.log("run").find(({ event }) => event._tag === "NodeCompleted")?.event
      assert(completed?._tag === "NodeCompleted")
      expect(JSON.stringify(completed.outputs).length).toBeLessThan(200)
    })
  )

  it.effect("gets a secret as the text that names it, and neither log holds more", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const secretive = flow(
        [node("work ok", [], { value: "=inputs.token" })],
        {},
        {
          name: "secretive",
          inputs: { token: { type: "string", secret: true } }
        }
      )
      const log = yield* engine.runToEnd(
        flow([subFlow("a", secretive, { token: "${env.DAGFLOW_NO_TOKEN}" })])
      )
      const first = engine.log("run/a/1")[0]?.event
      assert(first?._tag === "RunStarted")
      expect(first.inputs).toEqual({ token: "${env.DAGFLOW_NO_TOKEN}" })
      expect(log.at(-1)?.event._tag).toBe("RunFailed")
    })
  )

  it.effect("gives its final payload where its node transforms that of the run", () =>
    Effect.gen(function* () {
      const upper = Action.make("upper", {
        input: Schema.Struct({ payload: Schema.String }),
        output: Schema.Struct({ payload: Schema.String }),
        run: ({ payload }) => ({ payload: payload.toUpperCase() })
      })
      const engine = yield* TestEngine.open({ actions: [upper] })
      const piped = flow([{ ...node("up upper"), intent: "transform" }], {}, { name: "piped" })
      const run = yield* engine.start(flow([subFlow("a", piped, {}, { intent: "transform" })]), {
        input: { payload: "hi" }
      })
      const { result } = yield* Effect.orDie(run.outcome)
      expect(result).toMatchObject({ _tag: "Completed", payload: "HI" })
    })
  )
})

describe("the failure of a sub-flow", () => {
  it.effect("is that of its node, and names the child run and the node that failed", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([subFlow("a", inner("fail"), { value: 1 })]))
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason._tag).toBe("NodesFailed")
      expect(failureOf(engine, "a")).toEqual([
        {
          cause: "SubFlowFailed",
          tag: "Boom",
          message: 'run "run/a/1": node "work" failed: Boom: boom',
          isRetryable: true,
          child: { runId: "run/a/1", nodeId: "work" },
          chain: [{ tag: "Boom", message: "boom" }]
        }
      ])
    })
  )

  it.effect("is retried as any other, by a new child run each time", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const retry = { tries: 3, backoff: "immediate", retryIf: ["Boom"] } as const
      yield* engine.runToEnd(flow([subFlow("a", inner("fail"), { value: 1 }, { retry })]))
      expect(failureOf(engine, "a").map(({ child }) => child?.runId)).toEqual([
        "run/a/1",
        "run/a/2",
        "run/a/3"
      ])
      expect(tags(engine, "run/a/3")).toContain("RunFailed")
    })
  )

  it.effect("is handed to the failure handler of its node", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([subFlow("a", inner("fail"), { value: 1 }, { failure: "ok" })]))
      expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { value: "a" } })
    })
  )

  it.effect("leaves the others of a list to go on where the list says so", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const failing = flow(
        [node("work flaky", [], { failures: "=inputs.failures" })],
        {},
        { name: "failing" }
      )
      const list = mapped(
        "a failing",
        { value: [0, 9] },
        { failures: "=each.item" },
        { onItemFailure: "best_effort" }
      )
      const run = yield* engine.start(flow([{ ...list, flow: failing }]))
      expect(yield* Effect.orDie(run.outputs)).toEqual({ a: { work: [{ value: "work" }, null] } })
    })
  )

  it.effect("comes at once where its inputs do not fit, and there is no child run", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const strict = flow([node("work ok")], {}, { name: "strict", inputs: { count: { type: "integer" } } })
      yield* engine.runToEnd(
        flow([
          node("t ok", [], { value: "three" }),
          subFlow("a", strict, { count: "=t.value" }, { after: ["t"] })
        ])
      )
      expect(failureOf(engine, "a")).toMatchObject([
        { cause: "InvalidInput", message: expect.stringContaining('input "count"') }
      ])
      expect(engine.data.runs.has("run/a/1")).toBe(false)
    })
  )

  it.effect("says so when a stranger's run has the id of the child", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      yield* engine.runToEnd(flow([node("x ok")]), { id: "run/a/1" })
      yield* engine.runToEnd(flow([subFlow("a", inner())]))
      expect(failureOf(engine, "a")).toMatchObject([
        { cause: "SubFlowFailed", tag: "RunExists", isRetryable: false }
      ])
    })
  )
})

describe("what a sub-flow uses up", () => {
  const spending = Action.make("spend", {
    input: Schema.Struct({}),
    output: Schema.Struct({}),
    run: () => NodeOutput.make({}, { usage: { tokens: 40 } })
  })

  it.effect("is charged to the budget of its parent, however deep it was used", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [spending] })
      const twice = flow([node("x spend"), node("y spend", ["x"])], {}, { name: "twice" })
      const outer = flow([subFlow("b", twice)], {}, { name: "outer" })
      const budget = { tokens: 100, onExhausted: "stop" } as const
      const log = yield* engine.runToEnd(
        flow(
          [
            subFlow("a", outer),
            subFlow("c", outer, {}, { after: ["a"] }),
            subFlow("d", outer, {}, { after: ["c"] })
          ],
          { budget }
        )
      )
      const usage = log.flatMap(({ event }) => (event._tag === "NodeCompleted" ? [event.usage] : []))
      expect(usage).toEqual([{ tokens: 80 }, { tokens: 80 }])
      expect(log.at(-1)?.event).toMatchObject({ _tag: "RunFailed", failure: { _tag: "BudgetExhausted" } })
      expect(engine.data.runs.has("run/d/1")).toBe(false)
    })
  )

  it.effect("is charged when it fails, too", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [spending] })
      const failing = flow([node("x spend"), node("y fail", ["x"])], {}, { name: "failing" })
      const log = yield* engine.runToEnd(flow([subFlow("a", failing)]))
      const usage = log.flatMap(({ event }) => (event._tag === "NodeFailed" ? [event.usage] : []))
      expect(usage).toEqual([{ tokens: 40 }])
    })
  )
})

describe("a flow inside of a flow is checked with it", () => {
  const problemsOf = (spec: FlowSpec.FlowSpec) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ data: new MemoryStoreData() })
      const error = yield* Effect.flip(engine.dagflow.plan(spec))
      return error.problems
        .filter(({ severity }) => severity === "error")
        .map(({ code, path }) => `${code} ${path.join(".")}`)
    })

  it.effect("wherever a mistake is in it", () =>
    Effect.gen(function* () {
      const wrong = flow(
        [node("work nowhere"), node("next ok", ["wrk"], { value: "=work.value" })],
        {},
        {
          name: "wrong",
          inputs: { count: { type: "integer" } }
        }
      )
      const spec = flow([
        subFlow("a", wrong, { cuont: 1 }),
        node("b ok", ["a"], { value: "=a.nxt" }),
        { ...subFlow("c", inner()), action: "other", returns: { all: "wrk" } }
      ])
      expect(yield* problemsOf(spec)).toEqual([
        "UnknownInput nodes.0.inputs.cuont",
        "MissingInput nodes.0",
        "UnknownAction nodes.0.flow.nodes.0.action",
        "UnknownDependency nodes.0.flow.nodes.1.dependencies.0",
        "NotAnAncestor nodes.0.flow.nodes.1.inputs.value.ref",
        "UnknownReference nodes.1.inputs.value.ref",
        "InvalidValue nodes.2.action",
        "UnknownReference nodes.2.returns.all"
      ])
    })
  )

  it.effect("and flows inside of flows are not as deep as one likes", () =>
    Effect.gen(function* () {
      let spec = inner()
      for (let depth = 0; depth < 17; depth++) spec = flow([subFlow("a", spec)], {}, { name: "deeper" })
      const [problem = ""] = yield* problemsOf(spec)
      expect(problem).toMatch(/^LimitExceeded (nodes\.0\.flow\.){16}nodes\.0\.flow$/)
    })
  )
})
