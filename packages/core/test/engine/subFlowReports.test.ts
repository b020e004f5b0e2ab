/*
 * Goal: from whatever process one looks, a run says that it waits only because runs below it do, and for what.
 * Method: one engine executes the runs, another one on the same data only looks at them, follows them and answers.
 */
import { describe, expect, it } from "@effect/vitest"
import type { FlowSpec } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { flow, mapped, node, subFlow } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const asking = flow([node("ask ask"), node("after ok", ["ask"])], {}, { name: "asking" })
const holding = flow([node("work hold")], {}, { name: "holding" })

/** Runs that one process executes, and another one that follows them. */
const two = (spec: FlowSpec.FlowSpec) =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const script = new Script()
    const owner = yield* TestEngine.open({ data, script })
    const other = yield* TestEngine.open({ data, script })
    const run = yield* owner.start(spec)
    return { data, script, run, attached: yield* Effect.orDie(other.dagflow.attach("run")), other }
  })

const attach = (engine: TestEngine.TestEngine, runId: string) => Effect.orDie(engine.dagflow.attach(runId))

describe("a run whose node goes on as a child run", () => {
  it.effect("says in every process what that run, or one below it, waits for", () =>
    Effect.gen(function* () {
      const middle = flow([subFlow("b", asking)], {}, { name: "middle" })
      const { attached, other, run } = yield* two(flow([subFlow("a", middle), node("c ok", ["a"])]))
      const settled = yield* Effect.orDie(attached.outcome)
      for (const report of [
        settled,
        yield* Effect.orDie(attached.report),
        yield* Effect.orDie(run.outcome)
      ]) {
        expect(report.onlyWaits).toBe(true)
        expect(report.waiting).toMatchObject([
          {
            reason: {
              _tag: "ChildWaits",
              nodeId: "a",
              attempt: 1,
              runId: "run/a/1/b/1",
              reason: { _tag: "NodeWaits", nodeId: "ask", kind: "signal" }
            },
            text: expect.stringContaining('"a" waits for run "run/a/1/b/1": "ask" waits for an answer')
          }
        ])
        expect(report.nodes[0]?.attempts[0]?.child).toEqual({
          runId: "run/a/1",
          status: "running",
          onlyWaits: true
        })
      }
      expect(yield* TestEngine.reasonOf(attached.outputs)).toMatchObject({
        _tag: "Waiting",
        reasons: [expect.stringContaining("run/a/1/b/1")]
      })
      const child = yield* attach(other, "run/a/1/b/1")
      yield* Effect.orDie(child.answer("ask", { value: 1 }))
      const ended = yield* Effect.orDie(attached.outcome)
      expect(ended.result?._tag).toBe("Completed")
      expect((yield* Effect.orDie(attached.node("a")))?.attempts[0]?.child).toEqual({
        runId: "run/a/1",
        status: "completed"
      })
    })
  )

  it.effect("does not wait for anybody as long as any of its children goes on", () =>
    Effect.gen(function* () {
      const { attached, other, script } = yield* two(flow([subFlow("a", asking), subFlow("b", holding)]))
      const asked = yield* Effect.forkChild(Effect.orDie(attached.outcome), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      expect(asked.pollUnsafe()).toBeUndefined()
      const report = yield* Effect.orDie(attached.report)
      expect(report.onlyWaits).toBe(false)
      expect(report.waiting).toMatchObject([{ reason: { _tag: "ChildWaits", runId: "run/a/1" } }])
      script.release("work")
      const settled = yield* Fiber.join(asked)
      expect(settled.onlyWaits).toBe(true)
      expect(settled.nodes.map(({ status }) => status)).toEqual(["running", "completed"])
      yield* Effect.orDie((yield* attach(other, "run/a/1")).cancel())
      expect((yield* Effect.orDie(attached.outcome)).status).toBe("failed")
    })
  )

  it.effect("waits, too, for those of its list that ask while the others have no place yet", () =>
    Effect.gen(function* () {
      const list = mapped("a -", { value: [1, 2, 3] }, {}, { flow: asking, action: "asking", maxParallel: 2 })
      const { attached } = yield* two(flow([list]))
      const report = yield* Effect.orDie(attached.outcome)
      expect(report.onlyWaits).toBe(true)
      expect(report.waiting.map(({ reason }) => "runId" in reason && reason.runId)).toEqual([
        "run/a[0]/1",
        "run/a[1]/1"
      ])
    })
  )

  it.effect(
    "tells how many children a report has not looked at, and looks at all of them before it says that it waits",
    () =>
      Effect.gen(function* () {
        const value = Array.from({ length: 203 }, (_, index) => index)
        const list = mapped("a -", { value }, {}, { flow: asking, action: "asking", maxParallel: 203 })
        const { attached, run } = yield* two(flow([list]))
        for (const outcome of [yield* Effect.orDie(run.outcome), yield* Effect.orDie(attached.outcome)]) {
          expect(outcome.onlyWaits).toBe(true)
          expect(outcome.waiting).toHaveLength(203)
          expect(outcome).not.toHaveProperty("unseenRuns")
        }
        const report = yield* Effect.orDie(attached.report)
        expect(report).toMatchObject({ onlyWaits: false, unseenRuns: 3 })
        expect(report.waiting).toHaveLength(200)
      })
  )

  it.effect("names the run of each attempt, and where it stands", () =>
    Effect.gen(function* () {
      const failing = flow([node("work fail")], {}, { name: "failing" })
      const spec = flow([subFlow("a", failing, {}, { retry: { tries: 2, backoff: "immediate" } })])
      const { run } = yield* two(spec)
      yield* Effect.orDie(run.outcome)
      const [a] = (yield* Effect.orDie(run.report)).nodes
      expect(a?.flow).toBe("failing")
      expect(a?.attempts.map(({ child, outcome }) => [outcome, child])).toEqual([
        ["failed", { runId: "run/a/1", status: "failed" }],
        ["failed", { runId: "run/a/2", status: "failed" }]
      ])
    })
  )
})
