import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { lines } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const spec = flow(
  [
    node("a ok", [], { value: 1 }),
    node("b ok", ["a"], { value: "=a.value" }),
    node("beside later", ["a"], { value: 5 }),
    node("c ok", ["b"], { value: "=b.value" }),
    node("off", ["beside"], {}, { enabled: false }),
    node("d ok", ["c", "beside"], { value: "=c.value" })
  ],
  { strategy: "superstep" }
)

const source = Effect.gen(function* () {
  const script = new Script()
  const engine = yield* TestEngine.open({ script })
  yield* Effect.orDie((yield* engine.start(spec, { id: "source" })).outcome)
  return { engine, script }
})

const stepsOf = (engine: TestEngine.TestEngine, runId: string) =>
  lines(engine.log(runId)).filter((line) => line.startsWith("step"))

describe("forks of runs in steps", () => {
  it.effect("end as the other run did, wherever in a step they begin", () =>
    Effect.gen(function* () {
      const { engine } = yield* source
      const events = engine.log("source").length
      const ends = stepsOf(engine, "source").filter((line) => line.includes("ends"))
      for (let at = 1; at <= events; at++) {
        const run = yield* Effect.orDie(engine.dagflow.fork("source", { at, id: `fork-${at}` }))
        expect([at, (yield* Effect.orDie(run.outcome)).status]).toEqual([at, "completed"])
        const ended = stepsOf(engine, `fork-${at}`).filter((line) => line.includes("ends"))
        // Who is asked again may end in another order.
        expect([at, ended.map((line) => line.split(/[ ,]/).sort())]).toEqual([
          at,
          ends.map((line) => line.split(/[ ,]/).sort())
        ])
      }
    })
  )

  it.effect(
    "that run a node again keep the steps of the others, and put what runs again into steps of its own",
    () =>
      Effect.gen(function* () {
        const { engine, script } = yield* source
        expect(stepsOf(engine, "source")).toEqual([
          "step 1 of a",
          "step 1 ends ran a",
          "step 2 of b,beside",
          "step 2 ends ran b,beside skipped off",
          "step 3 of c",
          "step 3 ends ran c",
          "step 4 of d",
          "step 4 ends ran d"
        ])
        const preview = yield* Effect.orDie(engine.dagflow.previewRerun("source", "b"))
        expect(preview).toMatchObject({ kept: ["a", "beside", "off"], runs: ["b", "c", "d"] })
        const called = script.calls.length
        const run = yield* Effect.orDie(engine.dagflow.rerunFrom("source", "b", { id: "again" }))
        expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
        expect(script.called.slice(called)).toEqual(["b", "c", "d"])
        expect(stepsOf(engine, "again")).toEqual([
          "step 1 of a",
          "step 1 ends ran a",
          "step 2 of beside",
          "step 2 ends ran beside skipped off",
          "step 3 of b",
          "step 3 ends ran b",
          "step 4 of c",
          "step 4 ends ran c",
          "step 5 of d",
          "step 5 ends ran d"
        ])
      })
  )
})
