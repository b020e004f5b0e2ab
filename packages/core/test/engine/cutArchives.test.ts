/*
 * Goal: an archive that somebody has cut after any of its events is imported as a run that goes on and ends as the whole one did.
 * Method: a run with conditions that skip in each way and with a hook that adds nodes is exported, cut at every event, imported and
 * resumed. A cut inside of a decision, or of an answer, would let a node start that was skipped, or add nodes twice.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import * as Hook from "../../src/hook/Hook.ts"
import { edge, flow, node } from "../world/FlowNotation.ts"
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
