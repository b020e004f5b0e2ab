/* Goal: the large outputs of a fork, which it shares with the run that it comes from, are there or are missed at once. */
import { expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Action from "../../src/action/Action.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

it.effect("a fork of a run that is pruned in this moment is refused, and leaves nothing behind", () =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const large = Action.fn("large", () => ({ text: "x".repeat(5_000) }))
    const wide = flow([node("a large")], { artifactBytesMin: 1_000 })
    const engine = yield* TestEngine.open({
      data,
      actions: [large],
      driver: (driver) => ({
        ...driver,
        create: (run) => {
          const source = data.runs.get("source")
          if (run.runId === "fork" && source !== undefined) data.remove(source)
          return driver.create(run)
        }
      })
    })
    yield* Effect.orDie((yield* engine.start(wide, { id: "source" })).outcome)
    expect(yield* TestEngine.reasonOf(engine.dagflow.fork("source", { id: "fork" }))).toMatchObject({
      _tag: "StoreFailed",
      reason: { _tag: "Corrupt", message: expect.stringContaining("is gone") }
    })
    expect(data.runs.size).toBe(0)
    expect(data.artifacts.size).toBe(0)
  })
)

it.effect("large outputs stay when the other run is pruned", () =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const large = Action.fn("large", () => ({ text: "x".repeat(5_000) }))
    const count = Action.fn("count", ({ text }: { text: string }) => ({ length: text.length }))
    const engine = yield* TestEngine.open({ data, actions: [large, count] })
    const wide = flow([node("a large"), node("b count", ["a"], { text: "=a.text" })], {
      artifactBytesMin: 1_000
    })
    yield* Effect.orDie((yield* engine.start(wide, { id: "source" })).outcome)
    const at = engine.log("source").find(({ event }) => event._tag === "NodeCompleted")?.sequence ?? 0
    const fork = yield* Effect.orDie(engine.dagflow.rerunFrom("source", "b", { id: "fork", at }))
    yield* Effect.orDie(fork.outcome)
    data.remove(data.runs.get("source") ?? expect.fail("there is no source"))
    const again = yield* Effect.orDie(engine.dagflow.rerunFrom("fork", "b"))
    expect(yield* Effect.orDie(again.outputs)).toEqual({ b: { length: 5_000 } })
  })
)
