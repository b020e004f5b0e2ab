/*
 * Goal: a run whose list is about to expand when its engine is closed is not taken for one that waits: it would sleep for ever.
 * Method: two engines, one after the other, on one store in memory.
 */
import { expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { flow, mapped, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

it.effect("a run whose list is to expand when its engine is closed goes on in the next one", () =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const server = { recovery: "continuous", parkAfter: 0, shutdownGrace: "10 seconds" } as const
    const first = yield* TestEngine.open({ data, engine: { ...server, owner: "first" } })
    yield* first.start(flow([node("a hold"), mapped("l ok", { value: [1] }, {}, { dependencies: ["a"] })]))
    yield* TestClock.adjust(1)
    const closed = yield* Effect.forkChild(first.close, { startImmediately: true })
    first.script.release("a")
    yield* TestClock.adjust("10 seconds")
    expect(closed.pollUnsafe()).toBeDefined()
    expect(first.log("run").at(-1)?.event._tag).toBe("NodeCompleted")
    yield* TestEngine.open({ data, engine: { ...server, owner: "second" } })
    yield* TestClock.adjust("30 seconds")
    expect(data.runs.get("run")?.status).toBe("completed")
  })
)
