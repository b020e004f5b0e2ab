import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const deep = { rows: [{ name: "x", tags: ["p", "q"] }, null], n: 0, empty: "", no: false, nothing: null }

describe("rows 91-95: references", () => {
  const good: ReadonlyArray<readonly [string, Schema.Json]> = [
    ["=inputs.x", 1],
    ["=inputs.deep.rows[0].name", "x"],
    ["=a.value", deep],
    ["=a.value.rows[0].tags[1]", "q"],
    ["=a.value.rows[1]", null],
    ["=a.value.n", 0],
    ["=a.value.empty", ""],
    ["=a.value.no", false],
    ["=a.value.nothing", null]
  ]
  it.effect.each(good)(
    "row 92: %s is found, also when it is null, false, 0 or empty",
    ([reference, expected]) =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        const nodes = [node("a ok", [], { value: deep }), node("b ok", ["a"], { value: reference })]
        const run = yield* engine.start(flow(nodes), { input: { x: 1, deep } })
        yield* run.outcome
        expect(engine.script.calls[1]?.input).toEqual({ value: expected })
      })
  )

  it.effect("row 91: an input and an output of one name do not collide", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a ok", [], { value: "output" }),
        node("b ok", ["a"], { value: "=inputs.value", x: "=a.value" })
      ]
      yield* engine.runToEnd(flow(nodes), { input: { value: "input" } })
      expect(engine.script.calls[1]?.input).toEqual({ value: "input", x: "output" })
    })
  )

  const missing: ReadonlyArray<string> = [
    "=a.other",
    "=a.value.rows[9]",
    "=a.value.rows[0].nobody",
    "=a.value.n.deeper",
    "=a.value.empty[0]",
    "=a.value.toString"
  ]
  it.effect.each(missing)("row 93: %s fails the node with MissingReference, never with null", (reference) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a ok", [], { value: deep }),
        node("b ok", ["a"], { value: reference }, { retry: { tries: 3 } })
      ]
      const run = yield* engine.start(flow(nodes))
      yield* run.outcome
      const view = yield* run.node("b")
      expect(view?.error).toMatchObject({
        cause: "MissingReference",
        message: expect.stringContaining(reference.slice(1))
      })
      expect(view?.attempts).toHaveLength(1)
      expect(engine.script.called).toEqual(["a"])
    })
  )

  it.effect("a default stands in for what is missing, and not for what is null", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const inputs = {
        gone: { ref: "a.value.gone", default: { d: 1 } },
        nothing: { ref: "a.value.nothing", default: 1 },
        input: { ref: "inputs.gone", default: "d" }
      }
      yield* engine.runToEnd(flow([node("a ok", [], { value: deep }), { ...node("b ok", ["a"]), inputs }]))
      expect(engine.script.calls[1]?.input).toEqual({ gone: { d: 1 }, nothing: null, input: "d" })
    })
  )

  const refused: ReadonlyArray<readonly [string, string, object]> = [
    ["row 93: to an unknown node", "=z.value", { code: "UnknownReference" }],
    ["row 94: to a node that is no ancestor", "=c.value", { code: "NotAnAncestor" }],
    ["row 92: malformed", "=a", { code: "MalformedReference" }],
    ["row 92: to an input that is not declared", "=inputs.z", { code: "UnknownReference" }]
  ]
  it.effect.each(refused)("%s is refused at the start", ([, reference, problem]) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [node("a ok"), node("b ok", ["a"], { x: reference }), node("c ok")]
      const error = yield* Effect.flip(
        engine.dagflow.start(flow(nodes, {}, { inputs: { x: { required: false } } }))
      )
      expect(error).toMatchObject({ _tag: "DefinitionError", problems: [{ nodeId: "b", ...problem }] })
    })
  )

  it.effect("row 95: outputs reach dependents without the action's doing, over any distance", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a ok", [], { value: 7 }),
        node("b ok", ["a"]),
        node("c ok", ["b"], { value: "=a.value" })
      ]
      const run = yield* engine.start(flow(nodes))
      expect(yield* run.outputs).toEqual({ c: { value: 7 } })
    })
  )

  it.effect("the output of a failed or skipped node is missing, unless there is a default", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const b = {
        ...node("b ok", ["a"], {}, { trigger: "all_done" as const }),
        inputs: { value: { ref: "a.value", default: "none" } }
      }
      const c = node("c ok", ["a"], { value: "=a.value" }, { trigger: "all_done" })
      const run = yield* engine.start(flow([node("a fail"), b, c], { onFailure: "continue" }))
      yield* run.outcome
      expect((yield* run.node("b"))?.outputs).toEqual({ value: "none" })
      expect((yield* run.node("c"))?.error?.cause).toBe("MissingReference")
    })
  )

  it.effect("inputs of the run are checked before anything starts", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const inputs = { n: { type: "integer" as const }, s: { type: "string" as const, default: "d" } }
      const spec = flow([node("a ok", [], { value: "=inputs.n", s: "=inputs.s" })], {}, { inputs })
      const bad = yield* Effect.flip(engine.dagflow.start(spec, { input: { n: "one", z: 1 } }))
      expect(bad).toMatchObject({ reason: { _tag: "InvalidInput" } })
      expect(bad.message).toMatch(/"n".*"z"|"z".*"n"/)
      yield* engine.runToEnd(spec, { input: { n: 1 } })
      expect(engine.script.calls[0]?.input).toEqual({ value: 1, s: "d" })
    })
  )
})
