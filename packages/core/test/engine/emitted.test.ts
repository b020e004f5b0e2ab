/*
 * Goal: who follows live is given what attempts emit in its place among the recorded events, is told of all that is missing, and
 * costs nothing while there is nobody. Method: actions that emit when a test lets them, readers that are slow on a clock of the test.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import type { LiveMessage } from "../../src/engine/RunHandle.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const collect = <A, E>(stream: Stream.Stream<A, E>) =>
  Effect.map(Effect.forkChild(Stream.runCollect(stream), { startImmediately: true }), (fiber) =>
    Fiber.join(fiber)
  )

/** One message in a few characters. */
const short = (message: LiveMessage): string => {
  switch (message._tag) {
    case "Recorded": {
      const { event } = message.envelope
      return "nodeId" in event ? `${event._tag} ${event.nodeId}` : event._tag
    }
    case "Emitted":
      return `${message.nodeId}/${message.attempt} ${message.index}: ${JSON.stringify(message.value)}`
    case "EmittedAll":
      return `${message.nodeId}/${message.attempt} all ${message.count}`
    case "Logged":
      return `${message.nodeId} logs ${message.message}`
    case "Gap":
      return `gap ${JSON.stringify(message.missed)}`
  }
}

/** Emits numbers up to `count` at once. */
const counter = (count: number) =>
  Action.fn("counter", (_: {}, { emit }) => {
    for (let at = 1; at <= count; at++) emit(at)
    return {}
  })

/** An action that does its work in rounds, each of which a test begins and waits for. */
const inRounds = (rounds: number, work: (emit: (value: never) => void) => void) => {
  const begun = Latch.makeUnsafe(false)
  const ended = Latch.makeUnsafe(false)
  const action = Action.fn("rounds", (_: {}, { emit }) =>
    Effect.gen(function* () {
      for (let at = 0; at < rounds; at++) {
        yield* begun.await
        begun.closeUnsafe()
        work(emit)
        yield* ended.open
      }
      return {}
    })
  )
  const round = Effect.gen(function* () {
    ended.closeUnsafe()
    yield* begun.open
    yield* ended.await
  })
  return { action, round }
}

