/*
 * Goal: a run with a list costs the log the same for each item, and can be looked at, changed and forked item by item.
 * Method: runs of a real engine, and forks of them.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { flow, mapped, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

describe("the log of a run with a list", () => {
  const bytesOf = (count: number) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const texts = Array.from({ length: count }, () => "x".repeat(1000))
      const nodes = [
        node("load ok", [], { value: texts }),
        mapped("a ok", { ref: "load.value" }, { value: 1 }, { dependencies: ["load"] }),
        node("z ok", ["a"], { value: 1 })
      ]
      const log = yield* engine.runToEnd(flow(nodes))
      // What the list itself takes is the same whether anything is mapped over it or not.
      const own = log.filter(
        ({ event }) => event._tag !== "RunStarted" && !("nodeId" in event && event.nodeId === "load")
      )
      return own.reduce((sum, envelope) => sum + JSON.stringify(envelope).length, 0) / count
    })

  it.effect("grows by the same number of bytes for each item, without copies of the list or its values", () =>
    Effect.gen(function* () {
      const few = yield* bytesOf(250)
      const many = yield* bytesOf(4000)
      expect(many).toBeLessThan(400)
      // Numbers of events and items have one digit more; what a run has once is shared by more items.
      expect(Math.abs(many / few - 1)).toBeLessThan(0.05)
    })
  )
})

describe("one item", () => {
  it.effect("is cancelled alone, and shown with its place", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([mapped("h hold", { value: [1, 2, 3] })]))
      yield* Effect.orDie(run.send({ _tag: "CancelBranch", branch: "h[1]" }))
      engine.script.release("h[0]", { value: "a" })
      engine.script.release("h[2]", { value: "c" })
      yield* run.outcome
      expect(engine.script.stopped).toEqual(["h[1]"])
      expect(yield* run.node("h[1]")).toMatchObject({
        status: "cancelled",
        itemOf: { nodeId: "h", index: 1 },
        cancelled: { reason: "branch_cancelled", stopped: "interrupted" }
      })
      expect(yield* run.node("h")).toMatchObject({
        status: "completed",
        items: { count: 3, byStatus: { completed: 2, cancelled: 1 } }
      })
      expect(yield* run.outputs).toEqual({ h: { value: ["a", null, "c"] } })
    })
  )
})

describe("a fork of a run with a list", () => {
  const made = flow([
    node("load ok", [], { value: [1, 2, 3] }),
    mapped("a ok", { ref: "load.value" }, { value: "=each.item" }, { dependencies: ["load"] }),
    node("z ok", ["a"], { value: "=a.value" })
  ])
  const ranAgain = (rerun: string, outputs?: Readonly<Record<string, Schema.Json>>) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      yield* engine.runToEnd(made)
      engine.script.calls.length = 0
      const options = { id: "again", ...(outputs !== undefined && { outputs }) }
      const preview = yield* Effect.orDie(engine.dagflow.previewRerun("run", rerun, options))
      const again = yield* Effect.orDie(engine.dagflow.rerunFrom("run", rerun, options))
      yield* again.outcome
      expect((yield* again.report).status).toBe("completed")
      // How long a list of other outputs will be is not known before.
      if (rerun !== "load") expect([...preview.runs].sort()).toEqual([...engine.script.called].sort())
      return engine.script.calls
    })

  it.effect("runs one item again, and what takes the list", () =>
    Effect.gen(function* () {
      expect((yield* ranAgain("a[1]")).map((call) => call.nodeId)).toEqual(["a[1]", "z"])
    })
  )

  it.effect("takes edited outputs of one item", () =>
    Effect.gen(function* () {
      const calls = yield* ranAgain("a[1]", { value: "mine" })
      expect(calls.map(({ input, nodeId }) => [nodeId, input])).toEqual([["z", { value: [1, "mine", 3] }]])
    })
  )

  it.effect("expands anew when the node of the list runs again, or what it depends on", () =>
    Effect.gen(function* () {
      expect((yield* ranAgain("a")).map((call) => call.nodeId)).toEqual(["a[0]", "a[1]", "a[2]", "z"])
      const calls = yield* ranAgain("load", { value: [7] })
      expect(calls.map(({ input, nodeId }) => [nodeId, input])).toEqual([
        ["a[0]", { value: 7 }],
        ["z", { value: [7] }]
      ])
    })
  )

  it.effect("keeps what a halted list has done, and runs the items that it lacks", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const halting = flow([
        mapped(
          "a flaky",
          { value: [0, 1, 0] },
          { failures: "=each.item", value: "=each.index" },
          { maxParallel: 1 }
        ),
        node("z ok", ["a"], { value: "=a.value" })
      ])
      const run = yield* engine.start(halting)
      yield* run.outcome
      expect((yield* run.report).status).toBe("failed")
      engine.script.calls.length = 0
      const again = yield* Effect.orDie(engine.dagflow.rerunFrom("run", "a[1]", { id: "again" }))
      yield* again.outcome
      expect(engine.script.called).toEqual(["a[1]"])
    })
  )
})
