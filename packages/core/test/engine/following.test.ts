import { describe, expect, it } from "@effect/vitest"
import type { Envelope } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import type { LiveMessage } from "../../src/engine/RunHandle.ts"
import { chain, flow, many, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const collect = <A, E>(stream: Stream.Stream<A, E>) =>
  Effect.map(Effect.forkChild(Stream.runCollect(stream), { startImmediately: true }), (fiber) =>
    Fiber.join(fiber)
  )

describe("row 154: recorded events for whoever follows", () => {
  it.effect("a stream gives every event from the first one to the last one, and ends", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(chain(20)))
      const early = yield* collect(run.events())
      yield* run.outcome
      expect(yield* early).toEqual(engine.log("run"))
      expect(yield* Stream.runCollect(run.events())).toEqual(engine.log("run"))
      const after = yield* Stream.runCollect(run.events({ after: 10 }))
      expect(after.map((one) => one.sequence)).toEqual(
        engine
          .log("run")
          .slice(10)
          .map((one) => one.sequence)
      )
    })
  )

  it.effect("slow readers miss nothing and hold nobody up", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow(many(300, "n*")))
      const seen: Array<Array<number>> = [[], [], []]
      const readers = yield* Effect.forEach([0, 1, 2], (reader) =>
        Effect.forkChild(
          Stream.runForEach(run.events(), (envelope) =>
            Effect.andThen(
              Effect.sleep(reader * 10),
              Effect.sync(() => void seen[reader]?.push(envelope.sequence))
            )
          ),
          { startImmediately: true }
        )
      )
      expect((yield* run.outcome).elapsedMillis).toBe(0)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.joinAll(readers)
      const all = engine.log("run").map((one) => one.sequence)
      expect(seen).toEqual([all, all, all])
    })
  )

  it.effect("readers who leave early leave nothing behind", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold")]))
      const first = yield* Stream.runHead(run.events())
      expect(Option.getOrThrow(first).event._tag).toBe("RunStarted")
      const reader = yield* Effect.forkChild(Stream.runDrain(run.events()), { startImmediately: true })
      yield* Fiber.interrupt(reader)
      engine.script.release("a")
      yield* run.outcome
    })
  )

  it.effect("I10: a stream of a run that this process has lost fails with the reason", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold")]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      const reader = yield* Effect.forkChild(TestEngine.reasonOf(Stream.runDrain(run.events())), {
        startImmediately: true
      })
      yield* engine.close
      expect(yield* Fiber.join(reader)).toEqual({ _tag: "Parked" })
    })
  )

  it.effect("any process can read a log, and follow it to its end", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const owner = yield* TestEngine.open({ data, script })
      const other = yield* TestEngine.open({ data, script })
      const run = yield* owner.start(flow([node("a hold"), node("b ok", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      const now = yield* Stream.runCollect(other.dagflow.events("run"))
      expect(now).toHaveLength(3)
      const following = yield* collect(other.dagflow.events("run", { after: 1, follow: true }))
      script.release("a")
      yield* run.outcome
      expect(yield* following).toEqual(owner.log("run").slice(1))
      expect(yield* Stream.runCollect(other.dagflow.events("run", { follow: true }))).toEqual(
        owner.log("run")
      )
      const end = owner.log("run").length
      expect(yield* Stream.runCollect(other.dagflow.events("run", { after: end, follow: true }))).toEqual([])
      expect(yield* TestEngine.reasonOf(Stream.runDrain(other.dagflow.events("nobody")))).toEqual({
        _tag: "RunNotFound"
      })
    })
  )
})

const chatty = Action.fn("chatty", (_: {}, { emit, log }) =>
  Effect.sync(() => {
    for (let at = 0; at < 5; at++) emit({ token: at })
    log("done", { tokens: 5 })
    return {}
  })
)

const emitted = (messages: ReadonlyArray<LiveMessage>) =>
  messages.flatMap((message) => (message._tag === "Emitted" ? [message.value] : []))

const recorded = (messages: ReadonlyArray<LiveMessage>) =>
  messages.flatMap((message): ReadonlyArray<Envelope.Envelope> =>
    message._tag === "Recorded" ? [message.envelope] : []
  )

