import { describe, expect, it } from "@effect/vitest"
import { StandardActions } from "@dagflow/actions"
import { DagFlow } from "@dagflow/core"
import type { FlowSpec } from "@dagflow/protocol"
import { MemoryStore } from "@dagflow/store-memory"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"

/** Starts a flow of one node on an engine that ends with the test. */
const start = (action: string, inputs: Readonly<Record<string, Schema.Json>>) =>
  Effect.gen(function* () {
    const layer = DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, StandardActions.layer()]))
    const dagflow = Context.get(yield* Layer.build(layer), DagFlow)
    const bound = Object.entries(inputs).map(([name, value]) => [name, { value }] as const)
    const flow: FlowSpec.FlowSpec = {
      name: "wait",
      nodes: [{ id: "node", action, inputs: Object.fromEntries(bound) }]
    }
    return yield* Effect.orDie(dagflow.start(flow))
  })

describe("approval", () => {
  it.effect("asks, and gives what somebody says", () =>
    Effect.gen(function* () {
      const run = yield* start("approval", { prompt: "Publish?" })
      expect((yield* run.outcome).waiting[0]?.text).toBe(`"node" waits for an answer: Publish?`)
      yield* run.answer("node", { approved: false, note: "not yet" }, { by: "Ada" })
      expect(yield* run.outputs).toEqual({ node: { approved: false, note: "not yet" } })
    })
  )

  it.effect.each([
    ["approve", true],
    ["reject", false]
  ] as const)("answers by itself in time: %s", ([onTimeout, approved]) =>
    Effect.gen(function* () {
      const run = yield* start("approval", { prompt: "Publish?", timeout: "2m", onTimeout })
      yield* TestClock.adjust("2 minutes")
      expect(yield* run.outputs).toEqual({ node: { approved } })
    })
  )

  it.effect("fails in time unless it says something else, and pauses when it does", () =>
    Effect.gen(function* () {
      const failing = yield* start("approval", { prompt: "Publish?", timeout: "2m" })
      const pausing = yield* start("approval", { prompt: "Publish?", timeout: "2m", onTimeout: "pause" })
      yield* TestClock.adjust("2 minutes")
      expect((yield* failing.outcome).status).toBe("failed")
      expect((yield* pausing.outcome).status).toBe("paused")
    })
  )

  it.effect("takes a yes or a no, and nothing else", () =>
    Effect.gen(function* () {
      const run = yield* start("approval", { prompt: "Publish?" })
      yield* run.outcome
      const refused = yield* Effect.flip(run.answer("node", { approved: "yes" }))
      expect(refused.message).toContain("Expected boolean")
    })
  )
})

describe("wait-for-signal", () => {
  it.effect("gives the payload of a signal that its schema allows", () =>
    Effect.gen(function* () {
      const schema = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] }
      const run = yield* start("wait-for-signal", { schema })
      yield* run.outcome
      const refused = yield* Effect.flip(run.answer("node", { amount: "40" }))
      expect(refused.message).toContain("Expected number")
      yield* run.answer("node", { amount: 40, currency: "EUR" })
      expect(yield* run.outputs).toEqual({ node: { amount: 40, currency: "EUR" } })
    })
  )

  it.effect("takes its default at a moment when nobody signals", () =>
    Effect.gen(function* () {
      const run = yield* start("wait-for-signal", {
        until: "1970-01-01T00:10:00Z",
        onTimeout: "autopilot",
        default: { amount: 0 }
      })
      yield* TestClock.adjust("10 minutes")
      expect(yield* run.outputs).toEqual({ node: { amount: 0 } })
    })
  )
})

describe("sleep-until", () => {
  it.effect.each([
    ["a moment", { until: 60_000 }],
    ["a while", { timeout: "1m" }]
  ] as const)("waits for %s", ([, inputs]) =>
    Effect.gen(function* () {
      const run = yield* start("sleep-until", inputs)
      yield* TestClock.adjust(59_999)
      expect((yield* run.node("node"))?.status).toBe("waiting")
      yield* TestClock.adjust(1)
      expect(yield* run.outputs).toEqual({ node: {} })
    })
  )

  it.effect("says what it needs", () =>
    Effect.gen(function* () {
      const run = yield* start("sleep-until", {})
      yield* run.outcome
      expect((yield* run.node("node"))?.error?.message).toContain("needs a timeout or an until")
    })
  )

  it.effect("refuses what is no moment before it runs", () =>
    Effect.gen(function* () {
      const layer = DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, StandardActions.layer()]))
      const dagflow = Context.get(yield* Layer.build(layer), DagFlow)
      const nodes = [{ id: "node", action: "sleep-until", inputs: { until: { value: "tomorrow" } } }]
      const error = yield* Effect.flip(dagflow.start({ name: "wait", nodes }))
      expect(error.message).toContain("2027-01-31T09:00:00Z")
    })
  )
})
