/** A run is parked by any strategy once only time or people can let it go on, and never while something of it is in work. */
import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { flow, mapped, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const strategies = ["reactive", "work_queue", "level", "superstep"] as const

const ownerOf = (data: MemoryStoreData) => data.runs.get("run")?.owner

describe("a run is parked", () => {
  it.effect.each(strategies)("by %s while a node waits and what comes after others has run", (strategy) =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({
        data,
        engine: { recovery: "continuous", parkAfter: "5 seconds" }
      })
      const nodes = [
        node("a ask"),
        node("b ok"),
        node("c ok", ["b"], {}, { priority: -1 }),
        node("d ok", ["a", "c"])
      ]
      const run = yield* engine.start(flow(nodes, { strategy }))
      expect((yield* run.outcome).onlyWaits).toBe(true)
      expect(engine.script.called).toEqual(["a", "b", "c"])
      yield* TestClock.adjust("5 seconds")
      expect(ownerOf(data)).toBeUndefined()
      yield* run.answer("a", {})
      expect((yield* run.outcome).status).toBe("completed")
      expect(engine.script.called).toEqual(["a", "b", "c", "d"])
    })
  )

  it.effect.each(strategies)(
    "by %s until a retry comes, also where a barrier holds nodes that are ready",
    (strategy) =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const engine = yield* TestEngine.open({
          data,
          engine: { recovery: "continuous", parkAfter: "5 seconds" }
        })
        const retry = { tries: 2, initialMillis: 40_000, jitter: 0 }
        const nodes = [
          node("a flaky", [], { failures: 1 }, { retry }),
          node("b ok"),
          node("c ok", ["b"]),
          node("d ok", ["a", "c"])
        ]
        const run = yield* engine.start(flow(nodes, { strategy }))
        yield* TestEngine.awaitNode(run, "NodeCompleted", "b")
        yield* TestClock.adjust("5 seconds")
        expect(data.runs.get("run")).toMatchObject({ owner: undefined, wakeAtMillis: 40_000 })
        const isHeld = strategy === "level" || strategy === "superstep"
        expect(engine.script.called.includes("c")).toBe(!isHeld)
        yield* TestClock.adjust("40 seconds")
        expect((yield* run.outcome).status).toBe("completed")
        expect(engine.script.count("c")).toBe(1)
        expect(engine.script.count("d")).toBe(1)
      })
  )
})

describe("a run is not parked", () => {
  it.effect("while it reads a list that is kept outside its log", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({
        data,
        engine: { parkAfter: 0 },
        driver: (driver) => ({
          ...driver,
          getArtifact: (hash) => Effect.andThen(Effect.sleep("10 seconds"), driver.getArtifact(hash))
        })
      })
      const words = Array.from({ length: 100 }, (_, at) => `word ${at}`)
      const nodes = [
        node("a ok", [], { value: words }),
        mapped("b ok", { ref: "a.value" }, undefined, { dependencies: ["a"] })
      ]
      const run = yield* engine.start(flow(nodes, { artifactBytesMin: 256 }))
      yield* TestEngine.awaitNode(run, "NodeCompleted", "a")
      yield* TestClock.adjust("5 seconds")
      expect(ownerOf(data)).toBeDefined()
      yield* TestClock.adjust("1 minute")
      expect((yield* run.outcome).status).toBe("completed")
      expect(engine.script.called).toHaveLength(101)
    })
  )

  it.effect("while another run of its engine holds the only slot", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({ data, engine: { parkAfter: 0, maxParallel: 1 } })
      const first = yield* engine.start(flow([node("held hold")]), { id: "first" })
      yield* TestEngine.awaitNode(first, "NodeStarted", "held")
      const run = yield* engine.start(flow([node("a ok")], { strategy: "superstep" }))
      yield* TestClock.adjust("1 minute")
      expect(ownerOf(data)).toBeDefined()
      engine.script.release("held")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )
})
