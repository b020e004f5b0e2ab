/*
 * Goal: a toolkit of `effect/ai` is a list of tools of a planner, behind the same guard as any action. Method: tools of every
 * kind, handlers that succeed, fail and give what they may not, and a model that calls them rightly and wrongly.
 */
import { describe, expect, it } from "@effect/vitest"
import { DagFlow, Flow } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as AiTool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import { EffectToolkit, Planner } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { nodeOf } from "./world.ts"

class Missing extends Schema.TaggedError<Missing>("test/Missing")("Missing", { title: Schema.String }) {
  override get message(): string {
    return `there is no book "${this.title}"`
  }
}

/** A service that the handlers need. */
class Shelf extends Context.Service<Shelf, { readonly pages: number }>()("test/Shelf") {}

const kit = Toolkit.make(
  AiTool.make("find", {
    description: "Finds a book.",
    parameters: Schema.Struct({
      title: Schema.String.check(Schema.isMinLength(2)),
      before: Schema.optionalKey(Schema.DateFromString)
    }),
    success: Schema.Struct({ pages: Schema.Int, printed: Schema.Date }),
    failure: Missing
  }),
  AiTool.make("count", {
    parameters: Schema.Struct({ of: Schema.Array(Schema.String) }),
    success: Schema.Int
  }),
  AiTool.make("burn", { failure: Missing, failureMode: "return" }),
  AiTool.dynamic("sum", {
    parameters: {
      type: "object",
      properties: { of: { type: "array", items: { type: "number" }, maxItems: 3 } },
      required: ["of"],
      additionalProperties: false
    },
    success: Schema.Finite
  })
)

const found: Array<{ readonly title: string; readonly before?: Date }> = []
const called: Array<string> = []

const handlers = kit.toLayer(
  Effect.gen(function* () {
    const shelf = yield* Shelf
    return {
      find: (asked, { preliminary, toolCallId }) =>
        Effect.gen(function* () {
          found.push(asked)
          called.push(toolCallId ?? "no id")
          if (asked.title === "Nothing") return yield* new Missing({ title: asked.title })
          yield* preliminary({ pages: 0, printed: new Date(0) })
          return { pages: shelf.pages, printed: new Date("2020-01-01T00:00:00Z") }
        }),
      count: ({ of }) => Effect.succeed(of.length),
      burn: () => Effect.fail(new Missing({ title: "match" })),
      sum: (given) => Effect.succeed((given as { of: ReadonlyArray<number> }).of.reduce((a, b) => a + b, 0))
    }
  })
)

const agent = Planner.make({ name: "agent", tools: EffectToolkit.actions(kit) })

/** Has a model call tools, and gives what came of it. */
const calling = (...calls: ReadonlyArray<ScriptedModel.Call>) =>
  Effect.gen(function* () {
    found.length = 0
    called.length = 0
    const model = ScriptedModel.saying({ calls }, { text: "done" })
    const engine = DagFlow.layer({ owner: "test" }).pipe(
      Layer.provide([
        MemoryStore.layer,
        agent.layer.pipe(
          Layer.provide([
            model.layer,
            handlers.pipe(Layer.provide(Layer.succeed(Shelf)(Shelf.of({ pages: 321 }))))
          ])
        )
      ])
    )
    return yield* Effect.gen(function* () {
      const dagflow = yield* DagFlow
      const flow = Flow.make("ask", (f) => ({ first: f.node("agent", agent.turn, { prompt: "go" }) }))
      const run = yield* dagflow.start(flow, { id: "run" })
      const live = yield* Stream.runCollect(run.live())
      const report = yield* run.outcome
      const emitted = [...live].flatMap((one) =>
        one._tag === "Emitted" && one.nodeId.includes("call") ? [one.value] : []
      )
      return { report, emitted, told: model.asked[1]?.messages.at(-1), shown: model.asked[0]?.tools ?? [] }
    }).pipe(Effect.provide(engine))
  })

