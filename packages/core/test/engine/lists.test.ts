/*
 * Goal: an input may be a list that is put together of what several nodes give, wherever each part of it is kept.
 * Method: the nodes of a fan give their values, and the node behind them shows what it got.
 */
import { describe, expect, it } from "@effect/vitest"
import type { NodeSpec } from "@dagflow/protocol"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import * as Flow from "../../src/plan/Flow.ts"
import { flow, many, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

type Inputs = NonNullable<NodeSpec.NodeSpec["inputs"]>

const withInputs = (name: string, dependencies: ReadonlyArray<string>, inputs: Inputs) => ({
  ...node(name, dependencies),
  inputs
})

const say = Action.make("say", {
  input: Schema.Struct({ text: Schema.String }),
  output: Schema.Struct({ text: Schema.String, rank: Schema.optionalKey(Schema.Int) }),
  run: ({ text }) => ({ text: text.toUpperCase() })
})

const join = Action.make("join", {
  input: Schema.Struct({
    parts: Schema.Array(Schema.String),
    ranks: Schema.optionalKey(Schema.Array(Schema.Int))
  }),
  output: Schema.Struct({ text: Schema.String }),
  run: ({ parts }) => ({ text: parts.join("") })
})

describe("a list of references", () => {
  it.effect("gives the values in its order, whatever the plan order of the nodes is", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [say, join] })
      const fan = Flow.make("fan", (f) => {
        const nodes = ["c", "a", "b"].map((text) =>
          f.node(text, say, { text }, { priority: text.charCodeAt(0) })
        )
        return { joined: f.node("joined", join, { parts: [...nodes.map((one) => one.out.text), "!"] }) }
      })
      const { joined } = yield* Effect.orDie(engine.dagflow.run(fan, { id: "run" }))
      expect(joined.text).toBe("CAB!")
      expect(fan.spec.nodes[3]).toMatchObject({
        dependencies: ["c", "a", "b"],
        inputs: { parts: { list: [{ ref: "c.text" }, { ref: "a.text" }, { ref: "b.text" }, { value: "!" }] } }
      })
    })
  )

  it.effect("is as long as the loop that made it, and may be empty", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const ids = Array.from({ length: 1000 }, (_, index) => `n${index}`)
      const all = { list: ids.map((id) => ({ ref: `${id}.value` })) }
      yield* engine.runToEnd(
        flow([...many(1000, "n* ok"), withInputs("all ok", ids, { value: all, none: { list: [] } })])
      )
      expect(engine.script.calls.at(-1)?.input).toEqual({ value: ids, none: [] })
    })
  )

  it.effect("fails the node where one value is missing, and takes null and defaults as values", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nothing = { value: null, ref: 1 }
      const nodes = [
        node("a ok", [], { value: nothing }),
        withInputs("b ok", ["a"], { x: { list: [{ ref: "a.value.value" }, { ref: "a.gone", default: 7 }] } }),
        withInputs("c ok", ["a"], { x: { list: [{ ref: "a.value" }, { ref: "a.gone" }] } })
      ]
      const run = yield* engine.start(flow(nodes, { onFailure: "continue" }))
      yield* run.outcome
      expect(engine.script.calls.find((call) => call.nodeId === "b")?.input).toEqual({ x: [null, 7] })
      expect((yield* run.node("c"))?.error).toMatchObject({
        cause: "MissingReference",
        message: expect.stringContaining('"a.gone"')
      })
    })
  )

  it.effect("finds large outputs and variables of the environment, each in its place", () =>
    Effect.gen(function* () {
      const large = "x".repeat(1000)
      const engine = yield* TestEngine.open()
      const list = [
        { template: "${env.ONE}!" },
        { ref: "a.value" },
        { value: [1] },
        { ref: "a.value[0]", default: "none" },
        { ref: "inputs.key" }
      ]
      yield* engine.runToEnd(
        flow(
          [node("a ok", [], { value: large }), withInputs("b ok", ["a"], { x: { list } })],
          { artifactBytesMin: 300 },
          { inputs: { key: { secret: true } } }
        ),
        { input: { key: "${env.TWO}" } }
      )
      expect(engine.data.artifacts.size).toBe(1)
      expect(engine.script.calls.at(-1)?.input).toEqual({ x: ["1!", large, [1], "none", "2"] })
      const log = JSON.stringify(engine.log("run"))
      expect(log).toContain("${env.ONE}")
      expect(log).not.toContain('"1!"')
    }).pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ONE: "1", TWO: "2" } }))))
  )

  it.effect("is of a node's own in every attempt, so that what one does to it no other sees", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const spoil = Action.fn("spoil", ({ x }: { x: Array<unknown> }) => {
        seen.push([...x])
        x.push("spoiled")
        throw new Error("again")
      })
      const engine = yield* TestEngine.open({ actions: [spoil] })
      const spoils = withInputs("b spoil", ["a"], { x: { list: [{ ref: "a.value" }] } })
      const retry = { tries: 2, backoff: "immediate" as const }
      yield* engine.runToEnd(flow([node("a ok"), { ...spoils, retry }]))
      expect(seen).toEqual([["a"], ["a"]])
    })
  )

  it.effect("connects nodes that grow, in one batch and to nodes before it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ok"), node("b hold", ["a"])]))
      const x = { list: [{ ref: "a.value" }, { ref: "grown.value" }] }
      yield* Effect.orDie(
        run.send({
          _tag: "AddNodes",
          nodes: [
            { id: "end", action: "ok", inputs: { x } },
            { id: "grown", action: "ok" }
          ]
        })
      )
      engine.script.release("b")
      yield* run.outcome
      const end = engine.script.calls.find((call) => call.nodeId === "end")
      expect(end?.input).toEqual({ x: ["a", "grown"] })
    })
  )
})

describe("the types of a list", () => {
  it.effect("are those of its items, which the compiler checks", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [say, join] })
      const typed = Flow.make("typed", (f) => {
        const one = f.node("one", say, { text: "one" })
        // @ts-expect-error -- a rank is no text.
        f.node("wrong", join, { parts: [one.out.rank.or(1)] })
        return { joined: f.node("joined", join, { parts: [one.out.text], ranks: [one.out.rank.or(0), 1] }) }
      })
      const error = yield* Effect.flip(engine.dagflow.start(typed))
      expect(error).toMatchObject({
        _tag: "DefinitionError",
        problems: [
          { code: "BindingMismatch", nodeId: "wrong", message: expect.stringContaining('"parts[0]"') }
        ]
      })
    })
  )
})
