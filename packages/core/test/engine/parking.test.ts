/** Runs that only wait: they hold nothing here while they are parked, and go on wherever somebody can take them up. */
import { describe, expect, it } from "@effect/vitest"
import { neverMillis } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { EngineOptions } from "../../src/engine/EngineConfig.ts"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const hour = 3_600_000

const server: EngineOptions = { recovery: "continuous", parkAfter: "5 seconds" }

const untilLater = { timeout: "1 hour", onTimeout: "autopilot", default: { by: "nobody" } }

const asking = flow([node("a ask"), node("b ok", ["a"])])

const withDeadline = flow([node("a ask", [], { wait: untilLater }), node("b ok", ["a"])])

const place = (data: MemoryStoreData, runId = "run") => {
  const run = data.runs.get(runId)
  return { owner: run?.owner, wakeAtMillis: run?.wakeAtMillis }
}

const takeUps = (engine: TestEngine.TestEngine): number =>
  engine.log("run").filter(({ event }) => event._tag === "RunOwned").length

const asleep = (wakeAtMillis: number) => ({ owner: undefined, wakeAtMillis })

/** An engine with a run that has been parked. */
const parked = (spec = asking, options: TestEngine.TestEngineOptions = {}) =>
  Effect.gen(function* () {
    const data = options.data ?? new MemoryStoreData()
    const script = options.script ?? new Script()
    const engine = yield* TestEngine.open({ engine: server, ...options, data, script })
    const run = yield* engine.start(spec)
    yield* run.outcome
    yield* TestClock.adjust("5 seconds")
    return { data, script, engine, run }
  })

