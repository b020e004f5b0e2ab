import { describe, expect, it } from "@effect/vitest"
import { Evolve, RunReport } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

describe("the runs of a store", () => {
  it.effect(
    "are listed newest first, by flow, status and tags, page by page, and each is found by its id",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        for (const id of ["r1", "r2", "r3"]) {
          yield* engine.runToEnd(flow([node("a ok")], {}, { name: "nightly", tags: ["all", id] }), { id })
          yield* TestClock.adjust("1 second")
        }
        const held = yield* engine.start(flow([node("a hold")], {}, { name: "other", tags: ["all"] }), {
          id: "r4"
        })
        const ids = (page: { readonly runs: ReadonlyArray<{ readonly runId: string }> }) =>
          page.runs.map((run) => run.runId)
        expect(ids(yield* engine.dagflow.list())).toEqual(["r4", "r3", "r2", "r1"])
        expect(ids(yield* engine.dagflow.list({ flow: "nightly" }))).toEqual(["r3", "r2", "r1"])
        expect(ids(yield* engine.dagflow.list({ status: "running" }))).toEqual(["r4"])
        expect(ids(yield* engine.dagflow.list({ tags: ["all", "r2"] }))).toEqual(["r2"])
        const first = yield* engine.dagflow.list({ limit: 3 })
        expect(ids(first)).toEqual(["r4", "r3", "r2"])
        expect(ids(yield* engine.dagflow.list({ limit: 3, cursor: first.next ?? "" }))).toEqual(["r1"])
        yield* TestEngine.awaitNode(held, "NodeStarted", "a")
        const row = yield* engine.dagflow.get("r4")
        expect(row).toMatchObject({ runId: "r4", flow: "other", status: "running", tags: ["all"] })
        expect(row.sequence).toBe((yield* held.report).sequence)
        expect((yield* Effect.flip(engine.dagflow.get("r5"))).reason._tag).toBe("RunNotFound")
        yield* held.cancel()
      })
  )

  it.effect("have reports that any process can make, also when it has lost the run", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script })
      const run = yield* first.start(flow([node("a hold"), node("b ok", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      const second = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run", { force: true }))
      yield* TestEngine.reasonOf(run.send({ _tag: "EmitEvent", name: "stale" }))
      yield* TestEngine.awaitNode(resumed, "NodeStarted", "a", 2)
      expect((yield* first.dagflow.report("run")).totals.lostAttempts).toBe(1)
      const sent = yield* first.dagflow.send("run", { _tag: "EmitEvent", name: "by mail" })
      expect(sent?.sequence).toBeGreaterThan(0)
      script.release("a")
      yield* resumed.outcome
    })
  )
})

describe("row 46, I1: nothing but the fold of the log changes a run", () => {
  it.effect("after every event the run reports what its log folds into", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [
        node("a later"),
        node("b flaky", ["a"], { failures: 1 }, { retry: { tries: 2, backoff: "immediate" } }),
        node("c fail", ["a"], {}, { onFailure: "continue" }),
        node("d ok", ["b", "c"], {}, { trigger: "all_done" })
      ]
      const run = yield* engine.start(flow(nodes))
      for (let at = 0; at < 40; at++) {
        const report = yield* run.report
        const folded = Evolve.fold("run", engine.log("run").slice(0, report.sequence))
        expect(RunReport.make(folded, 0)).toEqual(report)
        yield* Effect.yieldNow
      }
      yield* run.outcome
      const whole = Evolve.fold("run", engine.log("run"))
      expect(RunReport.make(whole, 0)).toEqual(yield* run.report)
    })
  )
})
