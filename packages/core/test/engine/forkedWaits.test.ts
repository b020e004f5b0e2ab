/** Forks of a run with waits, signals that were kept for them, and answers. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import * as Hook from "../../src/hook/Hook.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const ends = (run: RunHandle) =>
  Effect.map(Effect.orDie(run.report), ({ nodes }) =>
    Object.fromEntries(nodes.map(({ nodeId, outputs, status }) => [nodeId, { status, outputs }]))
  )

describe("a fork of a run that waits", () => {
  it.effect("at every event it ends as the other run did, and asks only what was not answered", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const ask = { schema: { type: "object", required: ["ok"] } }
      const nodes = [node("first ask", [], { wait: ask }), node("second ask", ["first"], { wait: ask })]
      const run = yield* engine.start(flow(nodes), { id: "source" })
      const answerAll = (asked: RunHandle) =>
        Effect.gen(function* () {
          for (const nodeId of ["first", "second"]) {
            if ((yield* asked.outcome).result !== undefined) return
            if ((yield* asked.node(nodeId))?.status === "waiting") yield* asked.answer(nodeId, { ok: nodeId })
          }
        })
      yield* run.outcome
      // Kept for a node that does not wait yet: one that does not fit, and one that nobody needs any more.
      for (const value of [{ no: true }, { ok: "second" }, { ok: "late" }]) yield* run.answer("second", value)
      yield* answerAll(run)
      const expected = yield* ends(run)
      expect(expected["second"]?.outputs).toEqual({ ok: "second" })
      const log = engine.log("source")
      expect(log.length).toBeGreaterThan(14)
      for (const { sequence: at } of log) {
        const preview = yield* engine.dagflow.previewFork("source", { at })
        const called = engine.script.calls.length
        const fork = yield* engine.dagflow.fork("source", { at, id: `fork ${at}` })
        yield* answerAll(fork)
        yield* fork.outcome
        expect(yield* ends(fork), `ends of the fork at ${at}`).toEqual(expected)
        const ran = new Set(engine.script.called.slice(called))
        expect([...ran].sort(), `what ran after ${at}`).toEqual([...preview.runs].sort())
        expect(preview.skips, `what was skipped after ${at}`).toEqual([])
      }
      const again = yield* engine.dagflow.rerunFrom("source", "first", { id: "again" })
      expect((yield* again.outcome).onlyWaits).toBe(true)
      yield* answerAll(again)
      expect(yield* ends(again)).toEqual(expected)
    })
  )
})

/** Adds a node that has to be tried twice, and one that waits for a person. */
const grower = Hook.make({
  name: "grower",
  on: ["NodeCompleted"],
  handle: ({ event }) =>
    event._tag === "NodeCompleted" && event.nodeId === "plan"
      ? [
          {
            _tag: "AddNodes",
            nodes: [
              node("hard flaky", ["plan"], { failures: 1 }, { retry: { tries: 2, backoff: "immediate" } }),
              node("asked ask", ["hard"], { wait: {} })
            ]
          }
        ]
      : []
})

describe("a fork of a run with growth, retries and a wait", () => {
  it.effect(
    "at every event it ends as the rules say, runs what the preview names, and leaves the log alone",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open({ hooks: [grower] })
        const first = node("load flaky", [], { failures: 1 }, { retry: { tries: 2, backoff: "immediate" } })
        const spec = flow([first, node("plan ok", ["load"]), node("free ok")])
        const run = yield* engine.start(spec, { id: "source" })
        const answer = (asked: RunHandle) =>
          Effect.gen(function* () {
            if ((yield* asked.outcome).onlyWaits === true) yield* asked.answer("asked", { yes: true })
            return (yield* asked.outcome).status
          })
        expect(yield* answer(run)).toBe("completed")
        const expected = yield* ends(run)
        const stored = () => JSON.stringify(engine.data.runs.get("source")?.events)
        const before = stored()
        const log = engine.log("source")
        const retries = log.filter(({ event }) => event._tag === "NodeFailed")
        expect(retries.map(({ event }) => "nodeId" in event && event.nodeId)).toEqual(["load", "hard"])
        for (const tag of ["NodesAdded", "NodeWaiting", "SignalReceived"]) {
          expect(log.filter(({ event }) => event._tag === tag)).toHaveLength(1)
        }
        for (const { sequence: at } of log) {
          const preview = yield* engine.dagflow.previewFork("source", { at })
          const called = engine.script.calls.length
          const fork = yield* engine.dagflow.fork("source", { at, id: `fork ${at}` })
          expect(yield* answer(fork), `status of the fork at ${at}`).toBe("completed")
          expect(yield* ends(fork), `ends of the fork at ${at}`).toEqual(expected)
          const ran = new Set(engine.script.called.slice(called))
          expect([...ran].toSorted(), `what ran after ${at}`).toEqual([...preview.runs].toSorted())
          for (const nodeId of preview.kept) expect(ran).not.toContain(nodeId)
        }
        expect(stored()).toBe(before)
      })
  )
})