describe("a run that only waits", () => {
  it.effect("is parked once it has waited for as long as parkAfter says, until its first deadline", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({ data, engine: server })
      const run = yield* engine.start(withDeadline)
      yield* run.outcome
      yield* TestClock.adjust(4_999)
      expect(place(data).owner).toBeDefined()
      yield* TestClock.adjust(1)
      expect(place(data)).toEqual(asleep(hour))
    })
  )

  it.effect("without a deadline sleeps until mail comes", () =>
    Effect.gen(function* () {
      const { data } = yield* parked()
      expect(place(data)).toEqual(asleep(neverMillis))
    })
  )

  it.effect("sleeps until the time-out of the run, the end of a sleep or a retry, whatever comes first", () =>
    Effect.gen(function* () {
      const nodes = [node("a sleep-until", [], { millis: 90_000 }), node("b ask", [], { wait: untilLater })]
      const retry = { tries: 2, initialMillis: 40_000, jitter: 0 }
      const table = [
        [flow(nodes), 90_000],
        [flow(nodes, { timeoutMillis: 60_000 }), 60_000],
        [flow([...nodes, node("c fail", [], {}, { retry })]), 40_000]
      ] as const
      for (const [spec, afterMillis] of table) {
        const data = new MemoryStoreData()
        const engine = yield* TestEngine.open({ data, engine: server })
        yield* engine.start(spec)
        const startedAt = data.runs.get("run")?.createdAtMillis ?? 0
        yield* TestClock.adjust("6 seconds")
        expect(place(data)).toEqual(asleep(startedAt + afterMillis))
        yield* engine.close
      }
    })
  )

  it.effect("stays while something of it goes on, and waits anew after each event", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({ data, engine: server })
      const run = yield* engine.start(flow([node("a ask"), node("b hold")]))
      yield* TestEngine.awaitNode(run, "NodeWaiting", "a")
      yield* TestClock.adjust("1 hour")
      expect(place(data).owner).toBeDefined()
      engine.script.release("b")
      yield* run.outcome
      yield* TestClock.adjust("3 seconds")
      yield* TestEngine.reasonOf(run.answer("unknown", {}))
      yield* TestClock.adjust("3 seconds")
      expect(place(data).owner).toBeDefined()
      yield* TestClock.adjust("2 seconds")
      expect(place(data).owner).toBeUndefined()
    })
  )

  it.effect("is not parked by an engine that recovers on request, unless it is told to", () =>
    Effect.gen(function* () {
      const plain = yield* parked(asking, { engine: {} })
      yield* TestClock.adjust("1 hour")
      expect(place(plain.data).owner).toBeDefined()
      const told = yield* parked(asking, { engine: { parkAfter: 0 } })
      expect(place(told.data)).toEqual(asleep(neverMillis))
    })
  )

  it.effect("keeps its owner on a store that cannot park", () =>
    Effect.gen(function* () {
      const { data, run } = yield* parked(asking, {
        driver: (driver) => ({
          ...driver,
          abilities: { ...driver.abilities, parking: false },
          park: () => Effect.die("it was asked all the same")
        })
      })
      expect(place(data).owner).toBeDefined()
      yield* run.answer("a", {})
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("that is paused is parked too, and is resumed by its handle", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({ data, engine: server })
      const run = yield* engine.start(flow([node("a hold"), node("b ok", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* run.pause()
      engine.script.release("a")
      yield* run.outcome
      yield* TestClock.adjust("5 seconds")
      expect(place(data)).toEqual(asleep(neverMillis))
      yield* run.resume()
      expect((yield* run.outcome).status).toBe("completed")
    })
  )
})

describe("a parked run goes on", () => {
  it.effect("when its handle answers, in the same engine, and nothing runs twice", () =>
    Effect.gen(function* () {
      const { engine, run, script } = yield* parked()
      expect((yield* run.report).onlyWaits).toBe(true)
      expect((yield* run.waits).map(({ nodeId }) => nodeId)).toEqual(["a"])
      yield* run.answer("a", { ok: true }, { by: "Ada" })
      expect((yield* run.outcome).status).toBe("completed")
      expect(script.called).toEqual(["a", "b"])
      expect(takeUps(engine)).toBe(2)
    })
  )

  it.effect("when another process sends mail, wherever an engine recovers continuously", () =>
    Effect.gen(function* () {
      const { data, engine, run, script } = yield* parked()
      const person = yield* TestEngine.open({ data, script })
      const waiter = yield* Effect.forkChild(
        person.dagflow.attach("run").pipe(Effect.flatMap((one) => one.outputs))
      )
      const answer = { _tag: "SendSignal", nodeId: "a", payload: { at: 1 }, by: "Ben" } as const
      expect(yield* person.dagflow.send("run", answer)).toBeUndefined()
      yield* TestClock.adjust(0)
      expect((yield* run.outcome).status).toBe("completed")
      expect(yield* Effect.exit(Fiber.join(waiter))).toBeDefined()
      expect(story(engine.log("run"))).toContain("a signal by Ben")
    })
  )

  it.effect("and the sender learns the outcome if it asks for it", () =>
    Effect.gen(function* () {
      const { data, script } = yield* parked()
      const person = yield* TestEngine.open({ data, script })
      const answer = (by: string) =>
        person.dagflow.send(
          "run",
          { _tag: "SendSignal", nodeId: "a", payload: {}, by },
          { awaitsOwner: true }
        )
      const outcomes = yield* Effect.all([answer("Ada"), Effect.exit(answer("Ben"))], { concurrency: 2 })
      expect(outcomes[0]).toMatchObject({ sequence: expect.any(Number) })
      expect(JSON.stringify(outcomes[1])).toMatch(/AlreadyAnswered|RunEnded/)
    })
  )

  it.effect("at its deadline, to the millisecond, in an engine that has no other alarm", () =>
    Effect.gen(function* () {
      const { engine, run } = yield* parked(withDeadline)
      yield* TestClock.adjust(hour - 5_001)
      expect((yield* run.node("a"))?.status).toBe("waiting")
      expect(takeUps(engine)).toBe(1)
      yield* TestClock.adjust(1)
      const end = engine.log("run").find(({ event }) => event._tag === "NodeCompleted")
      expect(end).toMatchObject({ at: hour, event: { outputs: { by: "nobody" } } })
      expect(engine.log("run").at(-1)?.event._tag).toBe("RunCompleted")
    })
  )

  it.effect("in an engine that was opened later, at its deadline, and fires it once if that has passed", () =>
    Effect.gen(function* () {
      for (const wait of ["1 minute", "5 hours"] as const) {
        const { data, engine, script } = yield* parked(withDeadline)
        yield* engine.close
        yield* TestClock.adjust(wait)
        const second = yield* TestEngine.open({ data, script, engine: { ...server, owner: "second" } })
        yield* TestClock.adjust("1 hour")
        expect(second.log("run").at(-1)?.event._tag).toBe("RunCompleted")
        expect(second.log("run").filter(({ event }) => event._tag === "NodeCompleted")).toHaveLength(2)
      }
    })
  )

  it.effect("by recover, once mail or its deadline has come, where nobody recovers continuously", () =>
    Effect.gen(function* () {
      for (const spec of [asking, withDeadline]) {
        const { data, engine, script } = yield* parked(spec)
        yield* engine.close
        const second = yield* TestEngine.open({ data, script })
        expect(yield* second.dagflow.recover).toEqual([])
        if (spec === asking) {
          yield* second.dagflow.send("run", { _tag: "SendSignal", nodeId: "a", payload: {} })
        } else yield* TestClock.adjust("2 hours")
        const [run] = yield* second.dagflow.recover
        if (run === undefined) throw new Error("nothing was recovered")
        expect((yield* run.outcome).status).toBe("completed")
      }
    })
  )

  it.effect("by start with its id", () =>
    Effect.gen(function* () {
      const { data, engine, script } = yield* parked()
      yield* engine.close
      const second = yield* TestEngine.open({ data, script })
      const run = yield* second.start(asking)
      yield* run.answer("a", {})
      expect((yield* run.outcome).status).toBe("completed")
    })
  )
})

describe("who waits for a parked run", () => {
  it.effect("gets its end, whether it goes on here", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({ data, engine: server })
      const run = yield* engine.start(
        flow([node("a sleep-until", [], { millis: hour }), node("b ok", ["a"])])
      )
      const waiters = yield* Effect.forEach(
        [run.outcome, run.outputs, Stream.runCollect(run.events())],
        (one) => Effect.forkChild(one as Effect.Effect<unknown, unknown>, { startImmediately: true })
      )
      const live = yield* Effect.forkChild(Stream.runCollect(run.live()), { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      expect(place(data)).toEqual(asleep(hour))
      yield* TestClock.adjust("1 hour")
      const [report, outputs, events] = yield* Effect.forEach(waiters, (waiter) => Fiber.join(waiter))
      expect(report).toMatchObject({ status: "completed" })
      expect(outputs).toMatchObject({ b: {} })
      expect(events).toEqual(engine.log("run"))
      const shown = (yield* Fiber.join(live)).flatMap((one) =>
        one._tag === "Recorded" ? [one.envelope] : []
      )
      expect(shown.at(-1)?.event._tag).toBe("RunCompleted")
    })
  )

  it.effect("or elsewhere", () =>
    Effect.gen(function* () {
      const spec = flow([node("a sleep-until", [], { millis: hour }), node("b ok", ["a"])])
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, engine: { parkAfter: 0, owner: "first" } })
      const run = yield* first.start(spec)
      const follower = yield* Effect.forkChild(Stream.runCollect(run.events()), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      const second = yield* TestEngine.open({ data, engine: { ...server, owner: "second" } })
      yield* TestClock.adjust("1 hour")
      expect((yield* run.outcome).status).toBe("completed")
      expect(yield* Fiber.join(follower)).toEqual(second.log("run"))
      const owners = second
        .log("run")
        .flatMap(({ event }) => (event._tag === "RunOwned" ? [event.owner] : []))
      expect(owners).toEqual(["first", "second"])
    })
  )

  it.effect("wakes it where nobody else does", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({ data, engine: { parkAfter: 0 } })
      const run = yield* engine.start(flow([node("a sleep-until", [], { millis: hour })]))
      const end = yield* Effect.forkChild(run.outcome, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      expect(place(data)).toEqual(asleep(hour))
      yield* TestClock.adjust("1 hour")
      expect((yield* Fiber.join(end)).status).toBe("completed")
    })
  )
})

describe("parked runs cost nothing", () => {
  it.effect("continuous recovery lists none of them and takes none of them up, again and again", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const counts = { listed: 0, claimed: 0, read: 0 }
      const engine = yield* TestEngine.open({
        data,
        engine: { ...server, parkAfter: 0 },
        driver: (driver) => ({
          ...driver,
          list: (query) =>
            Effect.tap(driver.list(query), ({ runs }) => Effect.sync(() => (counts.listed += runs.length))),
          claim: (claim) =>
            Effect.andThen(
              Effect.sync(() => counts.claimed++),
              driver.claim(claim)
            ),
          read: (...range) =>
            Effect.andThen(
              Effect.sync(() => counts.read++),
              driver.read(...range)
            )
        })
      })
      for (let at = 0; at < 300; at++) yield* engine.start(asking, { id: `run${at}` })
      yield* TestClock.adjust("1 second")
      expect([...data.runs.values()].filter(({ owner }) => owner !== undefined)).toEqual([])
      Object.assign(counts, { listed: 0, claimed: 0, read: 0 })
      for (let minute = 0; minute < 30; minute++) yield* TestClock.adjust("1 minute")
      expect(counts).toEqual({ listed: 0, claimed: 0, read: 0 })
    })
  )

  it.effect("an engine that closes parks what only waits, so that the next one leaves it asleep", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script, engine: server })
      const run = yield* first.start(withDeadline)
      yield* run.outcome
      yield* first.close
      expect(place(data)).toEqual(asleep(hour))
      const second = yield* TestEngine.open({ data, script, engine: server })
      yield* TestClock.adjust("30 minutes")
      expect(takeUps(second)).toBe(1)
    })
  )
})

