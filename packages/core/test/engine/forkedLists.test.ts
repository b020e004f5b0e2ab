/*
 * Goal: a run with lists, child runs and conditions can be forked at every one of its events, and each fork ends as the run did.
 * Method: every fork runs to its end; what its log says that started is exactly what the preview has named.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import { edge, flow, mapped, node, subFlow } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const inner = flow(
  [
    node("first ok", [], { value: "=inputs.value" }),
    mapped("rest ok", { value: [1, 2] }, { value: "=first.value" }, { dependencies: ["first"] })
  ],
  {},
  { name: "inner" }
)

const spec = flow(
  [
    node("load flaky", [], { failures: 1 }, { retry: { tries: 2, backoff: "immediate" } }),
    mapped(
      "list ok",
      { value: [1, 2, 3] },
      { value: "=each.item" },
      { dependencies: ["load"], maxParallel: 2 }
    ),
    subFlow("child", inner, { value: 7 }, { after: ["load"] }),
    mapped("children ok", { value: ["x", "y"] }, { value: "=each.item" }, { dependencies: ["child"] }),
    node("taken ok", [edge("load", "load.value == 'load'")]),
    node("passed ok", [edge("load", "load.value == 'other'")]),
    node("join ok", ["list", "children", "taken"], { value: "=list.value" })
  ],
  { maxParallel: 3 }
)

const ends = (run: RunHandle) =>
  Effect.map(Effect.orDie(run.report), ({ nodes }) =>
    Object.fromEntries(nodes.map(({ nodeId, outputs, status }) => [nodeId, { status, outputs }]))
  )

it.effect("a run with lists and child runs is forked at every event, and each fork ends as it did", () =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open({ script: new Script() })
    const run = yield* engine.start(spec, { id: "source" })
    expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
    const expected = yield* ends(run)
    const before = JSON.stringify(engine.data.runs.get("source")?.events)
    const log = engine.log("source")
    expect(log.length).toBeGreaterThan(30)
    for (const { sequence: at } of log) {
      const preview = yield* Effect.orDie(engine.dagflow.previewFork("source", { at }))
      const fork = yield* Effect.orDie(engine.dagflow.fork("source", { at, id: `fork ${at}` }))
      expect((yield* Effect.orDie(fork.outcome)).status, `fork at ${at}`).toBe("completed")
      expect(yield* ends(fork), `ends of the fork at ${at}`).toEqual(expected)
      const began = engine
        .log(`fork ${at}`)
        .filter(({ sequence }) => sequence > preview.eventCount)
        .flatMap(({ event }) =>
          event._tag === "NodeStarted" || event._tag === "SubFlowStarted" ? [event.nodeId] : []
        )
      expect([...new Set(began)].sort(), `what ran after ${at}`).toEqual([...preview.runs].sort())
      for (const id of preview.kept) expect(began, `${id} after ${at}`).not.toContain(id)
      const skipped = preview.kept.includes("passed") ? [] : ["passed"]
      expect(preview.skips, `what is skipped after ${at}`).toEqual(skipped)
    }
    expect(JSON.stringify(engine.data.runs.get("source")?.events)).toBe(before)
  })
)
