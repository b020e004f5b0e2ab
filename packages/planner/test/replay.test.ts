/*
 * Goal: a recorded run replays without a model, byte for byte, and tells where it would have gone another way. Method: export a
 * run, run its flow again in an empty store with the export in the model's place and every socket refused, compare the logs.
 */
import { Socket } from "node:net"
import { afterEach, beforeEach, describe, expect, it } from "@effect/vitest"
import { Action, DagFlow } from "@dagflow/core"
import type { Event, FlowConfig, RunArchive } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import { vi } from "vitest"
import { Planner, Replay } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { engineOf, flowOf } from "./world.ts"

const look = Action.make("look", {
  input: Schema.Struct({ at: Schema.String }),
  output: Schema.Struct({ found: Schema.String }),
  run: ({ at }) => Effect.succeed({ found: `${at}: ${"long ".repeat(200)}` })
})

const planner = (instructions = "Look before you speak.") =>
  Planner.make({ name: "agent", tools: [look], instructions })

const overloaded = AiError.make({
  module: "Test",
  method: "streamText",
  reason: new AiError.InternalProviderError({ description: "overloaded" })
})

const story = () =>
  ScriptedModel.saying(
    { error: overloaded },
    {
      text: "I look.",
      calls: [
        { name: "look", params: { at: "left" } },
        { name: "lok", params: {} }
      ],
      tokens: [7, 3]
    },
    { calls: Array.from({ length: 99 }, () => ({ name: "look", params: { at: "all" } })) },
    { text: "Nothing there. 🦊", tokens: [9, 1] }
  )

const config: FlowConfig.FlowConfig = {
  retry: { tries: 2, backoff: "immediate" },
  // Small enough that outputs of this story are kept beside the log.
  artifactBytesMin: 256
}

/** Runs the flow and gives its export. */
const record = (
  model: Layer.Layer<LanguageModel.LanguageModel>,
  options: { readonly prompt?: string; readonly planner?: Planner.Planner<string, never> } = {}
): Effect.Effect<RunArchive.RunArchive, unknown> =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const flow = flowOf(options.planner ?? planner(), options.prompt ?? "Is there a fox?")
    const run = yield* dagflow.start(flow, { id: "run", seed: 7, config })
    yield* run.outcome
    return yield* dagflow.exportRun("run")
  }).pipe(Effect.provide(engineOf(options.planner ?? planner(), model)))

const failures = (archive: RunArchive.RunArchive) =>
  archive.events.flatMap(({ event }) => (event._tag === "NodeFailed" ? [event] : []))

const isEndOfCall = (event: Event.Event): boolean =>
  event._tag === "NodeCompleted" && event.nodeId.includes("_call_")

let refusedSockets = 0

beforeEach(() => {
  refusedSockets = 0
  vi.spyOn(Socket.prototype, "connect").mockImplementation(() => {
    refusedSockets++
    throw new Error("this test has no network")
  })
})

afterEach(() => {
  vi.restoreAllMocks()
  expect(refusedSockets).toBe(0)
})

describe("a recorded run", () => {
  it.effect("replays without a model, byte for byte, failed attempts and refused answers included", () =>
    Effect.gen(function* () {
      const model = story()
      const recorded = yield* record(model.layer)
      expect(recorded.events.at(-1)?.event._tag).toBe("RunCompleted")
      expect(model.asked).toHaveLength(4)
      expect(Object.keys(recorded.artifacts).length).toBeGreaterThan(0)
      expect(failures(recorded)).toHaveLength(1)
      const replayed = yield* record(Replay.layer(recorded))
      expect(JSON.stringify(replayed)).toBe(JSON.stringify(recorded))
    })
  )

  it.effect("tells the turn and the first difference of a prompt that was edited", () =>
    Effect.gen(function* () {
      const recorded = yield* record(story().layer)
      const replayed = yield* record(Replay.layer(recorded), { prompt: "Is there a frog?" })
      const failed = failures(replayed).at(-1)
      expect(failed?.error).toMatchObject({ tag: "PlannerError", isRetryable: false })
      expect(failed?.error.chain?.[0]?.tag).toBe("ReplayDiverged")
      expect(failed?.error.message).toBe(
        `turn "agent" asks something else than the recorded run: message 2 from character 13 on was "ox?" and is "rog?"`
      )
    })
  )

  it.effect("tells the turn and the first difference of a tool's result that has changed", () =>
    Effect.gen(function* () {
      const recorded = yield* record(story().layer)
      const other = Planner.make({
        name: "agent",
        tools: [{ ...look, run: () => Effect.succeed({ found: "right" }) }],
        instructions: "Look before you speak."
      })
      const replayed = yield* record(Replay.layer(recorded), { planner: other })
      const failed = failures(replayed).at(-1)
      expect(failed?.nodeId).toBe("agent_2")
      expect(failed?.error.message).toContain("message 4 from character")
      expect(failed?.error.message).toContain("left: long")
    })
  )

  it.effect("tells that the model is shown other tools, or says something else of them", () =>
    Effect.gen(function* () {
      const recorded = yield* record(story().layer)
      const other = Planner.make({
        name: "agent",
        tools: [{ ...look, description: "Looks, and tells the police." }],
        instructions: "Look before you speak."
      })
      const replayed = yield* record(Replay.layer(recorded), { planner: other })
      const failed = failures(replayed).at(-1)
      expect(failed?.nodeId).toBe("agent")
      expect(failed?.error.chain?.[0]?.tag).toBe("ReplayDiverged")
      expect(failed?.error.message).toContain("what the model is shown of its tools was")
    })
  )

  it.effect("tells a difference within a character by the whole characters", () =>
    Effect.gen(function* () {
      const recorded = yield* record(story().layer, { prompt: "Is it a 🦊?" })
      const replayed = yield* record(Replay.layer(recorded), { prompt: "Is it a 🦉?" })
      expect(failures(replayed).at(-1)?.error.message).toContain(
        'message 2 from character 9 on was "🦊?" and is "🦉?"'
      )
    })
  )

  it.effect("replays what tools gave as well, so that nothing is done again", () =>
    Effect.gen(function* () {
      const recorded = yield* record(story().layer)
      const tools = Replay.actions(recorded, [
        { ...look, run: () => Effect.die(new Error("it was done again")) }
      ])
      const again = Planner.make({ name: "agent", tools, instructions: "Look before you speak." })
      const replayed = yield* record(Replay.layer(recorded), { planner: again })
      expect(JSON.stringify(replayed)).toBe(JSON.stringify(recorded))
      const cut = { ...recorded, events: recorded.events.filter(({ event }) => !isEndOfCall(event)) }
      const missing = yield* record(Replay.layer(recorded), {
        planner: Planner.make({
          name: "agent",
          tools: Replay.actions(cut, [look]),
          instructions: "Look before you speak."
        })
      })
      expect(failures(missing).at(-1)?.error.chain?.[0]?.tag).toBe("ReplayDiverged")
      expect(failures(missing).map(({ error }) => error.chain?.[0]?.tag)).toContain("NotRecorded")
    })
  )

  it.effect("tells a message that is missing, and a turn that it does not have", () =>
    Effect.gen(function* () {
      const recorded = yield* record(story().layer)
      const shorter = yield* record(Replay.layer(recorded), { planner: planner("") })
      expect(failures(shorter).at(-1)?.error.message).toContain("message 1 from character 1 on")
      const cut = { ...recorded, events: recorded.events.slice(0, 5) }
      const missing = yield* record(Replay.layer(cut))
      expect(failures(missing).at(-1)?.error.chain?.[0]?.tag).toBe("NotRecorded")
    })
  )
})
