import { describe, expect, it } from "@effect/vitest"
import type { Command } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Hook from "../../src/hook/Hook.ts"
import { lines, story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const emit = (name: string): Command.Command => ({ _tag: "EmitEvent", name })

describe("row 40: hooks made of hooks", () => {
  it.effect("a composite asks its members in the order of the list, whatever they answer with", () =>
    Effect.gen(function* () {
      const hook = Hook.compose("all", [
        Hook.make({ name: "a", onStart: () => [emit("a")] }),
        Hook.make({ name: "b", onStart: () => Promise.resolve([emit("b1"), emit("b2")]) }),
        Hook.make({ name: "c", onStart: () => Effect.succeed([emit("c")]), onComplete: () => [emit("end")] }),
        Hook.make({ name: "d", onStart: () => undefined })
      ])
      const engine = yield* TestEngine.open({ hooks: [hook as Hook.Any<never>] })
      const log = yield* engine.runToEnd(flow([node("x ok")]))
      expect(story(log)).toEqual([
        "emits a",
        "emits b1",
        "emits b2",
        "emits c",
        "all answers 1",
        "x starts",
        "x completes",
        "emits end",
        "all answers 10"
      ])
    })
  )

  it.effect("each member is asked about the events that it listens to", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const listen = (name: string, on: Hook.Hook["on"]) =>
        Hook.make({
          name,
          ...(on !== undefined && { on }),
          handle: ({ event }) => void seen.push(`${name} ${event._tag}`)
        })
      const hook = Hook.compose("all", [
        listen("starts", ["NodeStarted"]),
        listen("failures", ["NodeFailed"])
      ])
      const engine = yield* TestEngine.open({ hooks: [hook as Hook.Any<never>] })
      yield* engine.runToEnd(flow([node("a ok"), node("b fail")], { onFailure: "continue" }))
      expect(seen.sort()).toEqual(["failures NodeFailed", "starts NodeStarted", "starts NodeStarted"])
    })
  )

  it.effect("when a member fails none of their commands are carried out", () =>
    Effect.gen(function* () {
      const hook = Hook.compose("all", [
        Hook.make({ name: "a", onStart: () => [emit("a")] }),
        Hook.make({
          name: "b",
          onStart: () => {
            throw new Error("broken")
          }
        })
      ])
      const engine = yield* TestEngine.open({ hooks: [hook as Hook.Any<never>] })
      expect(story(yield* engine.runToEnd(flow([])))).toEqual(["all Failed 1"])
    })
  )

  it.effect("the logging hook logs what happens and changes nothing", () => {
    const written: Array<unknown> = []
    const collect = Logger.make<unknown, void>(({ message }) => void written.push(...[message].flat()))
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open({
        hooks: [Hook.logging("log", { on: ["NodeStarted", "NodeCompleted"] })]
      })
      const log = yield* engine.runToEnd(flow([node("a ok")]))
      expect(written).toEqual(["3 NodeStarted a", "4 NodeCompleted a"])
      expect(lines(log)).toHaveLength(6)
    }).pipe(Effect.provide(Logger.layer([collect])))
  })
})
