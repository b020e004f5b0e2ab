import { DagFlow } from "@dagflow/core"
import { RecordingHook, ScriptedAction, StubActions, TestEngine } from "@dagflow/core/testing"
import { MemoryStore } from "@dagflow/store-memory"
import { Effect } from "effect"
import { expect, it } from "vitest"
import { order } from "./order.ts"

it("tells a person when a card is declined for good", async () => {
  const declined = ScriptedAction.fail("CardDeclined", { isRetryable: false })
  const stubs = StubActions.make({
    charge: [declined],
    mail: [ScriptedAction.succeed({ sent: true })],
    call: [ScriptedAction.succeed({})]
  })
  const failures = RecordingHook.make({
    on: ["NodeFailed"],
    answer: () => [{ _tag: "AddNode", node: { id: "call", action: "call", dependencies: ["charge"] } }]
  })
  const program = Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const run = yield* dagflow.start(order, { input: { cents: 995 } })
    return yield* run.outcome
  })

  const report = await TestEngine.runPromise(
    { store: MemoryStore.layer, actions: stubs.actions, hooks: [failures.hook] },
    program
  )

  expect(failures.tags()).toEqual(["NodeFailed"])
  expect(stubs.order).toEqual(["charge", "call"])
  expect(report.status).toBe("completed")
})
