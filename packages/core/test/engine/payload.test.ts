import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Action from "../../src/action/Action.ts"
import * as Flow from "../../src/plan/Flow.ts"
import { flow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const text = Schema.Struct({ payload: Schema.String })
const shout = Action.make("shout", {
  input: text,
  output: text,
  run: ({ payload }) => ({ payload: payload.toUpperCase() })
})
const mute = Action.fn("mute", ({ payload }: { payload: string }) => ({ said: payload.length }))

describe("R19: payloads", () => {
  it.effect("row 110: go from node to node, and the last one is in the report and in the result", () =>
    Effect.gen(function* () {
      const loud = Flow.make("loud", { inputs: { payload: Schema.String } }, (f) => {
        const first = f.node("first", shout, { payload: Flow.payload }, { intent: "transform" })
        f.node("look", mute, { payload: Flow.payload }, { intent: "analyze", dependsOn: [first] })
      })
      const engine = yield* TestEngine.open()
      const run = yield* engine.dagflow.start(loud, { input: { payload: "hey" } })
      const report = yield* run.outcome
      expect(report.payload).toBe("HEY")
      expect(report.result).toEqual({ _tag: "Completed", payload: "HEY" })
    })
  )

  it.effect("a transform that gives none fails, and so does a node that reads one which nobody gave", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [shout, mute] })
      const silent = flow([{ id: "a", action: "mute", intent: "transform" }])
      const run = yield* engine.start(silent, { id: "silent", input: { payload: "x" } })
      yield* run.outcome
      expect((yield* run.node("a"))?.error).toMatchObject({
        cause: "InvalidOutput",
        message: 'node "a" transforms the payload, and its action gave no "payload"'
      })
      const none = yield* engine.start(flow([{ id: "a", action: "shout", intent: "transform" }]), {
        id: "none"
      })
      yield* none.outcome
      expect((yield* none.node("a"))?.error?.cause).toBe("MissingReference")
    })
  )

  it.effect("an intent for an action that takes no payload is refused", () =>
    Effect.gen(function* () {
      const closed = Action.make("closed", {
        input: Schema.Struct({ x: Schema.optionalKey(Schema.String) }),
        output: text,
        run: () => ({ payload: "" })
      })
      const engine = yield* TestEngine.open({ actions: [closed] })
      const error = yield* Effect.flip(
        engine.dagflow.start(flow([{ id: "a", action: "closed", intent: "analyze" }]))
      )
      expect(
        error._tag === "DefinitionError" && error.problems.map(({ code, path }) => [code, ...path])
      ).toEqual([["UnknownInput", "nodes", 0, "inputs", "payload"]])
    })
  )
})
