import { describe, expect, it } from "@effect/vitest"
import { Action, DagFlow } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Planner, Tool } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { converse, engineOf, flowOf, nodeOf } from "./world.ts"

const square = Action.make("square", {
  input: Schema.Struct({ of: Schema.Finite }),
  output: Schema.Struct({ square: Schema.Finite }),
  description: "Squares a number.",
  run: ({ of }) => Effect.succeed({ square: of * of })
})

class DiskFull extends Data.TaggedError("DiskFull")<{ readonly message: string }> {}

const broken = Action.make("broken", {
  input: Schema.Struct({}),
  output: Schema.Struct({}),
  run: () => Effect.fail(new DiskFull({ message: "the disk is full" }))
})

const call = (name: string, params: unknown, id?: string) => ({
  name,
  params,
  ...(id !== undefined && { id })
})

interface Emitted {
  readonly type: string
  readonly delta?: string
}

describe("a planner", () => {
  it.effect("whose layer nobody provided says so", () =>
    Effect.gen(function* () {
      const planner = Planner.make({ name: "agent" })
      const dagflow = yield* DagFlow
      const run = yield* dagflow.start(flowOf(planner, "go"), { id: "run" })
      const report = yield* run.outcome
      expect(nodeOf(report, "agent").error?.message).toContain("provide its layer")
    }).pipe(Effect.provide(DagFlow.layer().pipe(Layer.provide(MemoryStore.layer))))
  )

  it.effect(
    "makes of n calls n parallel nodes, one continuation and the next turn, and of none nothing",
    () =>
      Effect.gen(function* () {
        const model = ScriptedModel.saying(
          {
            text: "Let me see.",
            calls: [call("square", { of: 3 }), call("square", { of: 4 })],
            tokens: [10, 5]
          },
          { text: "It is 25.", tokens: [20, 5] }
        )
        const planner = Planner.make({
          name: "agent",
          tools: [square],
          instructions: "Be exact.",
          price: { input: 1, output: 2 }
        })
        const report = yield* converse(planner, model.layer, { prompt: "3² + 4²?" })
        expect(report.status).toBe("completed")
        expect(report.nodes.map((node) => node.nodeId)).toEqual([
          "agent",
          "agent_call_1",
          "agent_call_2",
          "agent_results",
          "agent_2"
        ])
        expect(report.metrics.parallelPeak).toBe(2)
        expect(nodeOf(report, "agent_2").outputs).toMatchObject({ text: "It is 25." })
        expect(report.totals.usage).toMatchObject({
          tokens: 40,
          inputTokens: 30,
          outputTokens: 10,
          cost: 50e-6
        })
        const [first, second] = model.asked
        expect(first?.messages.map(({ role }) => role)).toEqual(["system", "user"])
        expect(second?.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"])
        expect(second?.messages.at(-1)).toMatchObject({
          content: [
            { id: "c1", isFailure: false, result: { square: 9 } },
            { id: "c2", isFailure: false, result: { square: 16 } }
          ]
        })
      })
  )

  it.effect("tells the model of a tool that failed, and the run lists the failure", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(
        { calls: [call("broken", {}), call("square", { of: 2 })] },
        { text: "sorry" }
      )
      const planner = Planner.make({ name: "agent", tools: [broken, square] })
      const report = yield* converse(planner, model.layer)
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "agent_call_1").status).toBe("failed")
      expect(model.asked[1]?.messages.at(-1)).toMatchObject({
        content: [
          { isFailure: true, result: { error: "DiskFull", message: "the disk is full" } },
          { isFailure: false, result: { square: 4 } }
        ]
      })
    })
  )

  it.effect("tells the words of each turn in their order to who follows the run live, and its end once", () =>
    Effect.gen(function* () {
      const text = Array.from({ length: 200 }, (_, at) => `word-${at} `).join("")
      const model = ScriptedModel.saying({ text: "first", calls: [call("square", { of: 1 })] }, { text })
      const planner = Planner.make({ name: "agent", tools: [square] })
      const emitted = yield* Effect.gen(function* () {
        const dagflow = yield* DagFlow
        const run = yield* dagflow.start(flowOf(planner, "go"))
        const live = yield* Stream.runCollect(run.live())
        return [...live].flatMap((one) => (one._tag === "Emitted" ? [one] : []))
      }).pipe(Effect.provide(engineOf(planner, model.layer)))
      const told = emitted
        .filter(({ nodeId }) => nodeId === "agent_2")
        .map(({ value }) => value as unknown as Emitted)
      expect(told.map(({ delta = "" }) => delta).join("")).toBe(text)
      expect(told.length).toBeGreaterThan(100)
      expect(told.filter(({ type }) => type === "end")).toEqual([{ type: "end", finish: "stop" }])
      expect(told.at(-1)).toEqual({ type: "end", finish: "stop" })
    })
  )

  it.effect("shows the model large results as far as the limit goes, wherever they are kept", () =>
    Effect.gen(function* () {
      const large = Action.make("large", {
        input: Schema.Struct({ bytes: Schema.Int }),
        output: Schema.Struct({ text: Schema.String, bytes: Schema.Int }),
        run: ({ bytes }) => Effect.succeed({ text: "x".repeat(bytes), bytes })
      })
      const model = ScriptedModel.saying(
        {
          calls: [
            call("large", { bytes: 100 }),
            call("large", { bytes: 2000 }),
            call("large", { bytes: 9000 })
          ]
        },
        { text: "done" }
      )
      const planner = Planner.make({ name: "agent", tools: [large], limits: { resultBytesMax: 3000 } })
      yield* converse(planner, model.layer, { config: { artifactBytesMin: 1000 } })
      expect(model.asked[1]?.messages.at(-1)).toMatchObject({
        content: [
          { result: { text: "x".repeat(100) } },
          { result: { text: "x".repeat(2000) } },
          { result: { cutOff: true, bytes: 9024, beginning: `{"text":"${"x".repeat(2991)}` } }
        ]
      })
    })
  )

  it.effect("ends with the tool that is to end it, and adds what is to follow", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(
        { calls: [call("answer", { value: "many" })] },
        { calls: [call("answer", { value: 9 })] }
      )
      const planner = Planner.make({
        name: "agent",
        tools: [square],
        stop: Tool.define({ name: "answer", parameters: Schema.Struct({ value: Schema.Finite }) }),
        onAnswer: (answer) => [
          {
            id: "last",
            action: "square",
            inputs: { of: { value: (answer.arguments as { value: number }).value } }
          }
        ]
      })
      const report = yield* converse(planner, model.layer)
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "agent_2").status).toBe("completed")
      expect(nodeOf(report, "last").outputs).toEqual({ square: 81 })
      expect(model.asked[1]?.messages.at(-1)).toMatchObject({
        content: [{ isFailure: true, result: { refused: "InvalidInput" } }]
      })
    })
  )
})
