/*
 * Goal: two runs that went the same way are equal, whatever their ids, times and owners: also where events name other events,
 * other runs or moments.
 */
import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { RunHandle } from "../../src/engine/RunHandle.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const same = { isEqual: true, nodes: [] }

const ask = { schema: { type: "object", required: ["ok"] }, timeout: "2 hours" }

describe("two runs of one flow are equal", () => {
  it.effect("with child runs that complete and that fail", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const inner = (action: string) => flow([node(`work ${action}`)], {}, { name: "inner" })
      const nodes = [subFlow("good", inner("ok")), subFlow("bad", inner("fail"))]
      for (const id of ["left", "right"]) {
        yield* engine.runToEnd(flow(nodes, { onFailure: "continue" }), { id })
        yield* TestClock.adjust("1 hour")
      }
      expect(yield* Effect.orDie(engine.dagflow.compare("left", "right"))).toEqual(same)
      expect(yield* Effect.orDie(engine.dagflow.compare("left/good/1", "right/good/1"))).toEqual(same)
      expect(yield* Effect.orDie(engine.dagflow.compare("left/bad/1", "right/bad/1"))).toEqual(same)
      const other = yield* Effect.orDie(engine.dagflow.compare("left/good/1", "left/bad/1"))
      expect(other.isEqual).toBe(false)
    })
  )

  it.effect("with a wait that has a deadline, answers that were refused, and another owner half-way", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const asking = flow([
        node("first ask", [], { wait: ask }),
        node("second ask", ["first"], { wait: ask })
      ])
      for (const id of ["left", "right"]) {
        let engine = yield* TestEngine.open({ data, script: new Script() })
        let run: RunHandle = yield* engine.start(asking, { id })
        yield* run.outcome
        if (id === "right") {
          yield* engine.close
          engine = yield* TestEngine.open({ data, script: new Script() })
          run = yield* engine.dagflow.resume(id)
        }
        for (const value of [{ no: true }, { ok: "second" }]) yield* run.answer("second", value)
        const sender = yield* TestEngine.open({ data, script: new Script() })
        yield* Effect.orDie((yield* sender.dagflow.attach(id)).answer("first", { ok: "first" }))
        expect((yield* run.outcome).status).toBe("completed")
        yield* engine.close
        yield* TestClock.adjust("1 hour")
      }
      const engine = yield* TestEngine.open({ data })
      expect(engine.log("right").filter(({ event }) => event._tag === "RunOwned")).toHaveLength(2)
      expect(yield* Effect.orDie(engine.dagflow.compare("left", "right"))).toEqual(same)
    })
  )
})
