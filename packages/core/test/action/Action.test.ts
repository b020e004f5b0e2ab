import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import type { StoreDriver } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import type { ActionContext } from "../../src/action/ActionContext.ts"
import * as Actions from "../../src/action/Actions.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"
import { DagFlow } from "../../src/engine/DagFlow.ts"
import * as Hook from "../../src/hook/Hook.ts"
import * as Hooks from "../../src/hook/Hooks.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const runOne = (action: Action.Any<never>, given: Readonly<Record<string, Schema.Json>> = {}) =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open({ actions: [action] })
    const run = yield* engine.start(flow([node(`a ${action.name}`, [], given)]))
    yield* run.outcome
    return (yield* run.node("a")) ?? expect.fail("there is no node")
  })

describe("row 27: any function is an action", () => {
  const functions = {
    "an asynchronous function": () => Promise.resolve({ n: 1 }),
    "a plain function": () => ({ n: 1 }),
    "an Effect": () => Effect.succeed({ n: 1 }),
    "an Effect that waits": () => Effect.as(Effect.yieldNow, { n: 1 })
  }
  it.effect.each(Object.entries(functions))("row 2: %s gives its outputs", ([, run]) =>
    Effect.gen(function* () {
      expect((yield* runOne(Action.fn("act", run))).outputs).toEqual({ n: 1 })
    })
  )

  it.effect.each([undefined, null])("one that gives %s has no outputs", (nothing) =>
    Effect.gen(function* () {
      expect((yield* runOne(Action.fn("act", () => nothing as undefined))).outputs).toEqual({})
    })
  )
})

describe("rows 22, 25: schemas are enforced both ways", () => {
  const calls: Array<unknown> = []
  const checked = Action.make("checked", {
    input: Schema.Struct({
      count: Schema.Int,
      note: Schema.optionalKey(Schema.String),
      since: Schema.optionalKey(Schema.DateFromString)
    }),
    output: Schema.Struct({ total: Schema.Int, at: Schema.DateFromString }),
    run: (input) => {
      calls.push(input)
      return { total: input.count === 13 ? 0.5 : input.count * 2, at: new Date(0) }
    }
  })

  it.effect("an action works with the decoded side, and JSON travels", () =>
    Effect.gen(function* () {
      calls.length = 0
      const view = yield* runOne(checked, { count: 2, since: "2026-01-01T00:00:00.000Z" })
      expect(calls).toEqual([{ count: 2, since: new Date("2026-01-01T00:00:00.000Z") }])
      expect(view.outputs).toEqual({ total: 4, at: "1970-01-01T00:00:00.000Z" })
    })
  )

  it.effect("row 22: a missing required input fails the node before the action runs, and names the key", () =>
    Effect.gen(function* () {
      calls.length = 0
      const engine = yield* TestEngine.open({ actions: [checked] })
      // The plan of a flow finds this before it runs; an added node has no plan.
      const run = yield* engine.start(flow([node("first hold")]))
      yield* run.send({ _tag: "AddNode", node: { id: "a", action: "checked" } })
      const { event } = yield* TestEngine.awaitNode(run, "NodeFailed", "a")
      const view = event._tag === "NodeFailed" ? event : expect.fail("it has not failed")
      expect(view.error).toMatchObject({ cause: "InvalidInput", message: expect.stringContaining("count") })
      expect(calls).toEqual([])
    })
  )

  it.effect("row 22: an optional input that is null is absent", () =>
    Effect.gen(function* () {
      calls.length = 0
      const view = yield* runOne(checked, { count: 1, note: null })
      expect(view.status).toBe("completed")
      expect(calls).toEqual([{ count: 1 }])
    })
  )

  it.effect("row 25: an output of a wrong type fails the node after the action ran, once", () =>
    Effect.gen(function* () {
      calls.length = 0
      const view = yield* runOne(checked, { count: 13 })
      expect(view.error).toMatchObject({ cause: "InvalidOutput", message: expect.stringContaining("total") })
      expect(calls).toHaveLength(1)
    })
  )
})

