import { describe, expect, it } from "@effect/vitest"
import type { Envelope } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { RunStore, runIdProblem } from "../../src/store/RunStore.ts"

const envelope = (sequence: number, rest: Partial<Envelope.Envelope> = {}): Envelope.Envelope => ({
  version: 1,
  runId: "run",
  sequence,
  at: sequence * 10,
  epoch: 1,
  event: { _tag: "EventEmitted", name: `n${sequence}`, payload: { deep: [sequence, null, "é\u0000\uD83D"] } },
  ...rest
})

const created = (events: ReadonlyArray<Envelope.Envelope>) =>
  Effect.gen(function* () {
    const driver = MemoryStore.make()
    const store = new RunStore(driver)
    yield* store.create({
      runId: "run",
      flow: "f",
      tags: [],
      owner: "o",
      leaseMillis: 1000,
      nowMillis: 0,
      status: "running",
      events
    })
    return { driver, store }
  })

describe("the store as the engine uses it", () => {
  it.effect("events come back as they were, with their causes", () =>
    Effect.gen(function* () {
      const first = envelope(1)
      const second = envelope(2, {
        cause: { hook: "h", sequence: 1, commandId: "c", commandHash: "x" },
        epoch: 1
      })
      const { store } = yield* created([first])
      yield* store.append("run", 1, { status: "paused", afterSequence: 1, nowMillis: 20 }, [second], [])
      expect(yield* store.readPage("run", 0)).toEqual([first, second])
      expect(yield* store.readPage("run", 1)).toEqual([second])
      expect((yield* store.get("run"))?.status).toBe("paused")
    })
  )

  it.effect("a long log is read page by page, whole and in order", () =>
    Effect.gen(function* () {
      const log = Array.from({ length: 4500 }, (_, index) => envelope(index + 1))
      const { store } = yield* created(log)
      const seen: Array<number> = []
      const end = yield* store.readAll("run", 0, (one) => void seen.push(one.sequence))
      expect([seen.length, end]).toEqual([4500, 4500])
      const streamed = yield* Stream.runCollect(store.log("run", 1999))
      expect(streamed.map((one) => one.sequence)).toEqual(seen.slice(1999))
      expect(yield* store.readAll("run", 4000, () => undefined)).toBe(4500)
    })
  )

  it.effect("a log of exactly one page ends", () =>
    Effect.gen(function* () {
      const { store } = yield* created(Array.from({ length: 2000 }, (_, index) => envelope(index + 1)))
      expect(yield* Stream.runCollect(store.log("run", 0))).toHaveLength(2000)
    })
  )

  it.effect.each([
    ["text that is no JSON", { event: "{" }],
    ["an event of no known name", { event: '{"_tag":"Nonsense"}' }],
    ["an event with a value of a wrong type", { event: '{"_tag":"EventEmitted","name":7}' }],
    ["a cause that is none", { cause: '{"sequence":"one"}' }]
  ] as const)("%s is Corrupt, and says which event", ([, broken]) =>
    Effect.gen(function* () {
      const { driver } = yield* created([envelope(1), envelope(2)])
      const store = new RunStore({
        ...driver,
        read: (...range) =>
          Effect.map(driver.read(...range), (events) =>
            events.map((one) => (one.sequence === 2 ? { ...one, ...broken } : one))
          )
      })
      const error = yield* Effect.flip(store.readPage("run", 0))
      expect(error).toMatchObject({
        runId: "run",
        reason: { _tag: "Corrupt", message: expect.stringContaining("event 2") }
      })
      expect(error.isRetryable).toBe(false)
    })
  )

  it.effect("a gap in what the store gives is Corrupt", () =>
    Effect.gen(function* () {
      const { driver } = yield* created([envelope(1), envelope(2), envelope(3)])
      const store = new RunStore({
        ...driver,
        read: (...range) =>
          Effect.map(driver.read(...range), (events) => events.filter((one) => one.sequence !== 2))
      })
      const error = yield* Effect.flip(store.readPage("run", 0))
      expect(error.reason).toEqual({ _tag: "Corrupt", message: "event 3 follows event 1" })
    })
  )

  it("an id of a run has 1 to 1,024 characters", () => {
    expect(runIdProblem("run")).toBeUndefined()
    expect(runIdProblem("x".repeat(1024))).toBeUndefined()
    expect(runIdProblem("")).toContain("1024")
    expect(runIdProblem("x".repeat(1025))).toContain("1024")
  })
})
