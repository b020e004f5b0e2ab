import { DagFlow } from "@dagflow/core"
import { EventTrace, ScriptedAction, StubActions, TestEngine } from "@dagflow/core/testing"
import { MemoryStore } from "@dagflow/store-memory"
import { Effect, Stream } from "effect"
import { expect, it } from "vitest"
import { order } from "./order.ts"

it("mails the receipt of the charge", async () => {
  const stubs = StubActions.make({
    charge: [ScriptedAction.succeed({ receipt: "r-1" })],
    mail: [ScriptedAction.succeed({ sent: true })]
  })
  const program = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const run = yield* dagflow.start(order, { input: { cents: 995 } })
    const outputs = yield* run.outputs
    return { outputs, log: yield* Stream.runCollect(run.events()) }
  })

  const { log, outputs } = await TestEngine.runPromise(
    { store: MemoryStore.layer, actions: stubs.actions },
    program
  )

  expect(outputs).toEqual({ mailed: { sent: true } })
  expect(stubs.calls("charge").map((call) => call.input)).toEqual([{ cents: 995 }])
  expect(stubs.calls("mail").map((call) => call.input)).toEqual([{ receipt: "r-1" }])
  expect(EventTrace.lines([...log], { brief: true })).toEqual([
    "NodeStarted charge 1",
    "NodeCompleted charge 1",
    "NodeStarted mail 1",
    "NodeCompleted mail 1",
    "RunCompleted"
  ])
})