describe("mail at the moment of parking", () => {
  it.effect("keeps a run awake when it comes first", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const { run } = yield* parked(asking, {
        data,
        // The mail is in the store, and the engine has not heard of it yet.
        driver: (driver) => ({
          ...driver,
          arrivals: Stream.flatMap(driver.arrivals, (runId) =>
            Stream.fromEffect(Effect.as(Effect.sleep("2 seconds"), runId))
          ),
          park: (parking) =>
            Effect.andThen(
              Effect.suspend(() =>
                data.runs.get("run")?.events.length === 4
                  ? driver.putMail("run", {
                      id: "m",
                      atMillis: 5_000,
                      command: JSON.stringify({ _tag: "SendSignal", id: "m", nodeId: "a", payload: {} })
                    })
                  : Effect.void
              ),
              driver.park(parking)
            )
        })
      })
      expect(place(data).owner).toBeDefined()
      yield* TestClock.adjust("2 seconds")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("wakes it when it comes right after, although the engine is still letting go of it", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const { run } = yield* parked(asking, {
        data,
        driver: (driver) => ({
          ...driver,
          park: (parking) =>
            Effect.tap(driver.park(parking), () =>
              driver.putMail("run", {
                id: "m",
                atMillis: 5_000,
                command: JSON.stringify({ _tag: "SendSignal", id: "m", nodeId: "a", payload: {} })
              })
            )
        })
      })
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("a store that tells nobody of mail is looked into for it", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const mute: TestEngine.TestEngineOptions["driver"] = (driver) => ({
        ...driver,
        abilities: { ...driver.abilities, notify: false },
        changes: Stream.die("nobody may ask"),
        arrivals: Stream.die("nobody may ask")
      })
      const { engine } = yield* parked(asking, { data, driver: mute })
      const person = yield* TestEngine.open({ data, driver: mute })
      yield* person.dagflow.send("run", { _tag: "SendSignal", nodeId: "a", payload: {} })
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("1 second")
      expect(engine.log("run").at(-1)?.event._tag).toBe("RunCompleted")
    })
  )
})
