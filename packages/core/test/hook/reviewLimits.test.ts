/** What reviews of a run that grows count for. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Hook from "../../src/hook/Hook.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

/** Grows by one node after each that completes, `turn_1`, `turn_2` and so on. */
const planner = Hook.make({
  name: "planner",
  on: ["NodeCompleted"],
  handle: ({ event }) => {
    const number = event._tag === "NodeCompleted" ? /^turn_(\d+)$/.exec(event.nodeId)?.[1] : undefined
    if (number === undefined) return []
    return [{ _tag: "AddNode", node: { id: `turn_${Number(number) + 1}`, action: "ok" } }]
  }
})

describe("a review of every round", () => {
  it.effect("takes none of the rounds of `maxIterations`, and a node of `nodesMax` each", () =>
    Effect.gen(function* () {
      const approve = Effect.fnUntraced(function* (config: object) {
        const engine = yield* TestEngine.open({ hooks: [planner, Hook.humanReview({ every: 1 })] })
        const run = yield* engine.start(flow([node("turn_0 ok")], config))
        while (true) {
          yield* run.outcome
          const [wait] = yield* run.waits
          if (wait === undefined) break
          yield* run.answer(wait.nodeId, { approved: true })
        }
        const refused = engine
          .log("run")
          .flatMap(({ event }) => (event._tag === "CommandRejected" ? [event.rejection] : []))
        return { called: engine.script.called, refused, report: yield* run.report }
      })
      const three = yield* approve({ maxIterations: 3 })
      expect(three.called).toEqual(["turn_0", "turn_1", "turn_2", "turn_3"])
      expect(three.refused).toEqual([
        { _tag: "LimitReached", limit: "maxIterations", maximum: 3, requested: 4 }
      ])
      expect(three.report.totals.growthRounds).toBe(3)
      // One of the definition, two of the planner, one review; a second review is one too many, and its round is held.
      const four = yield* approve({ nodesMax: 4 })
      expect(four.called).toEqual(["turn_0", "turn_1"])
      expect(four.refused).toEqual([{ _tag: "LimitReached", limit: "nodesMax", maximum: 4, requested: 5 }])
      expect(four.report.waiting).toMatchObject([{ reason: { _tag: "BranchPaused", branch: "turn_2" } }])
    })
  )
})
