/*
 * Goal: a node that runs a flow and is added to a run is checked with the command, as one of a definition is, and not once it
 * starts. Method: commands by the handle and by a hook, each with one mistake.
 */
import { describe, expect, it } from "@effect/vitest"
import type { FlowSpec, NodeSpec } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Hook from "../../src/hook/Hook.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const inner = (nodes: ReadonlyArray<NodeSpec.NodeSpec>, rest: Partial<FlowSpec.FlowSpec> = {}) =>
  flow(nodes, {}, { name: "inner", ...rest })

/** Flows inside of each other, so many. */
const nested = (levels: number): FlowSpec.FlowSpec =>
  levels === 1 ? inner([node("a ok")]) : inner([subFlow("a", nested(levels - 1))])

const asked = { inputs: { text: { type: "string" } } } as const

const mistakes: Readonly<Record<string, readonly [NodeSpec.NodeSpec, object]>> = {
  "an action that is not registered": [
    subFlow("x", inner([node("a okk")])),
    { _tag: "UnknownAction", nodeId: "x", action: "okk", suggestion: "ok" }
  ],
  "an action that is not registered, two levels down": [
    subFlow("x", inner([subFlow("b", inner([node("a nope")]))])),
    { _tag: "UnknownAction", nodeId: "x", action: "nope" }
  ],
  "an input that is missing": [
    subFlow("x", inner([node("a ok")], asked)),
    { _tag: "InvalidInput", nodeId: "x", message: expect.stringContaining('the input "text"') }
  ],
  "an input that the flow does not take": [
    subFlow("x", inner([node("a ok")], asked), { text: "=a.value", more: 1 }),
    { _tag: "InvalidInput", nodeId: "x", message: expect.stringContaining('the input "more"') }
  ],
  "nodes that wait for each other": [
    subFlow("x", inner([node("a ok", ["b"]), node("b ok", ["a"])])),
    { _tag: "InvalidInput", nodeId: "x", message: expect.stringContaining("wait for each other") }
  ],
  "a node that is returned and does not exist": [
    subFlow("x", inner([node("a ok")]), {}, { returns: { out: "b" } }),
    { _tag: "InvalidInput", nodeId: "x", message: expect.stringContaining('returns node "b"') }
  ],
  "a condition that is none": [
    subFlow("x", inner([node("a ok", [], {}, { when: "inputs.text ==" })])),
    { _tag: "InvalidInput", nodeId: "x" }
  ],
  "more levels than there may be": [
    subFlow("x", nested(17)),
    { _tag: "LimitReached", maximum: 16, requested: 17 }
  ]
}

describe("a node with a flow that is added to a run", () => {
  it.effect.each(Object.entries(mistakes))("is refused at once with %s", ([, [added, rejection]]) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ok"), node("b hold", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "b")
      const reason = yield* TestEngine.reasonOf(run.send({ _tag: "AddNode", node: added }))
      expect(reason).toMatchObject({ _tag: "CommandRejected", rejection })
      engine.script.release("b")
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
    })
  )

  it.effect("by a hook is refused with the others of its command, and the run goes on", () =>
    Effect.gen(function* () {
      const grow = Hook.make({
        name: "grow",
        on: ["NodeCompleted"],
        handle: ({ event }) =>
          event._tag === "NodeCompleted" && event.nodeId === "a"
            ? [
                { _tag: "AddNodes", nodes: [node("c ok"), subFlow("x", inner([node("a nope")]))] },
                { _tag: "AddNode", node: subFlow("y", inner([node("a ok")], asked), { text: "=a.value" }) }
              ]
            : []
      })
      const engine = yield* TestEngine.open({ hooks: [grow] })
      const log = yield* engine.runToEnd(flow([node("a ok")]))
      const rejected = log.flatMap(({ event }) => (event._tag === "CommandRejected" ? [event.rejection] : []))
      expect(rejected).toMatchObject([{ _tag: "UnknownAction", nodeId: "x", action: "nope" }])
      const added = log.flatMap(({ event }) => (event._tag === "NodesAdded" ? event.nodes : []))
      expect(added.map(({ id }) => id)).toEqual(["y"])
      expect(log.at(-1)?.event._tag).toBe("RunCompleted")
      expect(engine.data.runs.get("run/y/1")?.status).toBe("completed")
    })
  )
})
