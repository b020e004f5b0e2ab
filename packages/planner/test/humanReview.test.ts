import { describe, expect, it } from "@effect/vitest"
import { Action, DagFlow, Hook, Hooks } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Planner } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { flowOf, nodeOf } from "./world.ts"

const ran: Array<number> = []

const square = Action.make("square", {
  input: Schema.Struct({ of: Schema.Finite }),
  output: Schema.Struct({ square: Schema.Finite }),
  run: ({ of }) => {
    ran.push(of)
    return { square: of * of }
  }
})

const call = (of: number) => ({ calls: [{ name: "square", params: { of } }] })

describe("a person looks at what a model proposes", () => {
  it.effect("before it runs, and the model is told what was refused", () => {
    const model = ScriptedModel.saying(call(3), call(4), { text: "Done." })
    const planner = Planner.make({ name: "agent", tools: [square] })
    const review = Hook.humanReview({ every: 1, prompt: ({ nodeIds }) => nodeIds.join(" ") })
    const engine = DagFlow.layer().pipe(
      Layer.provide([MemoryStore.layer, planner.layer.pipe(Layer.provide(model.layer)), Hooks.layer(review)])
    )
    return Effect.gen(function* () {
      const dagflow = yield* DagFlow
      const run = yield* dagflow.start(flowOf(planner, "3² and 4²?"))
      yield* run.outcome
      expect(ran).toEqual([])
      expect((yield* run.waits).map(({ nodeId, prompt }) => [nodeId, prompt])).toEqual([
        ["human-review_1", "agent_call_1 agent_results agent_2"]
      ])
      yield* run.answer("human-review_1", { approved: true })
      yield* run.outcome
      expect(ran).toEqual([3])
      yield* run.answer("human-review_2", { approved: false, note: "no more" })
      const report = yield* run.outcome
      expect(ran).toEqual([3])
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "agent_2_call_1").status).toBe("cancelled")
      const told = JSON.stringify(model.asked.at(-1)?.messages.at(-1))
      expect(told).toContain("it did not run")
    }).pipe(Effect.provide(engine))
  })
})
