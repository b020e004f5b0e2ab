/**
 * Goal: a run gives the same under every strategy. Method: every fixture runs under every failure policy and strategy, and
 * what comes of it is compared with what the default gives. Equal means: equal ends, statuses and outputs under `continue` and
 * `best_effort`, and under `pause` once the run has been let go on; under `halt` an equal end, and equal outputs of what
 * completed in both, because what was in flight at the failure is a matter of time.
 */
import { describe, expect, it } from "@effect/vitest"
import { type RunReport, Strategy } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { flow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"
import { type StrategyFixture, strategyFixtures } from "./strategyFixtures.ts"

const policies = ["halt", "continue", "best_effort", "pause"] as const

/** Lets a run go to its end, whoever has to be asked. Gives the report of when it stood still first, and that of its end. */
const runFixture = (
  fixture: StrategyFixture,
  strategy: Strategy.Strategy,
  onFailure: (typeof policies)[number]
) =>
  Effect.gen(function* () {
    const { answers = {}, hooks = [], maxParallel = 16, nodes } = fixture
    const engine = yield* TestEngine.open({ hooks })
    const run = yield* engine.start(flow(nodes, { strategy, onFailure, maxParallel }))
    const first = yield* run.outcome
    let last = first
    // Each turn answers a wait or retries a failure; no fixture has as many.
    for (let turn = 0; turn < 10 && last.endedAtMillis === undefined; turn++) {
      for (const { nodeId } of yield* run.waits) yield* run.answer(nodeId, { value: answers[nodeId] ?? 0 })
      if (last.status === "paused") yield* run.resume()
      last = yield* run.outcome
    }
    return { first, last }
  })

const nodesOf = (report: RunReport.RunReport) =>
  Object.fromEntries(report.nodes.map(({ nodeId, outputs, status }) => [nodeId, { status, outputs }]))

const endOf = ({ result, status }: RunReport.RunReport) => ({ status, result: result?._tag })

/** What completed in both of two runs, with what it gave, as the first one has it. */
const shared = (one: RunReport.RunReport, other: RunReport.RunReport) => {
  const completed = new Set(
    other.nodes.flatMap(({ nodeId, status }) => (status === "completed" ? [nodeId] : []))
  )
  return Object.fromEntries(
    one.nodes.flatMap(({ nodeId, outputs, status }) =>
      status === "completed" && completed.has(nodeId) ? [[nodeId, outputs]] : []
    )
  )
}

describe("rows 65, 118: every strategy gives the same", () => {
  describe.each(policies)("under %s", (policy) => {
    it.effect.each(strategyFixtures)("for $name", (fixture) =>
      Effect.gen(function* () {
        const reference = yield* runFixture(fixture, "reactive", policy)
        expect(reference.last.endedAtMillis).toBeDefined()
        for (const strategy of Strategy.Strategy.literals.slice(1)) {
          const { first, last } = yield* runFixture(fixture, strategy, policy)
          expect([strategy, endOf(last)]).toEqual([strategy, endOf(reference.last)])
          if (policy !== "halt") {
            expect([strategy, nodesOf(last)]).toEqual([strategy, nodesOf(reference.last)])
          }
          expect([strategy, endOf(first)]).toEqual([strategy, endOf(reference.first)])
          expect([strategy, shared(first, reference.first)]).toEqual([
            strategy,
            shared(reference.first, first)
          ])
        }
      }).pipe(Effect.scoped)
    )
  })
})
