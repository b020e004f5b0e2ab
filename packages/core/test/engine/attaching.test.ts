/** Taking part in a run from any process: it is the same run, whoever executes it. */
import { describe, expect, it } from "@effect/vitest"
import type { FlowSpec } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { flow, node } from "../world/FlowNotation.ts"
import * as ProcessClock from "../world/ProcessClock.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const spec = flow([node("a hold"), node("b ask", ["a"]), node("c ok", ["b"])])

/** A run that one process executes, and another process on the same data. */
const two = Effect.gen(function* () {
  const data = new MemoryStoreData()
  const script = new Script()
  const owner = yield* TestEngine.open({ data, script, engine: { owner: "owner", lease: "9 seconds" } })
  const other = yield* TestEngine.open({ data, script, engine: { owner: "other", lease: "9 seconds" } })
  const run = yield* owner.start(spec)
  yield* TestEngine.awaitNode(run, "NodeStarted", "a")
  return { data, script, owner, other, run }
})

const owners = (engine: TestEngine.TestEngine) =>
  engine.log("run").flatMap(({ event }) => (event._tag === "RunOwned" ? [event.owner] : []))

describe("starting a run that another process executes", () => {
  it.effect("follows it: events, state, commands and the end", () =>
    Effect.gen(function* () {
      const { other, owner, script } = yield* two
      const attached = yield* other.start(spec)
      const events = yield* Effect.forkChild(Stream.runCollect(attached.events()), { startImmediately: true })
      const live = yield* Effect.forkChild(Stream.runCollect(attached.live()), { startImmediately: true })
      expect((yield* attached.node("a"))?.status).toBe("running")
      const asked = yield* Effect.forkChild(attached.outcome, { startImmediately: true })
      script.release("a")
      expect((yield* Fiber.join(asked)).waiting).toMatchObject([
        { reason: { _tag: "NodeWaits", nodeId: "b" } }
      ])
      expect(yield* attached.answer("b", { value: 7 }, { by: "Ada" })).toMatchObject({ isKept: false })
      expect((yield* attached.outcome).status).toBe("completed")
      expect(yield* attached.outputs).toMatchObject({ c: {} })
      expect(yield* Fiber.join(events)).toEqual(owner.log("run"))
      const shown = (yield* Fiber.join(live)).map((one) =>
        one._tag === "Recorded" ? one.envelope.sequence : 0
      )
      expect(shown).toEqual(
        owner
          .log("run")
          .slice(3)
          .map(({ sequence }) => sequence)
      )
      expect(owners(owner)).toEqual(["owner"])
    })
  )

  it.effect("gets a typed refusal of what it commands, and can pause, resume and cancel", () =>
    Effect.gen(function* () {
      const { other, owner } = yield* two
      const attached = yield* other.start(spec)
      const reason = yield* TestEngine.reasonOf(attached.answer("unknown", {}))
      expect(reason).toMatchObject({ _tag: "CommandRejected", rejection: { _tag: "UnknownNode" } })
      yield* attached.pause("lunch")
      expect((yield* attached.report).status).toBe("paused")
      yield* attached.resume()
      expect((yield* attached.cancel("enough")).status).toBe("cancelled")
      expect((yield* TestEngine.reasonOf(attached.outputs))._tag).toBe("Cancelled")
      expect(owners(owner)).toEqual(["owner"])
    })
  )

  it.effect("is refused when flow or inputs are others", () =>
    Effect.gen(function* () {
      const { data } = yield* two
      const other = yield* TestEngine.open({ data })
      const start = (given: FlowSpec.FlowSpec) => Effect.exit(other.dagflow.start(given, { id: "run" }))
      expect(JSON.stringify(yield* start(flow([node("a ok")])))).toContain("FlowChanged")
      expect(Exit.isSuccess(yield* start(spec))).toBe(true)
    })
  )

  it.effect("takes it up when that process dies while somebody waits here, whatever the clocks say", () =>
    Effect.gen(function* () {
      for (const skewMillis of [0, 3_600_000, -3_600_000]) {
        const { data, owner, script } = yield* two
        const clock = yield* ProcessClock.make(skewMillis)
        const late = yield* TestEngine.open({ data, script, clock, engine: { owner: "late" } })
        const attached = yield* late.start(spec)
        const end = yield* Effect.forkChild(attached.outcome, { startImmediately: true })
        yield* TestClock.adjust("1 minute")
        expect(owners(owner)).toEqual(["owner"])
        owner.kill()
        script.release("a")
        yield* TestClock.adjust("18 seconds")
        expect((yield* Fiber.join(end)).onlyWaits).toBe(true)
        expect(owners(late)).toEqual(["owner", "late"])
        yield* attached.answer("b", {})
        expect((yield* attached.outcome).status).toBe("completed")
      }
    })
  )
})

describe("attach", () => {
  it.effect("follows a run without its actions, and never takes it up", () =>
    Effect.gen(function* () {
      const { data, owner, script } = yield* two
      const stranger = yield* TestEngine.open({ data, isUnchecked: true, script: new Script() })
      const attached = yield* stranger.dagflow.attach("run")
      yield* owner.close
      const end = yield* Effect.forkChild(attached.outcome, { startImmediately: true })
      yield* TestClock.adjust("1 hour")
      expect(owners(stranger)).toEqual(["owner"])
      const answer = yield* Effect.forkChild(attached.answer("b", { early: true }), {
        startImmediately: true
      })
      const next = yield* TestEngine.open({ data, script })
      yield* next.dagflow.resume("run")
      script.release("a")
      expect(yield* Fiber.join(answer)).toMatchObject({ isKept: true })
      expect((yield* Fiber.join(end)).status).toBe("completed")
    })
  )

  it.effect("of an unknown run is RunNotFound", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      expect((yield* TestEngine.reasonOf(engine.dagflow.attach("nobody")))._tag).toBe("RunNotFound")
    })
  )
})

describe("send judges an owner by its signs of life, not by two clocks", () => {
  const skews = [3_600_000, -3_600_000] as const

  it.effect.each(skews)("a living owner answers a sender whose clock is off by %i ms", (skewMillis) =>
    Effect.gen(function* () {
      const { data, run } = yield* two
      const clock = yield* ProcessClock.make(skewMillis)
      const sender = yield* TestEngine.open({ data, clock })
      const sending = sender.dagflow.send("run", { _tag: "EmitEvent", name: "hello" })
      const outcome = yield* Effect.provideService(sending, Clock.Clock, clock)
      expect(outcome).toMatchObject({ sequence: 4 })
      yield* run.cancel()
    })
  )

  it.effect.each(skews)(
    "a dead one does not keep a sender waiting whose clock is off by %i ms",
    (skewMillis) =>
      Effect.gen(function* () {
        const { data, owner } = yield* two
        owner.kill()
        const clock = yield* ProcessClock.make(skewMillis)
        const sender = yield* TestEngine.open({ data, clock, isUnchecked: true })
        const send = sender.dagflow.send("run", { _tag: "EmitEvent", name: "hello" })
        const sending = yield* Effect.forkChild(Effect.provideService(send, Clock.Clock, clock), {
          startImmediately: true
        })
        yield* TestClock.adjust("9 seconds")
        expect(yield* Fiber.join(sending)).toBeUndefined()
        expect(data.runs.get("run")?.mail.size).toBe(1)
      })
  )
})
