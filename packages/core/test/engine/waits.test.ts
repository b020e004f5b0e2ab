/** Waits for people and for times, in runs that go on: rows 85, 86 and promise 4. */
import { describe, expect, it } from "@effect/vitest"
import { type Command, Wait } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Action, NodeOutput } from "../../src/index.ts"
import { story } from "../world/EventLine.ts"
import { flow, many, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const Approval = Schema.Struct({
  approved: Schema.Boolean,
  note: Schema.optionalKey(Schema.String.pipe(Schema.check(Schema.isMaxLength(20))))
})

/** Waits for an approval, and counts how often its code runs. */
const approving = () => {
  let calls = 0
  const action = Action.make("approve", {
    input: Schema.Struct({}),
    output: Approval,
    run: () => {
      calls++
      return NodeOutput.wait({ prompt: "Publish?" })
    }
  })
  return { actions: [action as Action.Any<never>], calls: () => calls }
}

const twoSteps = flow([node("a approve"), node("b ok", ["a"], { value: "=a.approved" })])

describe("a wait for an answer", () => {
  it.effect("gives its outputs to what follows, and none of its code runs again", () =>
    Effect.gen(function* () {
      const { actions, calls } = approving()
      const engine = yield* TestEngine.open({ actions })
      const run = yield* engine.start(twoSteps)
      const report = yield* run.outcome
      expect(report).toMatchObject({
        status: "running",
        onlyWaits: true,
        totals: { byStatus: { waiting: 1 } }
      })
      expect(report.waiting.map((one) => one.text)).toEqual([`"a" waits for an answer: Publish?`])
      const outcome = yield* run.answer("a", { approved: true, note: "fine" }, { by: "Ada" })
      expect(outcome).toEqual({ sequence: 5, isKept: false })
      expect((yield* run.outcome).status).toBe("completed")
      expect(calls()).toBe(1)
      expect(engine.script.calls).toMatchObject([{ nodeId: "b", input: { value: true } }])
      expect(story(engine.log("run"))).toEqual([
        "a starts",
        "a waits Signal",
        "a signal by Ada",
        "a completes answered 5",
        "b starts",
        "b completes"
      ])
      expect((yield* run.node("a"))?.attempts[0]).toMatchObject({
        outcome: "succeeded",
        wait: { end: "signal", answer: { by: "Ada", sequence: 5 } }
      })
    })
  )

  it.effect("lists what is asked, with the JSON Schema of the action's outputs where none is given", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open(approving())
      const run = yield* engine.start(twoSteps)
      yield* run.outcome
      const [asked, ...others] = yield* run.waits
      expect(others).toEqual([])
      expect(asked).toMatchObject({ nodeId: "a", kind: "signal", prompt: "Publish?", attempt: 1 })
      expect(asked?.schema).toMatchObject({
        type: "object",
        properties: { approved: { type: "boolean" }, note: { type: "string", maxLength: 20 } },
        required: ["approved"]
      })
      yield* run.cancel()
    })
  )

  it.effect("refuses what does not fit, by its own schema and by that of the action, and waits on", () =>
    Effect.gen(function* () {
      const looser = Action.make("approve", {
        input: Schema.Struct({}),
        output: Approval,
        run: () => NodeOutput.wait({ schema: { type: "object", required: ["approved"] } })
      })
      const engine = yield* TestEngine.open({ actions: [looser as Action.Any<never>] })
      const run = yield* engine.start(twoSteps)
      yield* run.outcome
      for (const wrong of [{}, { approved: "yes" }, { approved: true, note: "x".repeat(21) }]) {
        const reason = yield* TestEngine.reasonOf(run.answer("a", wrong))
        expect(reason).toMatchObject({
          _tag: "CommandRejected",
          rejection: { _tag: "InvalidInput", nodeId: "a" }
        })
      }
      expect((yield* run.node("a"))?.status).toBe("waiting")
      yield* run.answer("a", { approved: false, more: 1 })
      yield* run.outcome
      // What the action's schema does not know does not become an output, as if the action had returned it.
      expect((yield* run.node("a"))?.outputs).toEqual({ approved: false })
    })
  )

  it.effect("takes no answer that the log would take for a stored output", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ask")]))
      yield* run.outcome
      const reason = yield* TestEngine.reasonOf(run.answer("a", { x: { $artifact: "0", bytes: 1 } }))
      expect(reason).toMatchObject({ rejection: { _tag: "InvalidInput" } })
      yield* run.cancel()
    })
  )

  it.effect("for a yes or a no goes by no schema of one's own, and may have a default", () =>
    Effect.gen(function* () {
      const ask = Action.fn("ask-yes-or-no", () =>
        NodeOutput.approval({
          prompt: "Publish?",
          timeout: "1 hour",
          onTimeout: "autopilot",
          default: { approved: false }
        })
      )
      const engine = yield* TestEngine.open({ actions: [ask] })
      const run = yield* engine.start(flow([node("a ask-yes-or-no"), node("b ask-yes-or-no")]))
      yield* run.outcome
      const wrong = run.answer("a", { approved: "yes" })
      expect(yield* TestEngine.reasonOf(wrong)).toMatchObject({ rejection: { _tag: "InvalidInput" } })
      yield* run.answer("a", { approved: true, note: "fine" })
      yield* TestClock.adjust("1 hour")
      expect((yield* run.outcome).status).toBe("completed")
      expect((yield* run.node("a"))?.outputs).toEqual({ approved: true, note: "fine" })
      expect((yield* run.node("b"))?.outputs).toEqual({ approved: false })
    })
  )

  it.effect("R12: of a hundred in one run with one slot, each is answered singly, in any order", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [...many(100, "n* ask"), ...many(100, "after* ok", (at) => [`n${at}`])]
      const run = yield* engine.start(flow(nodes, { maxParallel: 1 }))
      expect((yield* run.outcome).totals.byStatus.waiting).toBe(100)
      expect(yield* run.waits).toHaveLength(100)
      for (let at = 0; at < 100; at++) yield* run.answer(`n${(at * 37) % 100}`, { at })
      const report = yield* run.outcome
      expect(report).toMatchObject({ status: "completed", totals: { byStatus: { completed: 200 } } })
      expect((yield* run.node("n37"))?.outputs).toEqual({ at: 1 })
    })
  )

  it.effect("answers that come before the wait are kept, and the first that fits wins", () =>
    Effect.gen(function* () {
      const script = new Script()
      const engine = yield* TestEngine.open({ ...approving(), script })
      const run = yield* engine.start(flow([node("first hold"), node("a approve", ["first"])]))
      expect(yield* run.answer("a", { approved: "?" }, { id: "one" })).toMatchObject({ isKept: true })
      expect(yield* run.answer("a", { approved: true }, { id: "two" })).toMatchObject({ isKept: true })
      expect((yield* run.node("a"))?.keptSignals).toBe(2)
      script.release("first")
      expect((yield* run.outcome).status).toBe("completed")
      expect((yield* run.node("a"))?.outputs).toEqual({ approved: true })
      const first = yield* TestEngine.reasonOf(run.answer("a", { approved: "?" }, { id: "one" }))
      expect(first).toMatchObject({ rejection: { _tag: "InvalidInput" } })
    })
  )

  it.effect("a gate hook that listens to waits can answer them", () =>
    Effect.gen(function* () {
      const boss = {
        name: "boss",
        on: ["NodeWaiting" as const],
        handle: (): ReadonlyArray<Command.Command> => [
          { _tag: "SendSignal", nodeId: "a", payload: { approved: true }, by: "boss" }
        ]
      }
      const engine = yield* TestEngine.open({ ...approving(), hooks: [boss] })
      const run = yield* engine.start(twoSteps)
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("what an attempt used before it waited is counted once", () =>
    Effect.gen(function* () {
      const ask = Action.fn("dear", () => NodeOutput.wait({ usage: { tokens: 7 }, metadata: { model: "m" } }))
      const engine = yield* TestEngine.open({ actions: [ask as Action.Any<never>] })
      const run = yield* engine.start(flow([node("a dear")]))
      expect((yield* run.outcome).totals.usage).toEqual({ tokens: 7 })
      yield* run.answer("a", {})
      expect((yield* run.outcome).totals.usage).toEqual({ tokens: 7 })
      expect((yield* run.node("a"))?.metadata).toEqual({ model: "m" })
    })
  )
})

describe("what cannot be waited for", () => {
  const table: ReadonlyArray<readonly [string, object, string]> = [
    ["a schema that is none", { schema: { type: "object", not: { required: ["x"] } } }, "schema of the wait"],
    ["a time that is none", { timeout: "soon" }, "timeout of the wait"],
    ["a date that is none", { until: Number.NaN }, "until"],
    ["a timeout and an until", { timeout: 1, until: 1 }, "not both"],
    [
      "a default that does not fit",
      { timeout: 1, onTimeout: "autopilot", default: { a: 1 }, schema: { required: ["b"], type: "object" } },
      "default of the wait"
    ],
    ["a wait that is too large", { prompt: "x".repeat(Wait.answerBytesMax) }, "bytes as JSON"]
  ]
  it.effect.each(table)("%s fails the attempt", ([, options, message]) =>
    Effect.gen(function* () {
      const ask = Action.fn("odd", () => NodeOutput.wait(options as never))
      const engine = yield* TestEngine.open({ actions: [ask as Action.Any<never>] })
      const run = yield* engine.start(flow([node("a odd")]))
      yield* run.outcome
      expect((yield* run.node("a"))?.error).toMatchObject({
        cause: "InvalidOutput",
        message: expect.stringContaining(message)
      })
    })
  )
})

describe("deadlines", () => {
  const asking = (wait: Schema.JsonObject) => flow([node("a ask", [], { wait }), node("b ok", ["a"])])

  it.effect("autopilot takes the default when nobody answers in time", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const wait = { timeout: "1 hour", onTimeout: "autopilot", default: { approved: false } }
      const run = yield* engine.start(asking(wait))
      expect((yield* run.waits)[0]).toMatchObject({ untilMillis: 3_600_000, onTimeout: "complete" })
      yield* TestClock.adjust("1 hour")
      expect((yield* run.outcome).status).toBe("completed")
      expect((yield* run.node("a"))?.outputs).toEqual({ approved: false })
      const reason = yield* TestEngine.reasonOf(run.answer("a", {}))
      expect(reason).toMatchObject({ rejection: { _tag: "RunEnded" } })
    })
  )

  it.effect("an answer in time takes the deadline away", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([...asking({ timeout: 1000 }).nodes, node("c hold")]))
      yield* run.answer("a", {})
      yield* TestClock.adjust("1 hour")
      engine.script.release("c")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("a time-out of attempts is over when the wait begins", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ask", [], {}, { timeoutMillis: 100 })]))
      yield* run.outcome
      yield* TestClock.adjust("1 hour")
      expect((yield* run.node("a"))?.status).toBe("waiting")
      yield* run.answer("a", {})
      yield* run.outcome
    })
  )

  it.effect("the time-out of the run cancels its waits", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ask")], { timeoutMillis: 1000 }))
      yield* run.outcome
      yield* TestClock.adjust("1 second")
      expect(yield* run.outcome).toMatchObject({ result: { failure: { _tag: "TimedOut" } } })
      expect((yield* run.node("a"))?.status).toBe("cancelled")
    })
  )

  it.effect("a sleep ends at its time, holds no slot, and outcome waits for it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const nodes = [node("a sleep-until", [], { millis: 5000 }), node("b ok"), node("c ok", ["a"])]
      const run = yield* engine.start(flow(nodes, { maxParallel: 1 }))
      yield* TestEngine.awaitNode(run, "NodeCompleted", "b")
      const end = yield* Effect.forkChild(run.outcome)
      yield* TestClock.adjust(4999)
      expect((yield* run.node("a"))?.status).toBe("waiting")
      yield* TestClock.adjust(1)
      expect((yield* Fiber.join(end)).status).toBe("completed")
      expect((yield* run.node("a"))?.outputs).toEqual({ slept: true })
    })
  )
})

