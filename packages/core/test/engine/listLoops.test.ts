/** Lists in loops: a node that is mapped over a list is visited like any other, and its items are no places to go to (R9, R12). */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Action, NodeOutput } from "../../src/index.ts"
import { flow, mapped, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const sum = Action.fn("sum", (input: { all: ReadonlyArray<number> }) => ({
  total: input.all.reduce((total, one) => total + one, 0)
}))
const double = Action.fn("double", ({ value }: { value: number }) => ({ value: value * 2 }))

/** Gives the list of its round, and leads back from the third one to nothing. */
const deal = Action.fn("deal", (_: {}, { nodeId }) => {
  const round = Number(nodeId.split("#")[1] ?? 1)
  return NodeOutput.goto({ replace: "double" }, { outputs: { dealt: [round, round + 1] } })
})
const check = Action.fn("check", ({ all }: { all: ReadonlyArray<number> }) =>
  (all[0] ?? 0) < 6
    ? NodeOutput.goto({ replace: "deal" }, { outputs: { all } })
    : NodeOutput.goto({ replace: "sum" }, { outputs: { all } })
)

const loop = flow(
  [
    node("deal deal"),
    { ...mapped("double double", { ref: "deal.dealt" }, { value: "=each.item" }), dependencies: ["deal"] },
    node("check check", ["double"], { all: "=double.value" }),
    node("sum sum", ["check"], { all: "=check.all" })
  ],
  { strategy: "superstep" }
)

describe("a list in a loop", () => {
  it.effect("is expanded anew at each visit, over the list of the visit that led there", () =>
    Effect.gen(function* () {
      const actions = [sum, double, deal, check] as ReadonlyArray<Action.Any<never>>
      const engine = yield* TestEngine.open({ actions })
      const log = yield* engine.runToEnd(loop)
      const given = log.flatMap(({ event }) =>
        event._tag === "NodeCompleted" ? [[event.nodeId, event.outputs]] : []
      )
      expect(given).toEqual([
        ["deal", { dealt: [1, 2] }],
        ["double[0]", { value: 2 }],
        ["double[1]", { value: 4 }],
        ["double", { value: { $items: "double[*].value", count: 2 } }],
        ["check", { all: [2, 4] }],
        ["deal#2", { dealt: [2, 3] }],
        ["double#2[0]", { value: 4 }],
        ["double#2[1]", { value: 6 }],
        ["double#2", { value: { $items: "double#2[*].value", count: 2 } }],
        ["check#2", { all: [4, 6] }],
        ["deal#3", { dealt: [3, 4] }],
        ["double#3[0]", { value: 6 }],
        ["double#3[1]", { value: 8 }],
        ["double#3", { value: { $items: "double#3[*].value", count: 2 } }],
        ["check#3", { all: [6, 8] }],
        ["sum", { total: 14 }]
      ])
      expect(log.at(-1)?.event._tag).toBe("RunCompleted")
    })
  )

  it.effect("is what a channel holds when the step before has ended, and not before", () =>
    Effect.gen(function* () {
      const fill = Action.fn("fill", () => NodeOutput.update({ list: [2, 3] }))
      const actions = [fill, double] as ReadonlyArray<Action.Any<never>>
      const engine = yield* TestEngine.open({ actions })
      const nodes = [
        node("fill fill"),
        node("beside"),
        {
          ...mapped("double double", { ref: "channels.list" }, { value: "=each.item" }),
          dependencies: ["fill"]
        }
      ]
      const channels = { list: { reducer: "append", default: [1] } }
      const log = yield* engine.runToEnd(flow(nodes, { strategy: "superstep" }, { channels }))
      expect(
        log.flatMap(({ event }) => {
          if (event._tag === "NodeExpanded") return [`${event.nodeId} x${event.count}`]
          return event._tag === "StepStarted" ? [event.frontier.join(" ")] : []
        })
      ).toEqual(["beside fill", "double x3", "double[0] double[1] double[2]"])
    })
  )

  it.effect("has no items that a route could lead to", () =>
    Effect.gen(function* () {
      const lead = Action.fn("lead", () => NodeOutput.goto({ replace: "double[0]" }))
      const engine = yield* TestEngine.open({ actions: [lead, double] as ReadonlyArray<Action.Any<never>> })
      const nodes = [
        mapped("double double", { value: [1] }, { value: "=each.item" }),
        node("lead lead", ["double"])
      ]
      const run = yield* engine.start(flow(nodes, { strategy: "superstep" }))
      const reason = yield* TestEngine.reasonOf(run.outputs)
      const error = reason._tag === "NodesFailed" ? reason.nodes[0]?.error : undefined
      expect(error).toMatchObject({ cause: "InvalidRoute", isRetryable: false })
      expect(error?.message).toContain(
        `"double[0]" is an item of a list: go to "double", and the list is mapped anew`
      )
    })
  )
})

describe("a list that is empty at a later visit", () => {
  it.effect("leads on as it did when it had items", () =>
    Effect.gen(function* () {
      // The second round has nothing to double; the third one ends the loop.
      const dealSome = Action.fn("deal", (_: {}, { nodeId }) => {
        const round = Number(nodeId.split("#")[1] ?? 1)
        return NodeOutput.goto({ replace: "double" }, { outputs: { dealt: round === 2 ? [] : [round] } })
      })
      const checkRound = Action.fn("check", ({ all }: { all: ReadonlyArray<number> }) =>
        NodeOutput.goto({ replace: all[0] === 6 ? "sum" : "deal" }, { outputs: { all } })
      )
      const actions = [sum, double, dealSome, checkRound] as ReadonlyArray<Action.Any<never>>
      const engine = yield* TestEngine.open({ actions })
      const log = yield* engine.runToEnd(loop)
      const given = log.flatMap(({ event }) =>
        event._tag === "NodeCompleted" && !event.nodeId.includes("[") ? [[event.nodeId, event.outputs]] : []
      )
      expect(given).toEqual([
        ["deal", { dealt: [1] }],
        ["double", { value: { $items: "double[*].value", count: 1 } }],
        ["check", { all: [2] }],
        ["deal#2", { dealt: [] }],
        ["double#2", {}],
        ["check#2", { all: [] }],
        ["deal#3", { dealt: [3] }],
        ["double#3", { value: { $items: "double#3[*].value", count: 1 } }],
        ["check#3", { all: [6] }],
        ["sum", { total: 6 }]
      ])
    })
  )
})
