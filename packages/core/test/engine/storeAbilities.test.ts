/*
 * Goal: an engine works on a store that offers nothing beyond what every store does.
 * Method: the store's optional operations refuse, as `StoreAbility.refusals` has them, and count that nobody asks them.
 */
import { describe, expect, it } from "@effect/vitest"
import { StoreAbility, type StoreDriverShape } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

/** A store that offers nothing more. */
const plain = (real: StoreDriverShape): StoreDriverShape => ({ ...real, ...StoreAbility.refusals })

describe("a store that tells of nothing", () => {
  it.effect("is looked into for mail, so that another process reaches the owner of a run", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const owner = yield* TestEngine.open({ data, script, driver: plain })
      const run = yield* owner.start(flow([node("a hold")]))
      const other = yield* TestEngine.open({ data, script, driver: plain })
      yield* TestClock.adjust("5 seconds")
      const sending = yield* Effect.forkChild(other.dagflow.send("run", { _tag: "EmitEvent", name: "note" }))
      yield* TestClock.adjust("3 seconds")
      expect((yield* Fiber.join(sending))?.sequence).toBeGreaterThan(0)
      expect(owner.log("run").filter(({ event }) => event._tag === "EventEmitted")).toHaveLength(1)
      script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("is followed by looking at it as often as storePoll says, and not more often", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const owner = yield* TestEngine.open({ data, script })
      const run = yield* owner.start(flow([node("a hold"), node("b ok", ["a"])]))
      let reads = 0
      const counted = (real: StoreDriverShape): StoreDriverShape => ({
        ...plain(real),
        read: (...range) => Effect.suspend(() => (reads++, real.read(...range)))
      })
      const other = yield* TestEngine.open({
        data,
        script,
        driver: counted,
        engine: { storePoll: "10 seconds" }
      })
      const followed = yield* Effect.forkChild(
        Stream.runCollect(other.dagflow.events("run", { follow: true })),
        {
          startImmediately: true
        }
      )
      yield* TestClock.adjust("1 minute")
      const whileIdle = reads
      expect(whileIdle).toBeGreaterThanOrEqual(5)
      expect(whileIdle).toBeLessThanOrEqual(9)
      script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
      yield* TestClock.adjust("10 seconds")
      const tags = (yield* Fiber.join(followed)).map(({ event }) => event._tag)
      expect(tags.at(-1)).toBe("RunCompleted")
    })
  )
})

describe("a store that keeps no artifacts", () => {
  it.effect("has large outputs in the log, and nodes get them from there", () =>
    Effect.gen(function* () {
      const world = yield* TestEngine.open({ driver: plain })
      const big = "x".repeat(400)
      const run = yield* world.start(
        flow([node("a ok", [], { value: big }), node("b ok", ["a"], { value: "=a.value" })], {
          artifactBytesMin: 300
        })
      )
      expect((yield* run.outcome).status).toBe("completed")
      expect(world.script.calls.at(-1)?.input).toEqual({ value: big })
      expect(world.data.artifacts.size).toBe(0)
    })
  )
})