describe("restarts", () => {
  const open = (data: MemoryStoreData, script: Script) => TestEngine.open({ data, script })
  const wait = { timeout: "1 hour", onTimeout: "autopilot", default: { by: "nobody" } }

  it.effect("a wait survives the process, and its action is not called again", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* open(data, script)
      const started = yield* first.start(flow([node("a ask"), node("b ok", ["a"])]))
      yield* started.outcome
      first.kill()
      yield* TestClock.adjust("1 minute")
      const second = yield* open(data, script)
      const run = yield* second.dagflow.resume("run")
      expect((yield* run.waits).map((one) => one.nodeId)).toEqual(["a"])
      yield* run.answer("a", {})
      expect((yield* run.outcome).status).toBe("completed")
      expect(script.called).toEqual(["a", "b"])
    })
  )

  it.effect("a deadline that passed while nothing ran fires once at the next start", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* open(data, script)
      yield* Effect.andThen(first.start(flow([node("a ask", [], { wait })])), (run) => run.outcome)
      yield* first.close
      yield* TestClock.adjust("3 hours")
      const second = yield* open(data, script)
      const run = yield* second.dagflow.resume("run")
      expect((yield* TestEngine.awaitNode(run, "NodeCompleted", "a")).event).toMatchObject({
        outputs: { by: "nobody" },
        waitEnd: { _tag: "Expired" }
      })
      expect((yield* run.outcome).status).toBe("completed")
      expect(second.log("run").filter(({ event }) => event._tag === "NodeCompleted")).toHaveLength(1)
    })
  )

  it.effect(
    "an answer that was sent in time while nothing ran counts, and one that was sent late does not",
    () =>
      Effect.gen(function* () {
        for (const [minutes, by] of [
          [59, "Ada"],
          [60, "nobody"]
        ] as const) {
          const data = new MemoryStoreData()
          const script = new Script()
          const first = yield* open(data, script)
          const started = yield* first.start(flow([node("a ask", [], { wait })]))
          yield* started.outcome
          yield* first.close
          const outside = yield* TestEngine.open({ data, script })
          yield* TestClock.adjust(`${minutes} minutes`)
          const left = yield* outside.dagflow.send("run", {
            _tag: "SendSignal",
            nodeId: "a",
            payload: { by: "Ada" }
          })
          expect(left).toBeUndefined()
          yield* outside.close
          yield* TestClock.adjust("5 hours")
          const second = yield* open(data, script)
          const run = yield* second.dagflow.resume("run")
          yield* TestEngine.awaitNode(run, "NodeCompleted", "a")
          expect((yield* run.node("a"))?.outputs).toEqual({ by })
          yield* second.close
        }
      })
  )

  it.effect("R3: an attempt that must not run twice and was lost waits for somebody's word", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* open(data, script)
      const once = node("pay hold", [], {}, { recovery: "at_most_once" })
      const started = yield* first.start(flow([once, node("b ok", ["pay"])]))
      yield* TestEngine.awaitNode(started, "NodeStarted", "pay")
      first.kill()
      yield* TestClock.adjust("1 minute")
      const second = yield* open(data, script)
      const run = yield* second.dagflow.resume("run")
      expect(yield* run.outcome).toMatchObject({
        onlyWaits: true,
        waiting: [{ reason: { kind: "recovery" } }]
      })
      expect(script.count("pay")).toBe(1)
      const [asked] = yield* run.waits
      expect(asked?.schema).toMatchObject({ anyOf: [{}, {}, {}] })
      yield* run.answer("pay", { decision: "completed", outputs: { paid: 5 } })
      expect((yield* run.outcome).status).toBe("completed")
      expect(script.count("pay")).toBe(1)
      expect((yield* run.node("pay"))?.outputs).toEqual({ paid: 5 })
    })
  )
})

describe("promise 4: one winner", () => {
  it.effect("of many answers at once exactly one is taken, and every other sender is told who won", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ask"), node("b hold")]))
      yield* TestEngine.awaitNode(run, "NodeWaiting", "a")
      const senders = Array.from({ length: 50 }, (_, at) => `sender-${at}`)
      const ends = yield* Effect.forEach(senders, (by) => Effect.exit(run.answer("a", { by }, { by })), {
        concurrency: "unbounded"
      })
      const winners = senders.filter((_, at) => ends[at]?._tag === "Success")
      expect(winners).toHaveLength(1)
      expect((yield* run.node("a"))?.outputs).toEqual({ by: winners[0] })
      const refusals = engine
        .log("run")
        .flatMap(({ event }) => (event._tag === "CommandRejected" ? [event.rejection] : []))
      expect(refusals).toHaveLength(49)
      for (const refusal of refusals) {
        expect(refusal).toMatchObject({ _tag: "AlreadyAnswered", winner: "signal", by: winners[0] })
      }
      engine.script.release("b")
      yield* run.outcome
    })
  )
})