describe("what one node emits", () => {
  it.effect(
    "comes in order with one mark for each attempt, and ends with the node while the run goes on",
    () =>
      Effect.gen(function* () {
        const talk = Action.fn("talk", (_: {}, { attempt, emit, log }) => {
          for (const word of ["one", "two"]) emit(word)
          log("nothing that is emitted")
          return attempt === 1 ? Effect.fail("again") : Effect.succeed({})
        })
        const engine = yield* TestEngine.open({ actions: [talk, counter(5)] })
        const retry = { tries: 2, backoff: "immediate" } as const
        const run = yield* engine.start(
          flow([
            node("start hold"),
            node("a talk", ["start"], {}, { retry }),
            node("b counter", ["start"]),
            node("z hold")
          ])
        )
        const emitted = yield* collect(run.emitted("a"))
        engine.script.release("start")
        expect((yield* emitted).map(short)).toEqual([
          'a/1 1: "one"',
          'a/1 2: "two"',
          "a/1 all 2",
          'a/2 1: "one"',
          'a/2 2: "two"',
          "a/2 all 2"
        ])
        expect((yield* run.report).status).toBe("running")
        expect(yield* Stream.runCollect(run.emitted("a"))).toEqual([])
        engine.script.release("z")
        yield* run.outcome
      })
  )

  it.effect("is followed of a node that is added later, and ends with the run when it never is", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [counter(2)] })
      const run = yield* engine.start(flow([node("a hold")]))
      const added = yield* collect(run.emitted("later"))
      const never = yield* collect(run.emitted("never"))
      yield* run.send({ _tag: "AddNode", node: { id: "later", action: "counter" } })
      expect((yield* added).map(short)).toEqual(["later/1 1: 1", "later/1 2: 2", "later/1 all 2"])
      engine.script.release("a")
      yield* run.outcome
      expect(yield* never).toEqual([])
    })
  )

  it.effect("is not held up by a slow reader, who is told how much of which kind is missing", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [counter(100)] })
      const run = yield* engine.start(
        flow([node("start hold"), node("a counter", ["start"]), node("other counter", ["start"])])
      )
      const slow = Stream.mapEffect(run.emitted("a", { capacity: 8 }), (message) =>
        Effect.as(Effect.sleep("1 second"), message)
      )
      const read = yield* collect(slow)
      engine.script.release("start")
      expect((yield* run.outcome).elapsedMillis).toBe(0)
      yield* TestClock.adjust("10 minutes")
      // The values of the other node have taken no room, and the newest messages are those that are kept.
      const messages = yield* read
      const missed = messages.reduce((sum, one) => sum + (one._tag === "Gap" ? one.missed.Emitted : 0), 0)
      // The values of the other node have taken no room, and the newest messages are those that are kept.
      expect(messages.slice(-8).map(short)).toEqual([
        ...[94, 95, 96, 97, 98, 99, 100].map((at) => `a/1 ${at}: ${at}`),
        "a/1 all 100"
      ])
      expect(missed + messages.filter((one) => one._tag === "Emitted").length).toBe(100)
      expect(missed).toBeGreaterThan(80)
    })
  )

  it.effect("tells a reader who comes late how much there was before", () =>
    Effect.gen(function* () {
      let last = 0
      const { action, round } = inRounds(3, (emit) => {
        for (let at = 0; at < 3; at++) emit(++last as never)
      })
      const engine = yield* TestEngine.open({ actions: [action] })
      const run = yield* engine.start(flow([node("a rounds")]))
      const early = yield* collect(run.emitted("a"))
      yield* round
      const late = yield* collect(run.emitted("a"))
      yield* round
      yield* round
      yield* run.outcome
      const all = Array.from({ length: 9 }, (_, at) => `a/1 ${at + 1}: ${at + 1}`)
      expect((yield* early).map(short)).toEqual([...all, "a/1 all 9"])
      const gap = 'gap {"Emitted":3,"EmittedAll":0,"Logged":0}'
      expect((yield* late).map(short)).toEqual([gap, ...all.slice(3), "a/1 all 9"])
    })
  )

  it.effect("is not even read while nobody follows, nor after the last one has left", () =>
    Effect.gen(function* () {
      let reads = 0
      const { action, round } = inRounds(3, (emit) =>
        emit({
          get value() {
            return ++reads
          }
        } as never)
      )
      const engine = yield* TestEngine.open({ actions: [action] })
      const run = yield* engine.start(flow([node("a rounds")]))
      yield* round
      expect(reads).toBe(0)
      const reading = yield* collect(run.emitted("a").pipe(Stream.take(2)))
      yield* round
      const gap = 'gap {"Emitted":1,"EmittedAll":0,"Logged":0}'
      expect((yield* reading).map(short)).toEqual([gap, 'a/1 2: {"value":1}'])
      yield* round
      yield* run.outcome
      expect(reads).toBe(1)
    })
  )
})

