/*
 * Goal: what is said of a planner's turns holds for every turn that anything adds to a run. Method: models whose answer breaks off the first
 * time that they are asked something; only the settings of the planner say that it is asked again.
 */
import { describe, expect, it } from "@effect/vitest"
import { Action, Actions, DagFlow, Flow, Hooks, NodeOutput } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CritiqueHook, Planner, RecoveryHook } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { nodeOf } from "./world.ts"

const turns = { retry: { tries: 2, backoff: "immediate" } } as const

/** A model whose answer to each new conversation breaks off at first. */
const faltering = (answer: (asked: ScriptedModel.Asked) => ScriptedModel.Said) => {
  const heard = new Set<string>()
  return ScriptedModel.make((asked) => {
    const text = JSON.stringify(asked.messages)
    if (heard.has(text)) return answer(asked)
    heard.add(text)
    return { text: "half a", finish: "none" }
  })
}

const looked = ({ messages }: ScriptedModel.Asked): boolean => messages.some(({ role }) => role === "tool")

const run = (flow: Flow.Any, ...layers: ReadonlyArray<Layer.Layer<never>>) =>
  Effect.gen(function* () {
    const handle = yield* (yield* DagFlow).start(flow.spec)
    return yield* handle.outcome
  }).pipe(
    Effect.provide(DagFlow.layer({ owner: "test" }).pipe(Layer.provide([MemoryStore.layer, ...layers])))
  )

const look = Action.make("look", {
  input: Schema.Struct({}),
  output: Schema.Struct({ seen: Schema.String }),
  run: () => ({ seen: "a fox" })
})

const first = { retry: turns.retry }

describe("what is said of turns", () => {
  it.effect("holds for those that follow calls, and for planners that are called", () =>
    Effect.gen(function* () {
      const helper = Planner.make({ name: "helper", tools: [look], turns })
      const boss = Planner.make({ name: "boss", tools: [helper.turn], turns })
      const calling = (name: string, params: object) => (asked: ScriptedModel.Asked) =>
        looked(asked) ? { text: "done" } : { calls: [{ name, params }] }
      const report = yield* run(
        Flow.make("ask", (f) => ({ boss: f.node("boss", boss.turn, { prompt: "go" }, first) })),
        helper.layer.pipe(Layer.provide(faltering(calling("look", {})).layer)),
        boss.layer.pipe(Layer.provide(faltering(calling("helper", { prompt: "look" })).layer))
      )
      expect(report.status).toBe("completed")
      const asked = report.nodes.filter(({ action }) => action === "boss" || action === "helper")
      expect(asked.map(({ attempts, nodeId }) => [nodeId, attempts.length])).toEqual([
        ["boss", 2],
        ["boss_call_1", 2],
        ["boss_call_1_2", 2],
        ["boss_2", 2]
      ])
    })
  )

  it.effect("holds for those that are to mend a failure", () =>
    Effect.gen(function* () {
      const planner = Planner.make({ name: "agent", turns })
      const broken = Action.fn("broken", () => NodeOutput.failure("broken"))
      const report = yield* run(
        Flow.make("ask", (f) => ({ broken: f.node("broken", broken, {}) })),
        planner.layer.pipe(Layer.provide(faltering(() => ({ text: "mended" })).layer)),
        Actions.layer(broken),
        Hooks.layer(RecoveryHook.make({ name: "recovery", planner }))
      )
      expect(nodeOf(report, "broken_recovery").attempts).toHaveLength(2)
      expect(report.status).toBe("completed")
    })
  )

  it.effect("holds for judgements, and for what is written again after them", () =>
    Effect.gen(function* () {
      const writer = Planner.make({ name: "writer", turns })
      const critic = CritiqueHook.make({ name: "critic", of: writer, instructions: "Be strict.", turns })
      const verdict = ({ messages }: ScriptedModel.Asked) => {
        const accepted = JSON.stringify(messages).includes("second")
        return { calls: [{ name: "verdict", params: { accepted, feedback: "again" } }] }
      }
      const drafts = faltering(({ messages }) => ({ text: messages.length > 1 ? "second" : "first" }))
      const report = yield* run(
        Flow.make("ask", (f) => ({ essay: f.node("essay", writer.turn, { prompt: "go" }, first) })),
        writer.layer.pipe(Layer.provide(drafts.layer)),
        critic.layer.pipe(Layer.provide(faltering(verdict).layer))
      )
      expect(report.status).toBe("completed")
      expect(report.nodes.map(({ attempts, nodeId }) => [nodeId, attempts.length])).toEqual([
        ["essay", 2],
        ["essay_critique", 2],
        ["essay_2", 2],
        ["essay_2_critique", 2]
      ])
    })
  )
})
