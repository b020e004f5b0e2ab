import { DagFlow } from "@dagflow/core"
import { CrashingStore, ScriptedAction, StubActions, TestEngine } from "@dagflow/core/testing"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { expect, it } from "vitest"
import { order } from "./order.ts"

const stubs = () =>
  StubActions.make({
    charge: [ScriptedAction.succeed({ receipt: "r-1" })],
    mail: [ScriptedAction.succeed({ sent: true })]
  })

it("does not charge again after a crash", async () => {
  const data = new MemoryStoreData()
  const before = stubs()
  const after = stubs()
  // Event 6 is the completion of "mail": the mail is sent, and the engine dies before it can take that down.
  const crash = CrashingStore.make({ before: { sequence: 6 } })
  const dying = TestEngine.layer({
    store: crash.layer(MemoryStore.layerOf(data)),
    actions: before.actions,
    owner: "first"
  })
  const next = TestEngine.layer({
    store: MemoryStore.layerOf(data),
    actions: after.actions,
    owner: "second"
  })
  const outputs = Effect.flatMap(DagFlow, (dagflow) =>
    dagflow.run(order, { id: "order-1", input: { cents: 995 } })
  )
  const program = Effect.gen(function* () {
    yield* crash.untilCrash(Effect.provide(outputs, dying))
    // The claim of the dead engine runs out.
    yield* TestClock.adjust("10 seconds")
    return yield* Effect.provide(outputs, next)
  })

  expect(await Effect.runPromise(Effect.provide(program, TestClock.layer()))).toEqual({
    mailed: { sent: true }
  })
  expect(before.order).toEqual(["charge", "mail"])
  expect(after.order).toEqual(["mail"])
  // Whether the first mail went out nobody knows, so the service is told that this is the same one.
  const [first] = before.calls("mail")
  const [second] = after.calls("mail")
  expect([first?.attempt, second?.attempt]).toEqual([1, 2])
  expect(second?.idempotencyKey).toBe(first?.idempotencyKey)
})