describe("rows 23, 24: an output marked unsuccessful is a failure", () => {
  it.effect("the message is in the event, and the node is retried like any failure", () =>
    Effect.gen(function* () {
      const half = Action.fn("half", (_: {}, { attempt }) =>
        attempt === 1 ? NodeOutput.failure("only half was done", { usage: { tokens: 3 } }) : { done: true }
      )
      const engine = yield* TestEngine.open({ actions: [half] })
      const log = yield* engine.runToEnd(
        flow([node("a half", [], {}, { retry: { tries: 2, backoff: "immediate" } })])
      )
      const failed = log.find(({ event }) => event._tag === "NodeFailed")?.event
      expect(failed).toMatchObject({
        error: { cause: "Reported", message: "only half was done" },
        usage: { tokens: 3 }
      })
      expect(log.at(-1)?.event._tag).toBe("RunCompleted")
    })
  )

  it.effect("outputs may carry metadata and usage that no node reads", () =>
    Effect.gen(function* () {
      const rich = Action.fn("rich", () =>
        NodeOutput.make({ n: 1 }, { metadata: { model: "m" }, usage: { tokens: 5 } })
      )
      const view = yield* runOne(rich)
      expect(view).toMatchObject({ outputs: { n: 1 }, metadata: { model: "m" }, usage: { tokens: 5 } })
    })
  )
})

describe("rows 20, 21: what an action sees", () => {
  it("row 20: it has no way to change the graph", () => {
    type Seen =
      | "runId"
      | "flow"
      | "nodeId"
      | "attempt"
      | "idempotencyKey"
      | "instructions"
      | "metadata"
      | "runInputs"
      | "dependencies"
      | "signal"
      | "log"
      | "emit"
      | "failed"
    expectTypeOf<keyof ActionContext>().toEqualTypeOf<Seen>()
    expectTypeOf<ReturnType<ActionContext["emit"]>>().toBeVoid()
  })

  it.effect("row 20: it has no more than what its type says", () =>
    Effect.gen(function* () {
      const seen = new Set<string>()
      const look = Action.fn("look", (_: {}, context) => {
        for (
          let one: object = context;
          one !== Object.prototype;
          one = Object.getPrototypeOf(one) as object
        ) {
          for (const name of Object.getOwnPropertyNames(one)) seen.add(name)
        }
        return {}
      })
      const engine = yield* TestEngine.open({ actions: [look] })
      yield* engine.runToEnd(flow([node("a look")]))
      seen.delete("constructor")
      expect([...seen].sort()).toEqual([
        "attempt",
        "dependencies",
        "emit",
        "failed",
        "flow",
        "idempotencyKey",
        "instructions",
        "log",
        "metadata",
        "nodeId",
        "runId",
        "runInputs",
        "signal"
      ])
    })
  )

  it.effect("row 21: run, flow, node, attempt, inputs, outputs before it", () =>
    Effect.gen(function* () {
      const seen: Array<Partial<ActionContext>> = []
      const look = Action.fn("look", (_: {}, context) => {
        const {
          attempt,
          dependencies,
          flow,
          idempotencyKey,
          instructions,
          metadata,
          nodeId,
          runId,
          runInputs
        } = context
        seen.push({
          attempt,
          dependencies,
          flow,
          idempotencyKey,
          instructions,
          metadata,
          nodeId,
          runId,
          runInputs
        })
        expect(context.signal.aborted).toBe(false)
        expect(context.failed).toBeUndefined()
      })
      const engine = yield* TestEngine.open({ actions: [look] })
      const nodes = [
        node("a ok"),
        node("b look", ["a"], {}, { instructions: "be kind", metadata: { team: 7 } })
      ]
      yield* engine.runToEnd(flow(nodes), { input: { x: 1 } })
      expect(seen).toEqual([
        {
          attempt: 1,
          dependencies: { a: { value: "a" } },
          flow: "test",
          idempotencyKey: "run/b",
          instructions: "be kind",
          metadata: { team: 7 },
          nodeId: "b",
          runId: "run",
          runInputs: { x: 1 }
        }
      ])
    })
  )

  it.effect("promise (2): the idempotency key is the same for every attempt of a node", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const retry = { tries: 3, backoff: "immediate" } as const
      yield* engine.runToEnd(flow([node("a flaky", [], { failures: 2 }, { retry })]))
      expect(engine.script.calls.map((call) => [call.attempt, call.key])).toEqual([
        [1, "run/a"],
        [2, "run/a"],
        [3, "run/a"]
      ])
    })
  )
})

class Greeting extends Context.Service<Greeting, { readonly text: string }>()("test/Greeting") {}