describe("a toolkit", () => {
  it.effect("is tools whose calls are nodes, with parameters and results as their schemas have them", () =>
    Effect.gen(function* () {
      const { emitted, report, shown, told } = yield* calling(
        { name: "find", params: { title: "Foxes", before: "2026-01-01T00:00:00.000Z" } },
        { name: "count", params: { of: ["a", "b"] } },
        { name: "sum", params: { of: [1, 2] } }
      )
      expect(report.status).toBe("completed")
      expect(shown).toEqual(["find", "count", "burn", "sum"])
      expect(found).toEqual([{ title: "Foxes", before: new Date("2026-01-01") }])
      expect(called).toEqual(["run/agent_call_1"])
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({
        pages: 321,
        printed: "2020-01-01T00:00:00.000Z"
      })
      expect(nodeOf(report, "agent_call_2").outputs).toEqual({ result: 2 })
      expect(nodeOf(report, "agent_call_3").outputs).toEqual({ result: 3 })
      expect(emitted).toEqual([
        { type: "preliminary", result: { pages: 0, printed: "1970-01-01T00:00:00.000Z" } }
      ])
      expect(told).toMatchObject({
        content: [{ isFailure: false }, { isFailure: false }, { result: { result: 3 } }]
      })
    })
  )

  it.effect("has its failures typed, whether a tool fails or returns them", () =>
    Effect.gen(function* () {
      const { report, told } = yield* calling(
        { name: "find", params: { title: "Nothing" } },
        { name: "burn", params: {} }
      )
      expect(nodeOf(report, "agent_call_1")).toMatchObject({
        status: "failed",
        error: { cause: "Failed", tag: "Missing", message: 'there is no book "Nothing"' }
      })
      expect(nodeOf(report, "agent_call_2").error).toMatchObject({ tag: "Missing" })
      expect(told).toMatchObject({
        content: [{ isFailure: true, result: { error: "Missing" } }, { isFailure: true }]
      })
    })
  )

  const wrong: ReadonlyArray<readonly [what: string, call: ScriptedModel.Call]> = [
    ["too short a text", { name: "find", params: { title: "F" } }],
    ["a date that is none", { name: "find", params: { title: "Foxes", before: "soon" } }],
    ["what it does not take", { name: "count", params: { of: [], ref: "agent.text" } }],
    ["something where it takes nothing", { name: "burn", params: { all: true } }],
    ["a list that its document does not allow", { name: "sum", params: { of: [1, 2, 3, 4] } }],
    ["what its document does not know", { name: "sum", params: { of: [], more: 1 } }]
  ]

  it.effect.each(wrong)("is asked nothing by a call with %s", ([, call]) =>
    Effect.gen(function* () {
      const { report, told } = yield* calling(call)
      expect(found).toEqual([])
      expect(told).toMatchObject({ content: [{ isFailure: true, result: { refused: "InvalidInput" } }] })
      expect(report.nodes.map(({ nodeId }) => nodeId)).toEqual(["agent", "agent_results", "agent_2"])
    })
  )

  it.effect("may have its handlers already", () =>
    Effect.gen(function* () {
      const small = Toolkit.make(
        AiTool.make("twice", { parameters: Schema.Struct({ of: Schema.Int }), success: Schema.Int })
      )
      const whole = yield* small.pipe(
        Effect.provide(small.toLayer({ twice: ({ of }) => Effect.succeed(2 * of) }))
      )
      const planner = Planner.make({ name: "agent", tools: EffectToolkit.actions(whole, { version: "2" }) })
      const model = ScriptedModel.saying({ calls: [{ name: "twice", params: { of: 4 } }] }, { text: "8" })
      const layer: Layer.Layer<never> = planner.layer.pipe(Layer.provide(model.layer))
      const report = yield* Effect.gen(function* () {
        const dagflow = yield* DagFlow
        const flow = Flow.make("ask", (f) => ({ first: f.node("agent", planner.turn, { prompt: "2 × 4?" }) }))
        return yield* (yield* dagflow.start(flow)).outcome
      }).pipe(Effect.provide(DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, layer]))))
      expect(nodeOf(report, "agent_call_1").outputs).toEqual({ result: 8 })
    })
  )

  it("promises nothing that a node cannot keep", () => {
    const asking = Toolkit.make(AiTool.make("wipe", { needsApproval: true }))
    expect(() => EffectToolkit.actions(asking)).toThrow('tool "wipe" needs an approval')
    const provided = AiTool.providerDefined({
      id: "test.search",
      customName: "search",
      providerName: "search"
    })
    expect(() => EffectToolkit.actions(Toolkit.make(provided()))).toThrow("carried out by its provider")
    const unclear = AiTool.dynamic("odd", { parameters: { type: "object", not: { type: "string" } } })
    expect(() => EffectToolkit.actions(Toolkit.make(unclear))).toThrow('tool "odd" cannot be checked')
  })

  it("has the types of its tools", () => {
    const [first] = EffectToolkit.actions(kit)
    const name: "find" | "count" | "burn" | "sum" | undefined = first?.name
    expect(name).toBe("find")
    type Needed = Layer.Services<typeof agent.layer>
    const handlersAreNeeded: AiTool.HandlersFor<typeof kit.tools> extends Needed ? true : false = true
    expect(handlersAreNeeded).toBe(true)
  })
})
