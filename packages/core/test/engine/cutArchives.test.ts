/*
 * Goal: a run that is forked after any of its events, or whose archive somebody has cut there, goes on and ends as the whole one did.
 * Method: a run with conditions that skip in each way and with a hook that adds nodes is exported, cut at every event, imported and
 * resumed. A cut inside of a decision, or of an answer, would let a node start that was skipped, or add nodes twice.
 */
import { describe, expect, it } from "@effect/vitest"
import type { FlowSpec } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Action, NodeOutput } from "../../src/index.ts"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import * as Hook from "../../src/hook/Hook.ts"
import { chain, edge, flow, mapped, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const grower = Hook.make({
  name: "grower",
  on: ["NodeCompleted"],
  handle: ({ event }) =>
    event._tag === "NodeCompleted" && event.nodeId === "plan"
      ? [
          { _tag: "AddNode", node: node("grown ok", ["plan"]) },
          { _tag: "EmitEvent", name: "planned" },
          { _tag: "AddNode", node: node("more ok", ["grown"]) }
        ]
      : []
})

const spec = flow([
  node("a ok"),
  node("plan ok", ["a"]),
  node("taken ok", [edge("a", "a.value == 'a'")]),
  node("passed ok", [edge("a", "a.value == 'b'")]),
  node(
    "unwanted ok",
    ["plan", edge("a", "a.value == 'b'")],
    {},
    {
      trigger: "one_success",
      when: "a.value == 'b'"
    }
  ),
  node("wanted ok", ["plan", edge("a", "a.value == 'b'")], {}, { trigger: "one_success" }),
  node("end ok", ["taken", "passed", "unwanted", "wanted"], {}, { trigger: "all_done" })
])

const ends = (run: RunHandle) =>
  Effect.map(Effect.orDie(run.report), ({ nodes }) =>
    nodes.map(({ nodeId, outputs, status }) => [nodeId, status, outputs])
  )

it.effect("an archive that is cut after any event goes on from the last whole decision before it", () =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open({ hooks: [grower] })
    const run = yield* engine.start(spec, { id: "source" })
    expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
    const expected = yield* ends(run)
    expect(expected.filter(([, status]) => status === "skipped").map(([id]) => id)).toEqual([
      "passed",
      "unwanted"
    ])
    const document = yield* Effect.orDie(engine.dagflow.exportRun("source"))
    const tags = document.events.map(({ event }) => event._tag)
    expect(tags.filter((tag) => tag === "NodeRouted")).toHaveLength(4)
    for (let at = 1; at <= document.events.length; at++) {
      const cut = { ...document, events: document.events.slice(0, at) }
      const id = yield* Effect.orDie(engine.dagflow.importRun(cut, { id: `cut ${at}` }))
      const copied = engine.log(id).length
      expect(at - copied, `events left out after ${at}`).toBeLessThanOrEqual(3)
      const resumed = yield* Effect.orDie(engine.dagflow.resume(id))
      expect((yield* Effect.orDie(resumed.outcome)).status, `cut at ${at}`).toBe("completed")
      expect(yield* ends(resumed), `ends of the cut at ${at}`).toEqual(expected)
    }
  })
)

/** Leads back twice, and then on. */
const lead = Action.fn("lead", (_: {}, { nodeId }) =>
  NodeOutput.goto({ replace: nodeId === "b#3" ? "z" : "a" })
)

const breaks = Hook.make({
  name: "breaks",
  on: ["NodeCompleted"],
  handle: ({ event }) => {
    if (event._tag === "NodeCompleted" && event.nodeId === "b") throw new Error("broken")
    return []
  }
})

const loop = [node("a ok"), node("b lead", ["a"]), node("z ok", ["b"])]
const steps = { strategy: "superstep" } as const

