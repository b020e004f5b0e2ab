import { describe, expect, it } from "@effect/vitest"
import type { Command } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type * as Hook from "../../src/hook/Hook.ts"
import { lines, story } from "../world/EventLine.ts"
import { chain, flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const observer = (handle: Hook.Hook["handle"], rest: Partial<Hook.Hook> = {}): Hook.Any<never> => ({
  name: "watch",
  mode: "observe",
  ...(handle !== undefined && { handle }),
  ...rest
})

describe("row 45: observers cannot change or break a run", () => {
  it.effect("one that throws is recorded, and the result is as if it were not there", () =>
    Effect.gen(function* () {
      const hook = observer(
        () => {
          throw new Error("blind")
        },
        { on: ["NodeCompleted"] }
      )
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const run = yield* engine.start(flow([node("a ok"), node("b hold", ["a"])], { onHookFailure: "fail" }))
      yield* TestEngine.awaitEvent(run, ({ event }) => event._tag === "HookFailed")
      engine.script.release("b")
      expect((yield* run.outcome).status).toBe("completed")
      expect(lines(engine.log("run"))).toContain("watch Failed 4")
    })
  )

  it.effect("its commands are refused", () =>
    Effect.gen(function* () {
      const command: Command.Command = { _tag: "CancelRun" }
      const engine = yield* TestEngine.open({ hooks: [observer(() => [command], { on: ["NodeStarted"] })] })
      const run = yield* engine.start(flow([node("a hold")]))
      const refused = yield* TestEngine.awaitEvent(run, ({ event }) => event._tag === "CommandRejected")
      expect(refused).toMatchObject({
        cause: { hook: "watch", sequence: 3 },
        event: { command: "CancelRun", rejection: { _tag: "NotAllowed" } }
      })
      engine.script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("a slow one holds nothing up", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const hook = observer(
        ({ event }) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => void seen.push(event._tag))
          ),
        { on: ["NodeStarted", "NodeCompleted"] }
      )
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const run = yield* engine.start(flow(chain(3)))
      yield* TestEngine.awaitEvent(run, ({ event }) => event._tag === "RunCompleted")
      expect(seen).toEqual([])
      // The process that owns the run shows its observers what has happened before it lets go.
      yield* TestClock.adjust("30 seconds")
      expect((yield* run.outcome).elapsedMillis).toBe(0)
      expect(seen).toEqual([
        "NodeStarted",
        "NodeCompleted",
        "NodeStarted",
        "NodeCompleted",
        "NodeStarted",
        "NodeCompleted"
      ])
    })
  )

  it.effect("one that never answers is given up, event by event", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({
        hooks: [observer(() => Effect.never, { on: ["NodeStarted"], timeout: "1 second" })]
      })
      const run = yield* engine.start(flow([node("a hold")]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("1 second")
      yield* TestEngine.awaitEvent(
        run,
        ({ event }) => event._tag === "HookFailed" && event.cause === "TimedOut"
      )
      engine.script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )
})

describe("what observers see", () => {
  it.effect("the start and the end of the run, by onStart and onComplete", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const hook = observer(undefined, {
        onStart: () => void seen.push("start"),
        onComplete: (result) => void seen.push(result._tag)
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      yield* engine.runToEnd(flow([node("a ok")]))
      expect(seen).toEqual(["start", "Completed"])
    })
  )

  it.effect("the run as it stands, also when it asks at the end", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const hook = observer(undefined, {
        onComplete: (_, { report }) => Effect.map(report, ({ status }) => void seen.push(status))
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const log = yield* engine.runToEnd(flow([node("a ok")]))
      expect(seen).toEqual(["completed"])
      expect(story(log)).toEqual(["a starts", "a completes"])
    })
  )

  it.effect("every event once, also those of a run that another process started, from the take-up on", () =>
    Effect.gen(function* () {
      const first = yield* TestEngine.open()
      const run = yield* first.start(flow([node("a ok"), node("b hold", ["a"]), node("c ok", ["b"])]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "b")
      yield* first.close
      const seen: Array<string> = []
      const hook = observer(
        ({ event }) => void seen.push("nodeId" in event ? `${event._tag} ${event.nodeId}` : event._tag)
      )
      const second = yield* TestEngine.open({ data: first.data, script: first.script, hooks: [hook] })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      first.script.release("b")
      yield* resumed.outcome
      expect(seen).toEqual([
        "RunOwned",
        "NodeFailed b",
        "NodeStarted b",
        "NodeCompleted b",
        "NodeStarted c",
        "NodeCompleted c"
      ])
    })
  )

  it.effect("nothing of a run that is over when it is opened again", () =>
    Effect.gen(function* () {
      const first = yield* TestEngine.open()
      yield* first.runToEnd(flow([node("a ok")]))
      const seen: Array<string> = []
      const hook = observer(({ event }) => void seen.push(event._tag))
      const second = yield* TestEngine.open({ data: first.data, hooks: [hook] })
      const again = yield* second.start(flow([node("a ok")]))
      expect((yield* again.outcome).status).toBe("completed")
      expect(seen).toEqual([])
    })
  )
})
