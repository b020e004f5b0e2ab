import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { FaultyStore, StoreModel } from "../src/index.ts"
import { append, events, run } from "../src/case/requests.ts"

/** A run with two events, in a store at whose first append a fault strikes. */
const faulty = (fault: FaultyStore.Fault) =>
  Effect.gen(function* () {
    const sound = StoreModel.make()
    yield* sound.create(run("r"))
    const store = FaultyStore.make(sound, ({ number, operation }) =>
      operation === "append" && number === 1 ? fault : undefined
    )
    return { sound, store, append: store.append(append("r", 2)), length: lengthOf(sound) }
  })

const lengthOf = (store: ReturnType<typeof StoreModel.make>) =>
  Effect.map(store.get("r"), (row) => row?.sequence)

describe("a fault", () => {
  it.effect("before an operation: nothing is written, and the next try succeeds", () =>
    Effect.gen(function* () {
      const { append, length } = yield* faulty("failBefore")
      expect(yield* Effect.flip(append)).toMatchObject({ reason: { _tag: "Unavailable" }, isRetryable: true })
      expect(yield* length).toBe(2)
      yield* append
      expect(yield* length).toBe(3)
    })
  )

  it.effect("of the answer: it is written, and whoever asked waits for ever", () =>
    Effect.gen(function* () {
      const { append, length } = yield* faulty("loseReply")
      const asking = yield* Effect.forkChild(append, { startImmediately: true })
      yield* TestClock.adjust("1 day")
      expect(asking.pollUnsafe()).toBeUndefined()
      expect(yield* length).toBe(3)
      yield* Fiber.interrupt(asking)
    })
  )

  it.effect("that lies: it is written, and said not to be", () =>
    Effect.gen(function* () {
      const { append, length } = yield* faulty("lie")
      expect(Exit.isFailure(yield* Effect.exit(append))).toBe(true)
      expect(yield* length).toBe(3)
    })
  )

  it.effect("that repeats a request: a store that is right writes it once", () =>
    Effect.gen(function* () {
      const { append, sound } = yield* faulty("repeat")
      yield* append
      expect(yield* sound.read("r", 0, 10)).toEqual(events(0, 3))
    })
  )

  it.effect("of time: it is written after that time", () =>
    Effect.gen(function* () {
      const { append, length } = yield* faulty({ delay: "3 seconds" })
      const asking = yield* Effect.forkChild(append, { startImmediately: true })
      yield* TestClock.adjust("2999 millis")
      expect(yield* length).toBe(2)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(asking)
      expect(yield* length).toBe(3)
    })
  )
})

it.effect("a test is told of each call: the operation, how often it was asked for, and with what", () =>
  Effect.gen(function* () {
    const calls: Array<unknown> = []
    const store = FaultyStore.make(StoreModel.make(), ({ number, operation, parameters }) => {
      calls.push([operation, number, parameters[0]])
      return undefined
    })
    yield* store.get("a")
    yield* store.get("b")
    yield* store.readMail("c", 1)
    expect(calls).toEqual([
      ["get", 1, "a"],
      ["get", 2, "b"],
      ["readMail", 1, "c"]
    ])
  })
)
