import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import { frozenJson } from "../../src/action/frozenJson.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

class Point {
  readonly x = 1
}

const cycle = (): object => {
  const loop: Record<string, unknown> = {}
  loop["self"] = loop
  return loop
}

const runOne = (run: () => unknown) =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open({ actions: [Action.fn("act", run as () => {})] })
    const run_ = yield* engine.start(flow([node("a act"), node("b ok")], { onFailure: "continue" }))
    const report = yield* run_.outcome
    expect(report.status).not.toBe("running")
    return (yield* run_.node("a")) ?? expect.fail("there is no node")
  })

describe("I10: outputs that JSON cannot hold fail the node and say where", () => {
  const refused: ReadonlyArray<readonly [string, () => unknown, RegExp]> = [
    ["a Date", () => ({ at: new Date(0) }), /^at is a Date/],
    ["a BigInt", () => ({ rows: [{ id: 1n }] }), /^rows\[0\]\.id is a bigint/],
    ["NaN", () => ({ n: Number.NaN }), /^n is NaN/],
    ["an infinite number", () => ({ n: Number.POSITIVE_INFINITY }), /^n is Infinity/],
    [
      "a cycle",
      () => ({ a: cycle() }),
      /^a(\.\w+){5}\.…(\.\w+){6} is nested deeper than 500 levels, or contains itself$/
    ],
    [
      "an instance of a class",
      () => new (class Answer {})() as {},
      /^the value is an Answer: return plain objects/
    ],
    ["a class instance", () => ({ p: new Point() }), /^p is a Point/],
    ["a Map", () => ({ m: new Map() }), /^m is a Map/],
    ["a function", () => ({ f: () => 1 }), /^f is a function/],
    ["a symbol", () => ({ s: Symbol("s") }), /^s is a symbol/],
    ["a list instead of an object", () => [1, 2], /by name, as an object/],
    ["a text instead of an object", () => "text", /by name, as an object/],
    ["a member that stands for large outputs", () => ({ x: { $artifact: "abc" } }), /"\$artifact"/],
    [
      "a key that would change the prototype",
      () => JSON.parse('{"__proto__": {"a": 1}}') as unknown,
      /__proto__/
    ]
  ]
  it.effect.each(refused)("%s", ([, run, message]) =>
    Effect.gen(function* () {
      const view = yield* runOne(run)
      expect(view.error?.cause).toBe("InvalidOutput")
      expect(view.error?.message).toMatch(message)
    })
  )

  it.effect.each(refused)("%s, from a promise", ([, run, message]) =>
    Effect.gen(function* () {
      const view = yield* runOne(() => Promise.resolve(run()))
      expect(view.error?.message).toMatch(message)
    })
  )

  const throwing = (): unknown => ({
    get x(): unknown {
      throw new Error("a getter that throws")
    }
  })
  it.effect.each([
    ["at once", throwing],
    ["from a promise", (): unknown => Promise.resolve(throwing())],
    ["from an Effect", (): unknown => Effect.as(Effect.yieldNow, throwing())]
  ] as const)("an output that throws when it is read fails the node, %s", ([, run]) =>
    Effect.gen(function* () {
      const view = yield* runOne(run)
      expect(view.error).toMatchObject({ message: expect.stringContaining("a getter that throws") })
    })
  )

  it.effect("members that are undefined are left out, holes of lists become null", () =>
    Effect.gen(function* () {
      // oxlint-disable-next-line no-sparse-arrays -- a hole is what this is about.
      const view = yield* runOne(() => ({ a: undefined, b: { c: undefined, d: 1 }, e: [1, , undefined] }))
      expect(view.outputs).toEqual({ b: { d: 1 }, e: [1, null, null] })
    })
  )

  it.effect.each([
    ["metadata with a BigInt", { metadata: { n: 1n } }],
    ["metadata with a class instance", { metadata: { p: new Point() } }],
    ["usage that is no number", { usage: { tokens: Number.NaN } }],
    ["usage that is infinite", { usage: { tokens: Number.POSITIVE_INFINITY } }],
    ["usage that is text", { usage: { tokens: "5" } }]
  ] as const)("%s fails the node, and the log can be read", ([, options]) =>
    Effect.gen(function* () {
      const view = yield* runOne(() => NodeOutput.make({ n: 1 }, options as NodeOutput.NodeOutputOptions))
      expect(view.status).toBe("failed")
      expect(view.error?.cause).toBe("InvalidOutput")
    })
  )

  it.effect("usage of a reported failure that is no number is said too, and the failure stays", () =>
    Effect.gen(function* () {
      const view = yield* runOne(() => NodeOutput.failure("half", { usage: { tokens: Number.NaN } }))
      expect(view.status).toBe("failed")
      expect(view.error?.message).toContain("half")
    })
  )

  it.effect("half of a surrogate pair is kept", () =>
    Effect.gen(function* () {
      expect((yield* runOne(() => ({ text: "cut \uD83D" }))).outputs).toEqual({ text: "cut \uD83D" })
    })
  )

  it.effect("a schema whose encoding throws fails the node", () =>
    Effect.gen(function* () {
      const output = Schema.Struct({
        n: Schema.declare((value): value is number => {
          throw new Error(`cannot look at ${String(value)}`)
        })
      })
      const broken = Action.make("act", {
        input: Schema.Struct({}),
        output: output as never,
        run: () => ({ n: 1 }) as never
      })
      const engine = yield* TestEngine.open({ actions: [broken as Action.Any<never>] })
      const run = yield* engine.start(flow([node("a act")]))
      yield* run.outcome
      expect((yield* run.node("a"))?.error?.cause).toBe("Thrown")
    })
  )
})

