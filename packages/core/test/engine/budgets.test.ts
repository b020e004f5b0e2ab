/** Budgets of runs of the engine: over crashes, in forks, with caches, on flows of TypeScript (R15). */
import { MemoryStoreData } from "@dagflow/store-memory"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Action, Flow, Hook, NodeOutput } from "../../src/index.ts"
import { lines } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { awaitNode, open, reasonOf } from "../world/TestEngine.ts"

const query = Action.fn(
  "query",
  ({ used }: { used: number }) => NodeOutput.make({ text: "x" }, { usage: { tokens: used } }),
  { estimate: { tokens: 100 } }
)

const chain = flow(
  [
    node("a query", [], { used: 90 }),
    node("b query", ["a"], { used: 90 }),
    node("c query", ["b"], { used: 90 })
  ],
  { budget: { tokens: 200 } }
)

describe("row 74: budgets", () => {
  it.effect("a run that used up its budget tells so, and goes on in another process with more", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* open({ data, actions: [query] })
      const run = yield* first.start(chain, { id: "r" })
      const { budgets, status } = yield* run.outcome
      expect(status).toBe("paused")
      expect(budgets).toMatchObject([
        { lines: [{ spent: 180, reserved: 0 }], shortage: { nodeId: "c", needed: 100, spent: 180 } }
      ])
      const reason = yield* reasonOf(run.outputs)
      expect(reason).toMatchObject({
        _tag: "BudgetExhausted",
        shortages: [
          {
            nodes: [
              { nodeId: "a", spent: 90 },
              { nodeId: "b", spent: 90 }
            ]
          }
        ]
      })
      yield* first.close
      const second = yield* open({ data, actions: [query] })
      const resumed = yield* second.dagflow.resume("r", { budget: { tokens: 500 } })
      yield* resumed.outputs
      const log = lines(second.log("r"))
      expect(log.filter((line) => line.includes("starts"))).toEqual(["a starts", "b starts", "c starts"])
      expect(log).toContain("BudgetSet")
      expect((yield* resumed.report).budgets).toMatchObject([{ lines: [{ limit: 500, spent: 270 }] }])
    })
  )

  it.effect(
    "what was reserved is charged when the process dies, and is in the log of whoever takes over",
    () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const hang = Action.fn("query", () => Effect.never, { estimate: { tokens: 100 } })
        const first = yield* open({ data, actions: [hang] })
        const started = yield* first.start(
          flow([node("a query", [], { used: 90 })], { budget: { tokens: 250 } }),
          { id: "r" }
        )
        yield* awaitNode(started, "NodeStarted", "a")
        first.kill()
        const second = yield* open({ data, actions: [query] })
        const run = yield* second.dagflow.resume("r", { force: true })
        yield* run.outcome
        expect((yield* run.report).budgets).toMatchObject([{ lines: [{ spent: 190, reserved: 0 }] }])
      })
  )

  it.effect("outputs that are used again cost nothing", () =>
    Effect.gen(function* () {
      const engine = yield* open({ actions: [query] })
      const cached = flow([node("a query", [], { used: 90 }, { cache: {} })], { budget: { tokens: 200 } })
      yield* engine.runToEnd(cached, { id: "first" })
      yield* engine.runToEnd(cached, { id: "second" })
      const spent = (id: string) =>
        Effect.map(engine.dagflow.report(id), ({ budgets }) => budgets?.[0]?.lines[0]?.spent)
      expect([yield* spent("first"), yield* spent("second")]).toEqual([90, 0])
    })
  )

  it.effect("a fork begins with what its copied events spent, and with the limits that it is given", () =>
    Effect.gen(function* () {
      const engine = yield* open({ actions: [query] })
      yield* engine.runToEnd(chain, { id: "r" })
      const forked = yield* engine.dagflow.fork("r", { id: "f", budget: { tokens: 280 } })
      yield* forked.outputs
      expect((yield* forked.report).budgets).toMatchObject([{ lines: [{ limit: 280, spent: 270 }] }])
      const again = yield* engine.dagflow.rerunFrom("r", "b", { id: "g" })
      expect((yield* again.outcome).budgets).toMatchObject([
        { lines: [{ spent: 180 }], shortage: { nodeId: "c" } }
      ])
    })
  )

  it.effect("a run that its budget stopped goes on in a fork, from the node that did not fit", () =>
    Effect.gen(function* () {
      const engine = yield* open({ actions: [query] })
      const config = { budget: { onExhausted: "stop" as const } }
      const run = yield* engine.start(chain, { id: "r", config })
      expect((yield* reasonOf(run.outputs))._tag).toBe("BudgetExhausted")
      const forked = yield* engine.dagflow.rerunFrom("r", "c", { id: "f", budget: { tokens: 500 } })
      yield* forked.outputs
      const log = lines(engine.log("f"))
      expect(log.filter((line) => line.includes("starts"))).toEqual(["a starts", "b starts", "c starts"])
    })
  )

  it.effect("a flow of TypeScript has a budget, estimates and durations", () =>
    Effect.gen(function* () {
      const engine = yield* open({})
      const thrifty = Flow.make(
        "thrifty",
        { config: { budget: { tokens: 150, time: "1 minute", branches: { b: { cost: 3 } } } } },
        (f) => {
          const a = f.node("a", query, { used: 90 }, { estimate: { tokens: 120, time: "30 seconds" } })
          f.node("b", query, { used: 90 }, { dependsOn: [a], estimate: { cost: 1 } })
          return {}
        }
      )
      const run = yield* engine.dagflow.start(thrifty, { id: "r" })
      const report = yield* run.outcome
      expect(report.budgets).toMatchObject([
        {
          lines: [
            { resource: "tokens", limit: 150, spent: 90 },
            { resource: "timeMillis", limit: 60_000 }
          ]
        },
        { branch: "b", lines: [{ resource: "cost", limit: 3 }] }
      ])
      expect(report.nodes[0]?.attempts[0]?.reserved).toEqual({ tokens: 120, timeMillis: 30_000 })
      expect(report.budgets?.[0]?.shortage).toMatchObject({ nodeId: "b", needed: 100 })
    })
  )
})

describe("row 43: the hook that warns of a budget", () => {
  it.effect(
    "records one event for each limit that comes to its part, also when another process takes over",
    () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const hooks = [Hook.budgetWarning({ at: 0.4 })]
        const first = yield* open({ data, actions: [query], hooks })
        yield* (yield* first.start(chain, { id: "r" })).outcome
        yield* first.close
        const second = yield* open({ data, actions: [query], hooks })
        yield* (yield* second.dagflow.resume("r", { budget: { tokens: 300, nodes: 4 } })).outcome
        const warnings = second
          .log("r")
          .flatMap(({ event }) => (event._tag === "EventEmitted" ? [event] : []))
        expect(warnings.map(({ name, payload }) => [name, payload])).toEqual([
          ["budget_warning", { resource: "tokens", limit: 200, at: 0.4 }],
          ["budget_warning", { resource: "tokens", limit: 300, at: 0.4 }],
          ["budget_warning", { resource: "nodes", limit: 4, at: 0.4 }]
        ])
        expect(lines(second.log("r")).filter((line) => line.includes("rejected"))).toEqual([])
      })
  )
})
