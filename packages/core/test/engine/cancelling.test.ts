import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const begun = (
  spec: Parameters<TestEngine.TestEngine["start"]>[0],
  options: TestEngine.TestEngineOptions = {}
) =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open(options)
    const run = yield* engine.start(spec)
    yield* TestEngine.awaitNode(run, "NodeStarted", "a")
    return { engine, run }
  })

describe("rows 50, 51: cancelling a run", () => {
  it.effect("row 50: nothing starts any more, what runs is interrupted, what waits is cancelled", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun(flow([node("a never"), node("b ok", ["a"]), node("c never")]))
      const report = yield* run.cancel("changed my mind")
      expect(report.status).toBe("cancelled")
      expect(story(engine.log("run"))).toEqual([
        "a starts",
        "c starts",
        "RunInterrupted cancelled",
        "b cancelled run_cancelled pending",
        "a cancelled run_cancelled interrupted",
        "c cancelled run_cancelled interrupted",
        "RunCancelled"
      ])
      expect(yield* TestEngine.reasonOf(run.outputs)).toEqual({
        _tag: "Cancelled",
        reason: "changed my mind"
      })
    })
  )

  it.effect("row 51: the finaliser of an action in flight has run when the run ends", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const tidy = Action.fn("tidy", () =>
        Effect.never.pipe(
          Effect.ensuring(
            Effect.andThen(
              Effect.sleep("2 seconds"),
              Effect.sync(() => void order.push("tidied up"))
            )
          )
        )
      )
      const { run } = yield* begun(flow([node("a tidy")]), { actions: [tidy] })
      const cancelling = yield* Effect.forkChild(
        Effect.tap(run.cancel(), () => Effect.sync(() => order.push("ended")))
      )
      yield* TestEngine.awaitEvent(run, ({ event }) => event._tag === "RunInterrupted")
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(cancelling)
      expect(order).toEqual(["tidied up", "ended"])
    })
  )

  it.effect("a promise that listens to its signal stops, and its rejection is the interruption", () =>
    Effect.gen(function* () {
      const polite = Action.fn(
        "polite",
        (_: {}, { signal }) =>
          new Promise<{}>((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason as Error))
          })
      )
      const { engine, run } = yield* begun(flow([node("a polite")]), { actions: [polite] })
      yield* run.cancel()
      expect(story(engine.log("run"))).toContain("a cancelled run_cancelled interrupted")
    })
  )

  it.effect("R17: one that ignores it is given up after the grace period, and the log says so", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun(
        flow([node("a deaf"), node("b stubborn")], { cancelGraceMillis: 3000 })
      )
      const cancelling = yield* Effect.forkChild(run.cancel())
      yield* TestEngine.awaitEvent(run, ({ event }) => event._tag === "RunInterrupted")
      yield* TestClock.adjust("2999 millis")
      expect((yield* run.report).status).toBe("running")
      yield* TestClock.adjust("1 millis")
      const report = yield* Fiber.join(cancelling)
      expect([report.status, report.elapsedMillis]).toEqual(["cancelled", 3000])
      expect(story(engine.log("run")).slice(-3)).toEqual([
        "a cancelled run_cancelled ignored",
        "b cancelled run_cancelled ignored",
        "RunCancelled"
      ])
      engine.script.release("b")
    })
  )

  it.effect(
    "R17: one that finishes anyway is recorded as completed, enables nothing and does not change the end",
    () =>
      Effect.gen(function* () {
        const { engine, run } = yield* begun(flow([node("a stubborn"), node("b ok", ["a"])]))
        const cancelling = yield* Effect.forkChild(run.cancel())
        yield* TestEngine.awaitEvent(run, ({ event }) => event._tag === "RunInterrupted")
        engine.script.release("a", { saved: true })
        expect((yield* Fiber.join(cancelling)).status).toBe("cancelled")
        expect(yield* run.node("a")).toMatchObject({ status: "completed", outputs: { saved: true } })
        expect(engine.script.called).toEqual(["a"])
      })
  )

  it.effect("cancelling a run that is over changes nothing and gives its report", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ok")]))
      yield* run.outcome
      const length = engine.log("run").length
      expect((yield* run.cancel()).status).toBe("completed")
      expect(engine.log("run")).toHaveLength(length)
    })
  )

  it.effect("cancelling twice is cancelling once", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun(flow([node("a never")]))
      yield* Effect.all([run.cancel("first"), run.cancel("second")], { concurrency: "unbounded" })
      expect(engine.log("run").filter(({ event }) => event._tag === "RunInterrupted")).toHaveLength(1)
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({ reason: "first" })
    })
  )

  it.effect("a paused run can be cancelled", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* begun(flow([node("a hold"), node("b ok", ["a"])]))
      yield* run.pause()
      engine.script.release("a")
      yield* run.outcome
      expect((yield* run.cancel()).status).toBe("cancelled")
    })
  )

  it.effect("a failure handler in flight is interrupted too", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a fail", [], {}, { failure: "never" })]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a", 2)
      expect((yield* run.cancel()).status).toBe("cancelled")
      expect(engine.script.stopped).toEqual(["a"])
    })
  )
})

describe("row 82: cancelling a branch", () => {
  it.effect("its attempts are interrupted, and a join outside follows its rule", () =>
    Effect.gen(function* () {
      const nodes = [
        node("a never"),
        node("b ok", ["a"]),
        node("c ok"),
        node("join ok", ["b", "c"], {}, { trigger: "one_success" })
      ]
      const { engine, run } = yield* begun(flow(nodes))
      yield* run.send({ _tag: "CancelBranch", branch: "a", reason: "too slow" })
      expect((yield* run.outcome).status).toBe("completed")
      expect(engine.script.stopped).toEqual(["a"])
      expect(yield* run.node("a")).toMatchObject({
        cancelled: { reason: "branch_cancelled", stopped: "interrupted" }
      })
      expect((yield* run.node("join"))?.status).toBe("completed")
    })
  )

  it.effect("an attempt of it that ignores the interruption is given up after the grace period", () =>
    Effect.gen(function* () {
      const { run } = yield* begun(flow([node("a deaf"), node("b hold")], { cancelGraceMillis: 100 }))
      yield* run.send({ _tag: "CancelBranch", branch: "a" })
      yield* TestClock.adjust("100 millis")
      yield* TestEngine.awaitNode(run, "NodeCancelled", "a")
      expect((yield* run.node("a"))?.cancelled?.stopped).toBe("ignored")
      yield* run.cancel()
    })
  )
})
