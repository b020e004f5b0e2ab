/**
 * Goal: the same flow, inputs, seed, clock and order of results give the same log, byte for byte. Method: run twice on
 * stores of their own and compare the stored texts.
 */
import { describe, expect, it } from "@effect/vitest"
import { type FlowSpec, type NodeSpec, Evolve, RunReport } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Hook from "../../src/hook/Hook.ts"
import { story } from "../world/EventLine.ts"
import { flow, many, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

/** A flow with everything in it: retries with jitter, failures, skips, growth by a hook, times that differ. */
const mixed = flow(
  [
    node("a sleep", [], { millis: 30 }),
    node("b sleep", [], { millis: 20 }),
    node("c flaky", ["a"], { failures: 2 }, { retry: { tries: 3, jitter: 1, initialMillis: 100 } }),
    node("d fail", ["b"], {}, { onFailure: "continue" }),
    node("e ok", ["c", "d"]),
    node("f ok", ["c", "d"], {}, { trigger: "all_done" }),
    ...many(20, "n* later", () => ["b"])
  ],
  { maxParallel: 3, onFailure: "continue" }
)

const planner = Hook.make({
  name: "planner",
  on: ["NodeCompleted"],
  handle: ({ event }) =>
    event._tag === "NodeCompleted" && event.nodeId === "a"
      ? [{ _tag: "AddNodes", nodes: [{ action: "ok", dependencies: ["a"] }, { action: "later" }] }]
      : []
})

const recorded = (
  spec: FlowSpec.FlowSpec,
  seed: number,
  engine: TestEngine.TestEngineOptions["engine"] = {}
) =>
  Effect.gen(function* () {
    const world = yield* TestEngine.open({ hooks: [planner], engine: { owner: "same", ...engine } })
    const run = yield* world.start(spec, { seed })
    yield* TestEngine.awaitNode(run, "NodeStarted", "a")
    for (let at = 0; at < 100; at++) yield* TestClock.adjust("10 millis")
    yield* Effect.orDie(run.outcome)
    const report = yield* Effect.orDie(run.report)
    return { log: world.log("run"), report, stored: world.data.runs.get("run")?.events }
  })

/** Each run in a world of its own, whose clock starts at 0. */
const twice = <A>(effect: Effect.Effect<A, never, never>) => Effect.all([effect, effect])

describe("rows 13, 160, I8: the same again is the same log", () => {
  it.effect("byte for byte, jitter and generated ids included", () =>
    Effect.gen(function* () {
      const one = Effect.scoped(recorded(mixed, 7)).pipe(Effect.provide(TestClock.layer()))
      const [first, second] = yield* twice(one)
      expect(JSON.stringify(first.stored)).toBe(JSON.stringify(second.stored))
      expect(first.log.length).toBeGreaterThan(60)
    })
  )

  it.effect("another seed makes other choices and nothing else", () =>
    Effect.gen(function* () {
      const first = yield* Effect.scoped(recorded(mixed, 7)).pipe(Effect.provide(TestClock.layer()))
      const second = yield* Effect.scoped(recorded(mixed, 8)).pipe(Effect.provide(TestClock.layer()))
      // The seed itself is in the log too, so that the logs differ does not say that the choices do.
      const choices = (log: typeof first.log) =>
        log.flatMap(({ event }) => (event._tag === "NodeFailed" ? [event.retryAtMillis] : []))
      expect(choices(first.log).length).toBeGreaterThan(0)
      expect(choices(second.log)).not.toEqual(choices(first.log))
      const ends = (log: typeof first.log) => [...story(log)].sort()
      expect(ends(second.log)).toEqual(ends(first.log))
    })
  )

  it.effect("R7: how many messages a turn takes in moves no event", () =>
    Effect.gen(function* () {
      const wide = yield* Effect.scoped(recorded(mixed, 7)).pipe(Effect.provide(TestClock.layer()))
      const narrow = yield* Effect.scoped(recorded(mixed, 7, { inboxCapacity: 1 })).pipe(
        Effect.provide(TestClock.layer())
      )
      expect(story(narrow.log)).toEqual(story(wide.log))
    })
  )
})

describe("rows 19, 57: order and names", () => {
  const base: ReadonlyArray<NodeSpec.NodeSpec> = [
    node("d ok", ["b", "a"]),
    node("a ok"),
    node("c ok", ["a"]),
    node("b ok"),
    node("e ok", ["d", "c"])
  ]
  const permuted = (seed: number) =>
    base
      .map((one, index) => ({ one, rank: (index * 7919 + seed * 104_729) % 31 }))
      .sort((x, y) => x.rank - y.rank)
      .map(({ one }) =>
        one.dependencies === undefined ? one : { ...one, dependencies: [...one.dependencies].reverse() }
      )

  it.effect("row 57: nodes start in the same order, however the definition lists them", () =>
    Effect.gen(function* () {
      const orders = yield* Effect.forEach([0, 1, 2, 3, 4, 5], (seed) =>
        Effect.gen(function* () {
          const engine = yield* TestEngine.open()
          yield* engine.runToEnd(flow(permuted(seed), { maxParallel: 1 }))
          return engine.script.called
        })
      )
      for (const order of orders) expect(order).toEqual(["a", "b", "c", "d", "e"])
    })
  )

  it.effect("row 19: added nodes without an id get the same ids in every run", () =>
    Effect.gen(function* () {
      const ids = yield* Effect.forEach(["x", "y"], () =>
        Effect.gen(function* () {
          const engine = yield* TestEngine.open({
            hooks: [
              Hook.make({
                name: "h",
                onStart: () => [
                  { _tag: "AddNodes", nodes: [{ action: "ok" }, { action: "ok" }, { action: "later" }] }
                ]
              })
            ]
          })
          yield* engine.runToEnd(flow([node("ok_1 ok")]))
          return engine.script.called
        })
      )
      expect(ids[0]).toEqual(["ok_1", "ok_2", "ok_3", "later_1"])
      expect(ids[1]).toEqual(ids[0])
    })
  )
})

describe("row 159, I1: the log is the truth", () => {
  it.effect("folding it again gives the state that the run reports", () =>
    Effect.gen(function* () {
      const { log, report } = yield* recorded(mixed, 7)
      const once = Evolve.fold("run", log)
      expect(RunReport.make(once, yield* Clock.currentTimeMillis)).toEqual(report)
      expect(once.violations).toEqual([])
      expect(once.counts.completed + once.counts.failed + once.counts.skipped).toBe(mixed.nodes.length + 2)
    })
  )
})