describe("row 95: values are shared between nodes and cannot be changed", () => {
  const change = Action.fn("change", (input: { list: Array<number> }) => {
    input.list.push(4)
    return {}
  })
  const cases: ReadonlyArray<readonly [string, Readonly<Record<string, Schema.Json>>]> = [
    ["an output of another node", { list: "=a.value" }],
    ["a literal", { list: [1, 2, 3] }],
    ["an input of the run", { list: "=inputs.list" }]
  ]
  it.effect.each(cases)("%s: the error says what to do", ([, given]) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [change] })
      const nodes = [node("a ok", [], { value: [1, 2, 3] }), node("b change", ["a"], given)]
      const run = yield* engine.start(flow(nodes), { input: { list: [1, 2, 3] } })
      yield* run.outcome
      const view = yield* run.node("b")
      expect(view?.error).toMatchObject({
        tag: "TypeError",
        message: expect.stringContaining("copy the value first")
      })
    })
  )

  it.effect.each([
    ["sort", (list: Array<number>): unknown => list.sort((a, b) => a - b)],
    ["pop", (list: Array<number>): unknown => list.pop()],
    ["assign", (list: Array<number>): unknown => (list[0] = 9)]
  ] as const)("%s has the hint too", ([, spoil]) =>
    Effect.gen(function* () {
      const action = Action.fn("spoil", ({ list }: { list: Array<number> }) => void spoil(list))
      const engine = yield* TestEngine.open({ actions: [action] })
      const run = yield* engine.start(
        flow([node("a ok", [], { value: [3, 1] }), node("b spoil", ["a"], { list: "=a.value" })])
      )
      yield* run.outcome
      expect((yield* run.node("b"))?.error?.message).toContain("copy the value first")
    })
  )

  it.effect("what the caller gave stays the caller's: changing it later changes no run", () =>
    Effect.gen(function* () {
      const list = [1, 2, 3]
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold"), node("b ok", ["a"], { value: list })]))
      list.push(4)
      engine.script.release("a")
      yield* run.outcome
      expect((yield* run.node("b"))?.outputs).toEqual({ value: [1, 2, 3] })
    })
  )
})

describe("frozenJson", () => {
  it("copies, so that nobody else can change what was recorded", () => {
    const given = { list: [{ n: 1 }] }
    const frozen = frozenJson(given, "")
    given.list[0] = { n: 2 }
    expect(frozen).toMatchObject({ success: { value: { list: [{ n: 1 }] } } })
  })

  it("estimates no less than a sixth of the true length", () => {
    for (const value of [
      "\u0000".repeat(100),
      "é".repeat(10),
      [[], {}],
      { a: { b: -1.5e-300 } },
      [null, true]
    ]) {
      const frozen = frozenJson(value, "")
      const size = frozen._tag === "Success" ? frozen.success.size : 0
      expect(size * 6).toBeGreaterThanOrEqual(JSON.stringify(value).length)
    }
  })
})
