import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { describe, expect, it } from "vitest"
import { DagFlow, Flow } from "../../src/index.ts"
import { Condition, ScriptedAction, StubActions, TestEngine } from "../../src/testing/index.ts"

const { after, die, fail, hang, report, succeed } = ScriptedAction

/** Runs a flow of one node with this script, and tells how its attempts ended. */
const attemptsOf = (script: ScriptedAction.Script<object>, tries = 1) => {
  const scripted = ScriptedAction.make("scripted", script)
  const flow = Flow.make("one", (f) => {
    f.node("node", scripted.action, {}, { retry: { tries, backoff: "immediate" }, timeout: "1 minute" })
  })
  const program = Effect.gen(function* () {
    const run = yield* (yield* DagFlow).start(flow)
    yield* TestClock.adjust("2 minutes")
    yield* run.outcome
    return yield* run.node("node")
  })
  return TestEngine.runPromise({ store: MemoryStore.layer }, program).then((node) => ({
    calls: scripted.calls,
    ends: node?.attempts.map((attempt) => attempt.error?.cause ?? "ok"),
    node
  }))
}

const table: ReadonlyArray<readonly [name: string, outcome: ScriptedAction.Outcome<object>, end: string]> = [
  ["succeeds", succeed({ value: 1 }), "ok"],
  ["fails", fail("Busy"), "Failed"],
  ["reports a failure", report("not accepted"), "Reported"],
  ["dies", die("defect"), "Thrown"],
  ["hangs until its time-out", hang, "TimedOut"],
  ["takes its time", after("30 seconds", succeed({})), "ok"],
  ["takes too long", after("90 seconds", succeed({})), "TimedOut"]
]

describe("ScriptedAction", () => {
  it.each(table)("%s", async (_, outcome, end) => {
    expect((await attemptsOf([outcome])).ends).toEqual([end])
  })

  it("goes on with its last outcome", async () => {
    const { calls, ends } = await attemptsOf([fail("First"), fail("Other")], 4)
    expect(ends).toEqual(["Failed", "Failed", "Failed", "Failed"])
    expect(calls.map((call) => call.attempt)).toEqual([1, 2, 3, 4])
  })

  it("is not tried again when its failure is not retryable", async () => {
    expect((await attemptsOf([fail("Hopeless", { isRetryable: false })], 3)).ends).toEqual(["Failed"])
  })

  it("may be a function of the call", async () => {
    const { node } = await attemptsOf(({ nodeId }) => succeed({ from: nodeId }))
    expect(node?.outputs).toEqual({ from: "node" })
  })

  it("may tell what it used", async () => {
    expect((await attemptsOf([succeed({}, { tokens: 7 })])).node?.usage).toEqual({ tokens: 7 })
  })
})

describe("StubActions", () => {
  it("stand in for actions that a flow brings itself, and tell the order of the work", async () => {
    const real = ScriptedAction.make("work", [die("the real action ran")])
    const flow = Flow.make("two", (f) => {
      const first = f.node("first", real.action)
      f.node("second", real.action, {}, { dependsOn: [first] })
    })
    const stubs = StubActions.make({ work: [succeed({})] })
    const program = Effect.flatMap(DagFlow, (dagflow) => dagflow.run(flow))
    await TestEngine.runPromise({ store: MemoryStore.layer, actions: stubs.actions }, program)
    expect(stubs.order).toEqual(["first", "second"])
    expect(stubs.calls("work").map((call) => call.nodeId)).toEqual(["first", "second"])
    expect(real.calls).toEqual([])
  })
})

describe("Condition", () => {
  it("gives what was seen when it came about, while the clock of the test stands still", async () => {
    let looks = 0
    const seen = Condition.waitUntil(
      Effect.sync(() => ++looks),
      (count) => count === 3
    )
    expect(await Effect.runPromise(Effect.provide(seen, TestClock.layer()))).toBe(3)
  })

  it("dies with what was seen last when its time is over", async () => {
    const never = Condition.waitUntil(Effect.succeed({ running: 2 }), () => false, {
      within: "20 millis",
      what: "the end"
    })
    await expect(Effect.runPromise(never)).rejects.toThrow(
      /the end did not come about within 20 ms[^]*"running": 2/
    )
  })
})