const decisions: Readonly<Record<string, FlowSpec.FlowSpec>> = {
  "a loop": flow(loop, steps),
  "a loop that goes beyond its limit": flow(loop, { ...steps, maxIterations: 1 }),
  "a failure that halts it": flow([
    node("a ok"),
    node("b fail", ["a"]),
    node("c ok", ["b"]),
    node("d ask", [], { wait: {} }),
    node("e ok", ["d"])
  ]),
  "a pause after a node": flow(chain(3), { ...steps, interrupts: { after: ["n0"] } }),
  "a pause after each step": flow(chain(3), { ...steps, interrupts: { eachStep: true } }),
  "a hook whose failure ends it": flow([...chain(2, "n* ok"), node("b ok", ["n1"]), node("c ok", ["b"])], {
    onHookFailure: "fail"
  })
}

describe("a run that is cut after any event", () => {
  it.effect("has the rest of a branch cancelled that was being cancelled", () =>
    Effect.gen(function* () {
      const branch = { branch: "x" }
      const patient = { retry: { tries: 2, initialMillis: 60_000, jitter: 0 }, ...branch }
      const spec = flow([
        node("retried fail", [], {}, patient),
        node("asks ask", [], { wait: {} }, branch),
        mapped("each-one ask", { value: [1, 2] }, { wait: {} }, branch),
        node("behind ok", ["asks"]),
        node("join ok", ["behind", "beside"], {}, { trigger: "all_done" }),
        node("beside ok")
      ])
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(spec, { id: "source" })
      yield* TestEngine.awaitNode(run, "NodeWaiting", "each-one[1]")
      yield* Effect.orDie(run.send({ _tag: "CancelBranch", branch: "x" }))
      const statuses = (asked: RunHandle) =>
        Effect.map(Effect.orDie(asked.outcome), ({ nodes, status }) => [
          status,
          nodes.map(({ nodeId, status: end }) => [nodeId, end])
        ])
      const expected = yield* statuses(run)
      expect(expected[0]).toBe("completed")
      const document = yield* Effect.orDie(engine.dagflow.exportRun("source"))
      const first = document.events.findIndex(({ event }) => event._tag === "BranchCancelled") + 1
      for (let at = first; at <= document.events.length; at++) {
        const fork = yield* Effect.orDie(engine.dagflow.fork("source", { at, id: `fork ${at}` }))
        expect(yield* statuses(fork), `fork at ${at}`).toEqual(expected)
        const cut = { ...document, events: document.events.slice(0, at) }
        const id = yield* Effect.orDie(engine.dagflow.importRun(cut, { id: `cut ${at}` }))
        expect(yield* statuses(yield* Effect.orDie(engine.dagflow.resume(id))), `cut at ${at}`).toEqual(
          expected
        )
      }
    })
  )

  it.effect.each(Object.keys(decisions))("comes to the same end: %s", (name) =>
    Effect.gen(function* () {
      const hooks = name.startsWith("a hook") ? [breaks] : []
      const engine = yield* TestEngine.open({ actions: [lead as Action.Any<never>], hooks })
      const spec = decisions[name] ?? expect.fail("there is no such flow")
      const settle = (run: RunHandle) =>
        Effect.gen(function* () {
          const ended = yield* Effect.forkChild(Effect.orDie(run.outcome), { startImmediately: true })
          yield* TestClock.adjust("5 seconds")
          const { nodes, result, status } = yield* Fiber.join(ended)
          const failure = result?._tag === "Failed" ? result.failure._tag : undefined
          return { status, failure, nodes: nodes.map(({ nodeId, status: end }) => [nodeId, end]) }
        })
      const expected = yield* settle(yield* engine.start(spec, { id: "source" }))
      expect(expected.status).not.toBe("running")
      const document = yield* Effect.orDie(engine.dagflow.exportRun("source"))
      for (let at = 1; at <= document.events.length; at++) {
        const fork = yield* Effect.orDie(engine.dagflow.fork("source", { at, id: `fork ${at}` }))
        expect(yield* settle(fork), `fork at ${at}`).toEqual(expected)
        const cut = { ...document, events: document.events.slice(0, at) }
        const id = yield* Effect.orDie(engine.dagflow.importRun(cut, { id: `cut ${at}` }))
        const resumed = yield* Effect.orDie(engine.dagflow.resume(id))
        expect(yield* settle(resumed), `cut at ${at}`).toEqual(expected)
      }
    })
  )
})
