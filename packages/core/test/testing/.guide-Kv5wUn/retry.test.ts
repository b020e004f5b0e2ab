import { DagFlow } from "@dagflow/core"
import { Condition, ScriptedAction, StubActions, TestEngine } from "@dagflow/core/testing"
import { MemoryStore } from "@dagflow/store-memory"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import { order } from "./order.ts"

it("charges again an hour after the service was busy", async () => {
  const stubs = StubActions.make({
    charge: [ScriptedAction.fail("ServiceBusy"), ScriptedAction.succeed({ receipt: "r-1" })],
    mail: [ScriptedAction.succeed({ sent: true })]
  })
  const program = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const run = yield* dagflow.start(order, { input: { cents: 995 } })
    yield* Condition.waitUntil(run.node("charge"), (node) => node?.status === "retrying")
    yield* TestClock.adjust("59 minutes")
    expect(stubs.calls("charge")).toHaveLength(1)
    yield* TestClock.adjust("1 minute")
    return yield* run.outputs
  })

  const engine = { store: MemoryStore.layer, actions: stubs.actions }
  expect(await TestEngine.runPromise(engine, program)).toEqual({ mailed: { sent: true } })
  expect(stubs.calls("charge").map((call) => call.atMillis)).toEqual([0, 3_600_000])
})
