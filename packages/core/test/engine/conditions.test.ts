import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import * as Flow from "../../src/plan/Flow.ts"
import { story } from "../world/EventLine.ts"
import { edge, flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const score = Action.make("score", {
  input: Schema.Struct({ of: Schema.Finite }),
  output: Schema.Struct({ value: Schema.Finite, isGood: Schema.Boolean }),
  run: ({ of }) => ({ value: of, isGood: of > 0.5 })
})
const note = Action.fn("note", ({ about = "it" }: { about?: string }) => ({ noted: about }))

const statuses = (run: Effect.Success<ReturnType<TestEngine.TestEngine["start"]>>) =>
  Effect.map(run.outcome, ({ nodes }) => Object.fromEntries(nodes.map((one) => [one.nodeId, one.status])))

const routed = [
  node("a ok"),
  node("hot ok", [edge("a", "inputs.heat > 30")]),
  node("cold ok", [edge("a", "inputs.heat <= 30")]),
  node("join ok", ["hot", "cold"], {}, { trigger: "none_failed_min_one_success" })
]

describe("conditions", () => {
  it.effect("send a run one way or the other, and a join goes on with the way that was taken", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const warm = yield* engine.start(flow(routed), { id: "warm", input: { heat: 31 } })
      expect(yield* statuses(warm)).toEqual({
        a: "completed",
        hot: "completed",
        cold: "skipped",
        join: "completed"
      })
      const cool = yield* engine.start(flow(routed), { id: "cool", input: { heat: 30 } })
      expect(yield* statuses(cool)).toEqual({
        a: "completed",
        hot: "skipped",
        cold: "completed",
        join: "completed"
      })
      expect((yield* cool.node("hot"))?.inactiveEdges).toEqual(["a"])
    })
  )

  it.effect("that cannot be evaluated fail the node before any code of it runs, without a retry", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [node("a ok"), node("b ok", ["a"], {}, { when: "a.nothing == 1", retry: { tries: 5 } })]
      const run = yield* engine.start(flow(nodes))
      yield* run.outcome
      expect(engine.script.calls.map(({ nodeId }) => nodeId)).toEqual(["a"])
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({
        _tag: "NodesFailed",
        nodes: [{ nodeId: "b", attempts: 1, error: { cause: "InvalidExpression" } }]
      })
    })
  )

  it.effect("are refused at the start when they are wrong", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a ok"),
        node("b ok", ["a"], {}, { when: "a.x >" }),
        node("c ok", [], {}, { when: "a.ok" })
      ]
      const error = yield* Effect.flip(engine.dagflow.start(flow(nodes)))
      expect(
        error._tag === "DefinitionError" && error.problems.map(({ code, path, span }) => [code, path, span])
      ).toEqual([
        ["InvalidExpression", ["nodes", 1, "when"], { start: 5, end: 5 }],
        ["NotAnAncestor", ["nodes", 2, "when"], { start: 0, end: 4 }]
      ])
    })
  )

  it.effect("of nodes that a command adds are evaluated when their turn comes", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold")]), { input: { go: true } })
      const grown = [node("b ok", [edge("a", "inputs.go")]), node("c ok", ["a"], {}, { when: "!inputs.go" })]
      yield* run.send({ _tag: "AddNodes", nodes: grown })
      engine.script.release("a")
      yield* run.outcome
      expect(story(engine.log("run")).slice(2)).toEqual([
        "a completes",
        "b routed",
        "c skipped condition_false",
        "b starts",
        "b completes"
      ])
    })
  )

  it.effect("that read an output which is kept outside the log fail the node, and say why", () =>
    Effect.gen(function* () {
      const large = Action.fn("large", () => ({ text: "x".repeat(2000), size: 2000 }))
      const engine = yield* TestEngine.open({ actions: [large] })
      const nodes = [
        node("a large"),
        node("b ok", ["a"], {}, { when: "a.text == ''" }),
        node("c ok", ["a"], {}, { when: "a.size > 1" })
      ]
      const run = yield* engine.start(flow(nodes, { artifactBytesMin: 1000, onFailure: "continue" }))
      expect(yield* statuses(run)).toEqual({ a: "completed", b: "failed", c: "completed" })
      expect((yield* run.node("b"))?.error?.message).toContain("kept outside the log")
    })
  )
})

describe("conditions in TypeScript", () => {
  const triage = (of: number) =>
    Flow.make(
      "triage",
      { inputs: { limit: Schema.Finite, region: Schema.optionalKey(Schema.String) } },
      (f) => {
        const scored = f.node("score", score, { of })
        const good = f.node("good", note, {}, { when: scored.out.isGood })
        const bad = f.node(
          "bad-one",
          note,
          {},
          { dependsOn: [{ node: scored, when: Flow.cel`!${scored.out.isGood}` }] }
        )
        const near = f.node(
          "near",
          note,
          {},
          { when: Flow.cel`${scored.out.value} > ${f.inputs.limit} && ${"x"} != 'y'` }
        )
        const local = f.node("local", note, {}, { when: Flow.cel`${f.inputs.region.or("none")} == ${"eu"}` })
        const text = f.node("text", note, {}, { dependsOn: [scored], when: "score.value > 0.9" })
        return { good, bad, near, local, text }
      }
    )

  it.effect("are texts, expressions with references, or references to what is true or false", () =>
    Effect.gen(function* () {
      const { nodes } = triage(0.7).spec
      expect(nodes.slice(1).map(({ dependencies, when }) => ({ dependencies, when }))).toEqual([
        { dependencies: ["score"], when: 'nodes["score"].isGood' },
        { dependencies: [{ node: "score", when: '!nodes["score"].isGood' }], when: undefined },
        { dependencies: ["score"], when: `nodes["score"].value > inputs.limit && "x" != 'y'` },
        { dependencies: undefined, when: '("region" in inputs ? inputs.region : "none") == "eu"' },
        { dependencies: ["score"], when: "score.value > 0.9" }
      ])
      const engine = yield* TestEngine.open()
      const run = yield* engine.dagflow.start(triage(0.7), { input: { limit: 0.6 } })
      const { nodes: ended } = yield* run.outcome
      expect(Object.fromEntries(ended.map((one) => [one.nodeId, one.status]))).toEqual({
        score: "completed",
        good: "completed",
        "bad-one": "skipped",
        near: "completed",
        local: "skipped",
        text: "skipped"
      })
    })
  )

  it.effect("of another flow are refused, and so is what is no condition", () =>
    Effect.gen(function* () {
      const other = Flow.make("other", (f) => ({ a: f.node("a", score, { of: 1 }) }))
      let stranger: unknown
      Flow.make("stranger", (f) => {
        stranger = f.node("a", score, { of: 1 }).out.isGood
      })
      const mixed = Flow.make("mixed", (f) => {
        f.node("b", note, {}, { when: stranger as never })
        f.node("c", note, {}, { when: 5 as never })
        f.node("d", note, {}, { when: Flow.cel`${Flow.env("${env.HOME}")} == ''` as never })
      })
      const engine = yield* TestEngine.open()
      expect(other.spec.nodes).toHaveLength(1)
      const error = yield* Effect.flip(engine.dagflow.start(mixed))
      expect(
        error._tag === "DefinitionError" && error.problems.map(({ code, path }) => [code, ...path])
      ).toEqual([
        ["UnknownReference", "nodes", 0, "when"],
        ["InvalidValue", "nodes", 1, "when"],
        ["MalformedReference", "nodes", 2, "when"]
      ])
    })
  )
})