describe("rows 154-156: the live stream", () => {
  it.effect(
    "row 156: shows what actions emit and log in order, beside the events, and ends with the run",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open({ actions: [chatty] })
        const run = yield* engine.start(flow([node("a hold"), node("b chatty", ["a"])]))
        const live = yield* collect(run.live())
        engine.script.release("a")
        yield* run.outcome
        const messages = yield* live
        expect(emitted(messages)).toEqual([0, 1, 2, 3, 4].map((token) => ({ token })))
        expect(messages).toContainEqual({
          _tag: "Logged",
          nodeId: "b",
          attempt: 1,
          message: "done",
          details: { tokens: 5 }
        })
        const log = engine.log("run")
        const told = recorded(messages)
        expect(told).toEqual(log.slice(-told.length))
        expect(told.at(-1)?.event._tag).toBe("RunCompleted")
      })
  )

  it.effect("nothing of it is stored", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [chatty] })
      yield* engine.runToEnd(flow([node("a chatty")]))
      expect(JSON.stringify([...engine.data.runs.values()])).not.toContain("token")
    })
  )

  it.effect(
    "row 154: a reader that lags gets a gap in place of the oldest messages, others lose nothing",
    () =>
      Effect.gen(function* () {
        const burst = Action.fn("burst", (_: {}, { emit }) => {
          for (let at = 0; at < 100; at++) emit(at)
          return {}
        })
        const engine = yield* TestEngine.open({ actions: [burst] })
        const run = yield* engine.start(flow([node("a hold"), node("b burst", ["a"])]))
        const slow = Stream.mapEffect(run.live({ capacity: 8 }), (message) =>
          Effect.as(Effect.sleep("1 second"), message)
        )
        const narrow = yield* collect(slow)
        const wide = yield* collect(run.live())
        engine.script.release("a")
        yield* run.outcome
        yield* TestClock.adjust("10 minutes")
        const few = yield* narrow
        const all = yield* wide
        const gaps = few.flatMap((message) => (message._tag === "Gap" ? [message.missed] : []))
        const missed = gaps.reduce((sum, gap) => sum + gap.Emitted, 0)
        expect(missed).toBeGreaterThan(0)
        expect(emitted(few)).toEqual(emitted(all).slice(missed))
        expect(emitted(all)).toHaveLength(100)
        // Recorded events are read again.
        expect(recorded(few)).toEqual(recorded(all))
        expect(gaps.every((gap) => gap.Logged === 0)).toBe(true)
      })
  )

  it.effect("row 155: emitting never fails a node: without listeners, and with what JSON cannot hold", () =>
    Effect.gen(function* () {
      const odd = Action.fn("odd", (_: {}, { emit }) => {
        emit(1n as never)
        emit(undefined as never)
        emit({
          get x(): number {
            throw new Error("no")
          }
        })
        return { n: 1 }
      })
      const engine = yield* TestEngine.open({ actions: [odd] })
      const run = yield* engine.start(flow([node("a hold"), node("b odd", ["a"])]))
      const live = yield* collect(run.live())
      engine.script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
      expect(emitted(yield* live)).toEqual([
        "value is a bigint, which JSON cannot hold",
        "value is a undefined, which JSON cannot hold",
        "reading the value throws"
      ])
    })
  )

  it.effect("a log line that cannot be written fails no node", () =>
    Effect.gen(function* () {
      const odd = Action.fn("odd", (_: {}, { log }) => {
        log("big", { n: 1n })
        return { n: 1 }
      })
      const engine = yield* TestEngine.open({ actions: [odd] })
      expect((yield* (yield* engine.start(flow([node("a odd")]))).outcome).status).toBe("completed")
    })
  )

  it.effect("a live stream of a run that is over ends at once", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a ok")]))
      yield* run.outcome
      expect(yield* Stream.runCollect(run.live())).toEqual([])
    })
  )
})

describe("row 153: what one can ask about a run that goes on", () => {
  it.effect("a node: its status, attempts and last error; the run: its report", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a flaky", [], { failures: 1 }, { retry: { tries: 2 } }), node("b hold")])
      )
      yield* TestEngine.awaitNode(run, "NodeFailed", "a")
      expect(yield* run.node("a")).toMatchObject({
        status: "retrying",
        attempts: [{ number: 1, outcome: "failed" }],
        error: { tag: "Boom" },
        retryAtMillis: expect.any(Number)
      })
      expect(yield* run.node("nobody")).toBeUndefined()
      expect(yield* run.report).toEqual(yield* engine.dagflow.report("run"))
      const other = yield* TestEngine.open({ data: engine.data, script: engine.script })
      expect((yield* other.dagflow.report("run")).totals.failedAttempts).toBe(1)
      yield* run.cancel()
    })
  )
})

describe("rows 156, 157: the streams of attempts", () => {
  const talk = Action.fn("talk", (_: {}, { attempt, emit }) => {
    for (const word of ["one", "two"]) emit(`${word} ${attempt}`)
    // What is said after the end is heard by nobody.
    queueMicrotask(() => emit("late"))
    return attempt === 1 ? Effect.fail("again") : Effect.succeed({})
  })
  const spoken = flow([
    node("a hold"),
    node("b talk", ["a"], {}, { retry: { tries: 2, backoff: "immediate" } })
  ])
  const shown = (messages: ReadonlyArray<LiveMessage>) =>
    messages.flatMap((message): ReadonlyArray<unknown> => {
      if (message._tag === "Emitted") return [[message.attempt, message.index, message.value]]
      return message._tag === "EmittedAll" ? [[message.attempt, "all", message.count]] : []
    })

  it.effect("row 156: each attempt tells in order, says once that it is done, and a retry begins anew", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [talk] })
      const run = yield* engine.start(spoken)
      const live = yield* collect(run.live())
      engine.script.release("a")
      yield* run.outcome
      expect(shown(yield* live)).toEqual([
        [1, 1, "one 1"],
        [1, 2, "two 1"],
        [1, "all", 2],
        [2, 1, "one 2"],
        [2, 2, "two 2"],
        [2, "all", 2]
      ])
    })
  )

  it.effect(
    "row 157: the live stream ends with the run, and whoever leaves it, or the handle, changes nothing",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open({ actions: [talk] })
        const run = yield* engine.start(spoken)
        const stays = yield* collect(run.live())
        const leaves = yield* Effect.forkChild(run.live().pipe(Stream.take(1), Stream.runCollect))
        const gives = yield* Effect.forkChild(run.outputs)
        yield* Effect.yieldNow
        yield* Fiber.interrupt(gives)
        engine.script.release("a")
        expect(yield* Fiber.join(leaves)).toHaveLength(1)
        const again = yield* engine.dagflow.resume(run.runId).pipe(Effect.orDie)
        expect((yield* Effect.orDie(again.outcome)).status).toBe("completed")
        expect(shown(yield* stays)).toHaveLength(6)
      })
  )
})