describe("the live stream", () => {
  const actions = [counter(20)]
  const spec = flow([
    node("start hold"),
    node("a counter", ["start"]),
    node("b counter", ["a"]),
    node("c counter", ["start"])
  ])

  it.effect(
    "from an event on is the whole log, with what is emitted at its place, for slow readers too",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open({ actions })
        const run = yield* engine.start(spec)
        const quick = yield* collect(run.live({ after: 0 }))
        const slow = yield* collect(
          Stream.mapEffect(run.live({ after: 0 }), (message) => Effect.as(Effect.sleep(100), message))
        )
        const narrow = yield* collect(
          Stream.mapEffect(run.live({ after: 2, capacity: 1 }), (message) =>
            Effect.as(Effect.sleep(1000), message)
          )
        )
        engine.script.release("start")
        yield* run.outcome
        const all = (yield* quick).map(short)
        yield* TestClock.adjust("1 hour")
        expect((yield* slow).map(short)).toEqual(all)
        const log = engine.log("run")
        const told = (yield* narrow).flatMap((one) => (one._tag === "Recorded" ? [one.envelope] : []))
        expect(told).toEqual(log.slice(2))
        expect(all.filter((one) => /^[A-Z]/.test(one))).toHaveLength(log.length)
        for (const id of ["a", "b", "c"]) {
          const first = all.indexOf(`${id}/1 1: 1`)
          const mark = all.indexOf(`${id}/1 all 20`)
          expect(all.indexOf(`NodeStarted ${id}`)).toBeLessThan(first)
          expect(mark - first).toBeGreaterThanOrEqual(20)
          expect(all.indexOf(`NodeCompleted ${id}`)).toBeGreaterThan(mark)
        }
      })
  )

  it.effect("goes on through a parking, and shows what is emitted after it, with every event once", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({
        actions,
        engine: { recovery: "continuous", parkAfter: "5 seconds" }
      })
      const run = yield* engine.start(flow([node("w ask"), node("a counter", ["w"])]))
      yield* run.outcome
      const before = yield* collect(run.live({ after: 0 }))
      yield* TestClock.adjust("6 seconds")
      expect(engine.data.runs.get("run")?.owner).toBeUndefined()
      const whileParked = yield* collect((yield* Effect.orDie(engine.dagflow.attach("run"))).live())
      const emitted = yield* collect(run.emitted("a"))
      yield* run.answer("w", {})
      yield* run.outcome
      const log = engine.log("run")
      const values = Array.from({ length: 20 }, (_, at) => `a/1 ${at + 1}: ${at + 1}`)
      for (const [reader, after] of [
        [before, 0],
        [whileParked, log.findIndex(({ event }) => event._tag === "NodeWaiting") + 1]
      ] as const) {
        const messages = yield* reader
        expect(messages.flatMap((one) => (one._tag === "Recorded" ? [one.envelope] : []))).toEqual(
          log.slice(after)
        )
        expect(messages.map(short).filter((one) => one.startsWith("a/"))).toEqual([...values, "a/1 all 20"])
      }
      expect((yield* emitted).map(short)).toEqual([...values, "a/1 all 20"])
    })
  )

  it.effect("of a child run comes by the id of the child, and not among what its parent tells", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [counter(3)] })
      const inner = flow([node("start hold"), node("a counter", ["start"])], {}, { name: "inner" })
      const run = yield* engine.start(flow([subFlow("b", inner)]))
      const whole = yield* collect(run.live({ after: 0 }))
      const { event } = yield* TestEngine.awaitNode(run, "SubFlowStarted", "b")
      const id = event._tag === "SubFlowStarted" ? event.runId : ""
      while (!engine.data.runs.has(id)) yield* Effect.yieldNow
      const child = yield* Effect.orDie(engine.dagflow.attach(id))
      const [emitted, live] = [yield* collect(child.emitted("a")), yield* collect(child.live({ after: 0 }))]
      engine.script.release("start")
      expect((yield* run.outcome).status).toBe("completed")
      const values = ["a/1 1: 1", "a/1 2: 2", "a/1 3: 3", "a/1 all 3"]
      expect((yield* emitted).map(short)).toEqual(values)
      expect((yield* live).map(short).filter((one) => one.startsWith("a/"))).toEqual(values)
      expect((yield* whole).every(({ _tag }) => _tag === "Recorded")).toBe(true)
    })
  )

  it.effect("I10: of a run that this process has lost fails with the reason", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(flow([node("a hold")]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      const live = yield* Effect.forkChild(TestEngine.reasonOf(Stream.runDrain(run.live())), {
        startImmediately: true
      })
      const emitted = yield* Effect.forkChild(TestEngine.reasonOf(Stream.runDrain(run.emitted("a"))), {
        startImmediately: true
      })
      yield* run.report
      yield* engine.close
      expect(yield* Fiber.join(live)).toEqual({ _tag: "Parked" })
      expect(yield* Fiber.join(emitted)).toEqual({ _tag: "Parked" })
    })
  )
})
