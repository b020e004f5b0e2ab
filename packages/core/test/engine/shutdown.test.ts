import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { lines, story } from "../world/EventLine.ts"
import { chain, flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const nodes = [node("a hold"), node("b ok", ["a"])]

const begun = (engine: TestEngine.TestEngineOptions["engine"] = {}) =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const script = new Script()
    const first = yield* TestEngine.open({ data, script, engine })
    const run = yield* first.start(flow(nodes))
    yield* TestEngine.awaitNode(run, "NodeStarted", "a")
    return { data, script, first, run }
  })

describe("closing an engine", () => {
  it.effect(
    "what runs is interrupted at once by default, the run is released, and another engine goes on",
    () =>
      Effect.gen(function* () {
        const { data, first, run, script } = yield* begun()
        yield* first.close
        expect(script.stopped).toEqual(["a"])
        expect(data.runs.get("run")).toMatchObject({
          owner: undefined,
          leaseUntilMillis: 0,
          leaseMillis: 0,
          status: "running"
        })
        for (const late of [run.outcome, run.report, run.outputs]) {
          expect(yield* TestEngine.reasonOf(Effect.asVoid(late))).toEqual({ _tag: "Parked" })
        }
        const second = yield* TestEngine.open({ data, script })
        const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
        script.release("a")
        expect((yield* resumed.outcome).status).toBe("completed")
      })
  )

  it.effect("with a grace period running attempts end and are recorded, nothing starts any more", () =>
    Effect.gen(function* () {
      const { data, first, script } = yield* begun({ shutdownGrace: "1 minute" })
      const closing = yield* Effect.forkChild(first.close, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      script.release("a")
      // It is over as soon as the last attempt is, not when the grace period is.
      yield* Fiber.join(closing)
      expect(story(first.log("run"))).toEqual(["a starts", "a completes"])
      expect(data.runs.get("run")?.owner).toBeUndefined()
      const second = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      yield* resumed.outcome
      expect(script.called).toEqual(["a", "b"])
    })
  )

  it.effect("an attempt that takes longer than the grace period is interrupted", () =>
    Effect.gen(function* () {
      const { first, script } = yield* begun({ shutdownGrace: "1 minute" })
      const closing = yield* Effect.forkChild(first.close, { startImmediately: true })
      yield* TestClock.adjust("59 seconds")
      expect(script.stopped).toEqual([])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      expect(script.stopped).toEqual(["a"])
      expect(lines(first.log("run")).at(-1)).toBe("a starts")
    })
  )

  it.effect("a run whose last attempt ends in the grace period is over", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script, engine: { shutdownGrace: "1 minute" } })
      const run = yield* first.start(flow([node("a hold")]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      const closing = yield* Effect.forkChild(first.close, { startImmediately: true })
      script.release("a")
      yield* Fiber.join(closing)
      expect(data.runs.get("run")?.status).toBe("completed")
    })
  )

  it.effect("a run that was started and never had its turn is released too", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({ data })
      const run = yield* engine.start(flow(chain(3)))
      yield* engine.close
      expect(data.runs.get("run")?.owner).toBeUndefined()
      expect(yield* TestEngine.reasonOf(run.outcome)).toEqual({ _tag: "Parked" })
    })
  )

  it.effect("a closed engine starts nothing, and keeps nothing claimed", () =>
    Effect.gen(function* () {
      const { data, first } = yield* begun()
      yield* first.close
      const late = yield* Effect.flip(first.dagflow.start(flow(nodes), { id: "late" }))
      expect(late).toMatchObject({ reason: { _tag: "Parked" } })
      expect(yield* TestEngine.reasonOf(first.dagflow.resume("run"))).toEqual({ _tag: "Parked" })
      expect([...data.runs.values()].map((run) => run.owner)).toEqual(
        data.runs.size === 1 ? [undefined] : [undefined, undefined]
      )
    })
  )

  it.effect("a command that waits for its result is told that the engine was closed", () =>
    Effect.gen(function* () {
      const { first, run } = yield* begun()
      yield* first.close
      expect(yield* TestEngine.reasonOf(run.send({ _tag: "EmitEvent", name: "late" }))).toEqual({
        _tag: "Parked"
      })
    })
  )

  it.effect("several runs are closed together", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const engine = yield* TestEngine.open({ data, script, engine: { shutdownGrace: "10 seconds" } })
      const ids = ["r1", "r2", "r3"]
      for (const id of ids) {
        const run = yield* engine.start(flow([node("a deaf")]), { id })
        yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      }
      const closing = yield* Effect.forkChild(engine.close, { startImmediately: true })
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(closing)
      expect(ids.map((id) => data.runs.get(id)?.owner)).toEqual([undefined, undefined, undefined])
    })
  )
})
