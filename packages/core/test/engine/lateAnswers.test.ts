import { describe, expect, it } from "@effect/vitest"
import type { StoreDriverShape } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const spec = flow([node("a ok"), node("b hold", ["a"])])

const ownerOf = (data: MemoryStoreData) => data.runs.get("run")?.owner

/** A store on the other side of a wire: what was sent happens, also when nobody waits for the answer any more. */
const slowly = (operation: "claim" | "create" | "read", late: "the answer" | "the write" = "the answer") =>
  Effect.gen(function* () {
    const sent = yield* Deferred.make<void>()
    const arrived = yield* Deferred.make<void>()
    // Of the readings it is the one that follows a claim, of the writes one that a test says.
    let isSlow = operation !== "read" && late === "the answer"
    const slow = <A, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E> => {
      if (!isSlow) return write
      isSlow = false
      const reached = Effect.andThen(Deferred.succeed(sent, undefined), Deferred.await(arrived))
      const whole =
        late === "the write"
          ? Effect.andThen(reached, write)
          : Effect.flatten(Effect.tap(Effect.exit(write), () => reached))
      return Effect.flatMap(Effect.forkDetach(whole), Fiber.join)
    }
    const wrap = (driver: StoreDriverShape): StoreDriverShape => ({
      ...driver,
      ...(operation === "claim" && { claim: (request) => slow(driver.claim(request)) }),
      ...(operation === "create" && { create: (run) => slow(driver.create(run)) }),
      ...(operation === "read" && {
        claim: (request) => Effect.tap(driver.claim(request), () => Effect.sync(() => (isSlow = true))),
        read: (...range) => slow(driver.read(...range))
      })
    })
    return {
      wrap,
      sent: Deferred.await(sent),
      arrive: Deferred.succeed(arrived, undefined),
      next: () => (isSlow = true)
    }
  })

/** A run in the middle of `b` whose owner has given it back. */
const givenBack = Effect.gen(function* () {
  const data = new MemoryStoreData()
  const script = new Script()
  const first = yield* TestEngine.open({ data, script })
  yield* TestEngine.awaitNode(yield* first.start(spec), "NodeStarted", "b")
  yield* first.close
  expect(ownerOf(data)).toBeUndefined()
  return { data, script }
})

describe("I2: what a store was asked for happens, whoever still waits for its answer", () => {
  it.effect.each(["claim", "read"] as const)(
    "a run whose taking up nobody waits for any more, while its %s is under way, goes on here all the same",
    (operation) =>
      Effect.gen(function* () {
        const { data, script } = yield* givenBack
        const { arrive, sent, wrap } = yield* slowly(operation)
        const second = yield* TestEngine.open({ data, script, driver: wrap, engine: { owner: "second" } })
        const asking = yield* Effect.forkChild(second.dagflow.resume("run"))
        yield* sent
        yield* Fiber.interrupt(asking)
        yield* arrive
        script.release("b")
        const run = yield* Effect.orDie(second.dagflow.attach("run"))
        expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
        yield* TestClock.adjust("1 second")
        expect(ownerOf(data)).toBeUndefined()
      })
  )

  it.effect(
    "a run whose claim comes after its end is given back, although nobody waits for it any more",
    () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const script = new Script()
        const first = yield* TestEngine.open({ data, script })
        yield* TestEngine.awaitNode(yield* first.start(spec), "NodeStarted", "b")
        const { arrive, next, sent, wrap } = yield* slowly("claim", "the write")
        const second = yield* TestEngine.open({ data, script, driver: wrap, engine: { owner: "second" } })
        // Who waits for a run takes it up when nobody executes it, and also looks whether it ends.
        const waiting = yield* Effect.forkChild(Effect.orDie((yield* second.start(spec)).outcome))
        next()
        yield* first.close
        yield* sent
        const third = yield* TestEngine.open({ data, script })
        yield* Effect.orDie(third.dagflow.resume("run"))
        script.release("b")
        expect((yield* Fiber.join(waiting)).status).toBe("completed")
        yield* TestClock.adjust("1 second")
        expect(ownerOf(data)).toBeUndefined()
        yield* arrive
        yield* TestClock.adjust("1 second")
        expect(data.runs.get("run")?.epoch).toBe(3)
        expect(ownerOf(data)).toBeUndefined()
      })
  )

  it.effect("a run whose start nobody waits for any more, while it is created, runs", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const { arrive, sent, wrap } = yield* slowly("create")
      const engine = yield* TestEngine.open({ data, driver: wrap })
      const starting = yield* Effect.forkChild(engine.start(spec))
      yield* sent
      yield* Fiber.interrupt(starting)
      yield* arrive
      engine.script.release("b")
      const run = yield* Effect.orDie(engine.dagflow.attach("run"))
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
    })
  )

  it.effect.each(["claim", "read"] as const)(
    "an engine that closes while a %s is under way gives the run back before it is closed",
    (operation) =>
      Effect.gen(function* () {
        const { data, script } = yield* givenBack
        const { arrive, sent, wrap } = yield* slowly(operation)
        const second = yield* TestEngine.open({ data, script, driver: wrap })
        const asking = yield* Effect.forkChild(Effect.exit(second.dagflow.resume("run")))
        yield* sent
        const closing = yield* Effect.forkChild(second.close, { startImmediately: true })
        expect(ownerOf(data)).toBeDefined()
        yield* arrive
        yield* Fiber.join(closing)
        expect(ownerOf(data)).toBeUndefined()
        yield* Fiber.interrupt(asking)
      })
  )

  it.effect("an engine closes although the store never answers a claim", () =>
    Effect.gen(function* () {
      const { data, script } = yield* givenBack
      const { sent, wrap } = yield* slowly("claim")
      const second = yield* TestEngine.open({ data, script, driver: wrap })
      yield* Effect.forkChild(Effect.exit(second.dagflow.resume("run")))
      yield* sent
      const closing = yield* Effect.forkChild(second.close, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      expect(closing.pollUnsafe()).toBeDefined()
    })
  )

  it.effect("an engine closes although the store never answers that a run was given back", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({
        data,
        driver: (driver) => ({ ...driver, release: () => Effect.never })
      })
      yield* TestEngine.awaitNode(yield* engine.start(spec), "NodeStarted", "b")
      const closing = yield* Effect.forkChild(engine.close, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      expect(closing.pollUnsafe()).toBeDefined()
    })
  )

  it.effect("a run for whose taking up somebody queues and goes away is not taken up", () =>
    Effect.gen(function* () {
      const { data, script } = yield* givenBack
      const { arrive, sent, wrap } = yield* slowly("claim")
      const second = yield* TestEngine.open({ data, script, driver: wrap })
      const first = yield* Effect.forkChild(Effect.orDie(second.dagflow.resume("run")))
      yield* sent
      const queued = yield* Effect.forkChild(second.dagflow.resume("run"), { startImmediately: true })
      yield* Fiber.interrupt(queued)
      yield* arrive
      script.release("b")
      const run = yield* Fiber.join(first)
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
    })
  )
})
