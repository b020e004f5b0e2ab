/**
 * Goal: every queue may be as short as one, and nothing hangs. Work is counted, and not timed: what a run does per event
 * depends on the degree of its node and not on the size of its graph.
 */
import { execFileSync } from "node:child_process"
import path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import type { Command } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Hook from "../../src/hook/Hook.ts"
import { chain, flow, many, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const narrow = { inboxCapacity: 1, hookConcurrency: 1 }

const add = (index: number): Command.Command => ({ _tag: "AddNode", node: { id: `x${index}`, action: "ok" } })

describe("I7, rows 41, 47: capacity 1 everywhere", () => {
  it.effect("row 47: a graph 1,000 wide ends, with a hook that is asked about every event", () =>
    Effect.gen(function* () {
      let asked = 0
      const hook = Hook.make({
        name: "h",
        on: ["NodeStarted", "NodeCompleted"],
        handle: () => Effect.sync(() => void asked++)
      })
      const engine = yield* TestEngine.open({ engine: narrow, hooks: [hook] })
      const nodes = [
        node("top ok"),
        ...many(1000, "n* later", () => ["top"]),
        node(
          "end ok",
          many(1000, "n*").map((one) => one.id)
        )
      ]
      const run = yield* engine.start(flow(nodes, { maxParallel: 1 }))
      const report = yield* run.outcome
      expect(report.totals.byStatus.completed).toBe(1002)
      expect(asked).toBe(2004)
      expect(engine.script.peak).toBe(1)
    })
  )

  it.effect("row 41: 10,000 commands of one onStart are carried out", () =>
    Effect.gen(function* () {
      const hook = Hook.make({
        name: "h",
        onStart: () => Array.from({ length: 10_000 }, (_, index) => add(index))
      })
      const engine = yield* TestEngine.open({ engine: narrow, hooks: [hook] })
      const run = yield* engine.start(flow([node("a ok")], { maxParallel: 1 }))
      const report = yield* run.outcome
      expect(report.totals).toMatchObject({ grown: 10_000, growthRounds: 1 })
      expect(engine.script.calls).toHaveLength(10_001)
    })
  )

  it.effect("a thousand senders at once all get their answers", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ engine: narrow })
      const run = yield* engine.start(flow([node("a hold")], { maxParallel: 1 }))
      const sent = Array.from({ length: 1000 }, (_, index) =>
        run.send({ _tag: "EmitEvent", name: `n${index}` })
      )
      const outcomes = yield* Effect.all(sent, { concurrency: "unbounded" })
      expect(new Set(outcomes.map((one) => one.sequence)).size).toBe(1000)
      engine.script.release("a")
      yield* run.outcome
    })
  )

  it.effect("a hook that answers each event with another one ends where the limit is", () =>
    Effect.gen(function* () {
      const hook = Hook.make({
        name: "h",
        on: ["NodesAdded", "RunOwned"],
        onStart: () => [{ _tag: "AddNode", node: { action: "ok" } }],
        handle: () => [{ _tag: "AddNode", node: { action: "ok" } }]
      })
      const engine = yield* TestEngine.open({ engine: narrow, hooks: [hook] })
      const run = yield* engine.start(flow([], { nodesMax: 500 }))
      expect((yield* run.outcome).totals.nodes).toBe(500)
    })
  )
})

/** Counts what the store is asked to do for a run. */
const counting = () => {
  const counted = { appends: 0, events: 0, bytes: 0, reads: 0 }
  const driver: NonNullable<TestEngine.TestEngineOptions["driver"]> = (real) => ({
    ...real,
    append: (request) => {
      counted.appends++
      counted.events += request.events.length
      counted.bytes += request.events.reduce((sum, one) => sum + one.event.length, 0)
      return real.append(request)
    },
    read: (...range) => {
      counted.reads++
      return real.read(...range)
    }
  })
  return { counted, driver }
}

const costOf = (nodes: Parameters<typeof flow>[0]) =>
  Effect.gen(function* () {
    const { counted, driver } = counting()
    const engine = yield* TestEngine.open({ driver })
    const run = yield* engine.start(flow(nodes))
    yield* run.outcome
    return counted
  })

const fan = (count: number) => [node("top ok"), ...many(count, "n* ok", () => ["top"])]

describe("I9, row 59: what a run costs", () => {
  it.each(["chain", "fan"])("a %s of 10,000 nodes takes ten times the steps of one of 1,000", (shape) => {
    const script = path.join(import.meta.dirname, "stepCount.ts")
    const steps = (nodes: number) =>
      Number(execFileSync(process.execPath, ["--conditions", "development", script, shape, `${nodes}`]))
    const [small, large] = [steps(1000), steps(10_000)]
    expect(small).toBeGreaterThan(100_000)
    expect(large / small).toBeGreaterThan(9)
    expect(large / small).toBeLessThan(11)
  })
})

describe("I9, row 59: what a run costs the store", () => {
  it.effect.each([
    ["a chain", (count: number) => chain(count)],
    ["a fan", fan]
  ] as const)(
    "%s of ten times the nodes costs ten times the events and bytes, and reads nothing",
    ([, make]) =>
      Effect.gen(function* () {
        const small = yield* costOf(make(1000))
        const large = yield* costOf(make(10_000))
        expect(large.events / small.events).toBeCloseTo(10, 1)
        expect(large.bytes / small.bytes).toBeLessThan(10.5)
        expect([small.reads, large.reads]).toEqual([0, 0])
        expect(large.appends).toBeLessThanOrEqual(large.events)
      })
  )

  it.effect(
    "I3: what ends a node and what that starts is one append; attempts that end together share one",
    () =>
      Effect.gen(function* () {
        const inARow = yield* costOf(chain(100))
        // One for the first start, one for each end with the next start, the last one with the end of the run.
        expect(inARow.appends).toBe(101)
        const atOnce = yield* costOf(fan(1000))
        expect(atOnce.appends).toBeLessThan(200)
      })
  )
})