describe("rows 21, 32: services", () => {
  it.effect("an action and a hook get a service from the environment", () =>
    Effect.gen(function* () {
      const greet = Action.fn("greet", () => Effect.map(Greeting, ({ text }) => ({ text })))
      const seen: Array<string> = []
      const hook = Hook.make({
        name: "h",
        onStart: () => Effect.map(Greeting, ({ text }) => void seen.push(text))
      })
      // Nobody but they have it, and each has its own.
      const registered = [
        Actions.layer(greet).pipe(Layer.provide(Layer.succeed(Greeting, { text: "hello" }))),
        Hooks.layer(hook).pipe(Layer.provide(Layer.succeed(Greeting, { text: "hey" })))
      ] as const
      const layer = DagFlow.layer().pipe(Layer.provide([...registered, MemoryStore.layer]))
      const dagflow = Context.get(yield* Layer.build(layer), DagFlow)
      const run = yield* dagflow.start(flow([node("a greet")]))
      yield* run.outcome
      expect((yield* run.node("a"))?.outputs).toEqual({ text: "hello" })
      expect(seen).toEqual(["hey"])
    })
  )
})

describe("row 26: the registry", () => {
  const one = Action.fn("act", () => ({ n: 1 }))
  const two = Action.fn("act", () => ({ n: 2 }))
  const layerOf = (...actions: ReadonlyArray<Layer.Layer<never>>) =>
    DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, ...actions] as [Layer.Layer<StoreDriver>]))

  it("registers, finds and lists actions by name", () => {
    const registry = Actions.makeRegistry([Action.fn("b", () => ({})), one])
    expect(registry.get("act")).toBe(one)
    expect(registry.has("b")).toBe(true)
    expect(registry.has("c")).toBe(false)
    expect(registry.list.map((action) => action.name)).toEqual(["act", "b"])
  })

  it.effect("a second action of one name is refused", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Layer.build(layerOf(Actions.layer(one), Actions.layer(two))))
      expect(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "").toContain('two actions are called "act"')
    })
  )

  it.effect("unless replacing it is said", () =>
    Effect.gen(function* () {
      const layer = layerOf(Actions.layer(one), Actions.layerReplacing(two))
      const dagflow = Context.get(yield* Layer.build(layer), DagFlow)
      const run = yield* dagflow.start(flow([node("a act")]))
      yield* run.outcome
      expect((yield* run.node("a"))?.outputs).toEqual({ n: 2 })
    })
  )

  it.effect("row 28: an action that is not registered is refused at the start, with its node", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const error = yield* Effect.flip(engine.dagflow.start(flow([node("a okay")])))
      expect(error).toMatchObject({
        _tag: "DefinitionError",
        problems: [{ code: "UnknownAction", nodeId: "a", suggestion: "ok" }]
      })
      expect(engine.data.runs.size).toBe(0)
    })
  )
})

describe("a time for which outputs are kept", () => {
  const kept = (ttl: Duration.Input) => Action.fn("kept", () => ({}), { cache: { ttl } })

  it.each([
    ["1 milli", 1],
    ["1 hour", 3_600_000],
    ["3650 days", 315_360_000_000]
  ] as const)("may be %s", (ttl, ttlMillis) => {
    expect(kept(ttl).cache).toEqual({ ttlMillis })
  })

  it.each([0, -1, "0 seconds", "3651 days", Infinity] as const)("may not be %s", (ttl) => {
    expect(() => kept(ttl)).toThrow(/^cache\.ttl of action "kept" is .* ms: give from 1 ms to ten years/)
  })

  it("has to be a duration", () => {
    expect(() => kept("soon" as "1 hour")).toThrow('cache.ttl of action "kept" is no duration')
  })
})

describe("an action that somebody without types makes wrongly", () => {
  const fields = Schema.Struct({})
  const make = (options: object) => () => Action.make("count", options as never)

  it("is refused with what is wrong and what to write", () => {
    expect(make({ input: {}, output: fields, run: () => ({}) })).toThrow(
      'input of action "count" is no schema of Effect; write input: Schema.Struct({ ... }), or make the action with Action.fn, which has none'
    )
    expect(make({ input: fields, run: () => ({}) })).toThrow(
      'output of action "count" is no schema of Effect'
    )
    expect(make({ input: { "~standard": {} }, output: fields, run: () => ({}) })).toThrow(
      "it is one of another library: take a schema of Effect, or make the action with @dagflow/promise"
    )
    const noFunction = 'run of action "count" is no function; give one that turns inputs into outputs'
    expect(make({ input: fields, output: fields })).toThrow(noFunction)
    expect(() => Action.fn("count", undefined as never)).toThrow(noFunction)
  })
})
