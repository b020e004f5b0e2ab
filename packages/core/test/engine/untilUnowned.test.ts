import { neverMillis } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { untilUnowned } from "../../src/engine/untilUnowned.ts"
import { RunStore } from "../../src/store/RunStore.ts"

const run = {
  runId: "r",
  flow: "f",
  tags: [],
  owner: "a",
  nowMillis: 0,
  leaseMillis: 1_000,
  status: "running",
  events: []
} as const

const mail = { id: "m", atMillis: 0, command: "{}" }

const parked = Effect.gen(function* () {
  const driver = MemoryStore.make()
  yield* driver.create(run)
  yield* driver.park({ runId: "r", epoch: 1, wakeAtMillis: neverMillis })
  return driver
})

it.effect("a parked run is nobody's once it has mail, also mail that came just before anybody listened", () =>
  Effect.gen(function* () {
    const driver = yield* parked
    const late = Stream.unwrap(Effect.as(driver.putMail("r", mail), driver.changes))
    const unowned = yield* untilUnowned(new RunStore({ ...driver, changes: late }), "r")
    expect(unowned).toMatchObject({ row: { runId: "r", owner: undefined }, watched: undefined })
  })
)

it.effect("a parked run is waited for until it changes or its time has come", () =>
  Effect.gen(function* () {
    const driver = yield* parked
    const first = yield* Effect.forkChild(untilUnowned(new RunStore(driver), "r"), { startImmediately: true })
    yield* TestClock.adjust("1 day")
    expect(first.pollUnsafe()).toBeUndefined()
    yield* driver.claim({ runId: "r", owner: "b", nowMillis: 0, leaseMillis: 1_000, force: false })
    yield* driver.park({ runId: "r", epoch: 2, wakeAtMillis: 2 * 86_400_000 })
    yield* TestClock.adjust("1 hour")
    expect(first.pollUnsafe()).toBeUndefined()
    yield* TestClock.adjust("23 hours")
    expect(yield* Fiber.join(first)).toMatchObject({ row: { epoch: 2 } })
  })
)

it.effect("a parked run of a store that tells of no changes is looked at once in a while", () =>
  Effect.gen(function* () {
    const driver = yield* parked
    let looks = 0
    const quiet = {
      ...driver,
      abilities: { ...driver.abilities, notify: false },
      get: (runId: string) => {
        looks++
        // A store that is asked without a pause would never let the clock go on.
        return looks > 100 ? Effect.die(new Error("it is asked without a pause")) : driver.get(runId)
      }
    }
    const waiting = yield* Effect.forkChild(untilUnowned(new RunStore(quiet, 1_000), "r"), {
      startImmediately: true
    })
    yield* TestClock.adjust("10 seconds")
    expect(looks).toBeLessThan(25)
    yield* driver.putMail("r", mail)
    yield* TestClock.adjust("1 second")
    expect(yield* Fiber.join(waiting)).toMatchObject({ row: { runId: "r" } })
  })
)
