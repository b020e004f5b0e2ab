import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import { lines } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as ProcessClock from "../world/ProcessClock.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const hour = 3_600_000

/** From midday on, so that no clock of a test shows a time before 1970. */
const midday = TestClock.setTime(12 * hour)

const spec = flow([node("a ok"), node("b hold", ["a"]), node("c ok", ["b"])])

const server = { recovery: "continuous", lease: "9 seconds" } as const

/** The epochs under which a run was owned, by owner. */
const owners = (engine: TestEngine.TestEngine, runId = "run") =>
  engine
    .log(runId)
    .flatMap(({ epoch, event }) => (event._tag === "RunOwned" ? [`${event.owner} ${epoch}`] : []))

/**
 * Two processes on one store, the first of which is in the middle of `b`. Their clocks differ from the test's, and each
 * has the actions of its own script.
 */
const twoProcesses = (skewMillis: readonly [first: number, second: number] = [0, 0]) =>
  Effect.gen(function* () {
    yield* midday
    const data = new MemoryStoreData()
    const clocks = [yield* ProcessClock.make(skewMillis[0]), yield* ProcessClock.make(skewMillis[1])] as const
    const scripts = [new Script(), new Script()] as const
    const first = yield* TestEngine.open({
      data,
      script: scripts[0],
      clock: clocks[0],
      engine: { ...server, owner: "first" }
    })
    const run = yield* first.start(spec)
    yield* TestEngine.awaitNode(run, "NodeStarted", "b")
    const second = yield* TestEngine.open({
      data,
      script: scripts[1],
      clock: clocks[1],
      engine: { ...server, owner: "second" }
    })
    return { data, clocks, scripts, first, second, run }
  })

const skews = [
  [0, 0],
  [hour, 0],
  [-hour, 0],
  [0, hour],
  [0, -hour]
] as const

describe("promise (5): a run whose owner is gone goes on by itself", () => {
  it.effect.each([hour, -hour])(
    "within a lease and one look, although a clock is set by %i ms meanwhile",
    (by) =>
      Effect.gen(function* () {
        const { clocks, first, second } = yield* twoProcesses()
        yield* TestClock.adjust("1 minute")
        first.kill()
        // The one that watches has seen the last claim, and its clock is set before the watch is over.
        yield* TestClock.adjust("4 seconds")
        clocks[1].step(by)
        yield* TestClock.adjust("3 seconds")
        expect(owners(second)).toEqual(["first 1"])
        yield* TestClock.adjust("5 seconds")
        expect(owners(second)).toEqual(["first 1", "second 2"])
      })
  )

  it.effect.each(skews)("within a lease and one look, with clocks that are off by %i and %i ms", (skew) =>
    Effect.gen(function* () {
      const { first, scripts, second } = yield* twoProcesses(skew)
      yield* TestClock.adjust("1 minute")
      expect(owners(second)).toEqual(["first 1"])
      first.kill()
      yield* TestClock.adjust("9 seconds")
      yield* TestClock.adjust("3 seconds")
      expect(owners(second)).toEqual(["first 1", "second 2"])
      scripts[1].release("b")
      yield* TestClock.adjust("1 second")
      expect(lines(second.log("run")).at(-1)).toBe("RunCompleted")
      expect(scripts[1].called).toEqual(["b", "c"])
    })
  )

  it.effect.each(skews)("and never while the owner lives, with clocks that are off by %i and %i ms", (skew) =>
    Effect.gen(function* () {
      const { scripts, second, run } = yield* twoProcesses(skew)
      for (let minute = 0; minute < 10; minute++) yield* TestClock.adjust("1 minute")
      scripts[0].release("b")
      expect((yield* run.outcome).status).toBe("completed")
      expect(owners(second)).toEqual(["first 1"])
      expect(scripts[1].called).toEqual([])
    })
  )

  it.effect("a run that was released goes on at the next look", () =>
    Effect.gen(function* () {
      const { first, second } = yield* twoProcesses()
      yield* first.close
      yield* TestClock.adjust("3 seconds")
      expect(owners(second)).toEqual(["first 1", "second 2"])
    })
  )

  it.effect("of several engines that watch, one takes it", () =>
    Effect.gen(function* () {
      const { data, first, second } = yield* twoProcesses()
      yield* TestEngine.open({ data, script: new Script(), engine: { ...server, owner: "third" } })
      first.kill()
      yield* TestClock.adjust("12 seconds")
      yield* TestClock.adjust("1 minute")
      expect(owners(second)).toHaveLength(2)
    })
  )

  it.effect("an engine that was not told to leaves runs alone", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script })
      yield* first.start(spec)
      yield* first.close
      const second = yield* TestEngine.open({ data, script })
      yield* TestClock.adjust("1 hour")
      expect(owners(second)).toHaveLength(1)
    })
  )

  it.effect(
    "a run whose actions are missing here is left to others, and looked at again when it has moved",
    () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const own = Action.fn("own", () => ({}), { version: "1" })
        const withOwn = flow([node("a hold"), node("b own", ["a"])])
        const first = yield* TestEngine.open({ data, script: new Script(), actions: [own] })
        yield* first.start(withOwn)
        yield* first.close
        let reads = 0
        const second = yield* TestEngine.open({
          data,
          engine: server,
          driver: (driver) => ({
            ...driver,
            read: (...range) => {
              reads++
              return driver.read(...range)
            }
          })
        })
        yield* TestClock.adjust("10 minutes")
        expect(owners(second)).toHaveLength(1)
        expect(reads).toBe(1)
        const script = new Script()
        const third = yield* TestEngine.open({ data, script, actions: [own], engine: server })
        script.release("a")
        yield* TestClock.adjust("10 seconds")
        expect(lines(third.log("run")).at(-1)).toBe("RunCompleted")
      })
  )

  it.effect("a store that fails for a while is asked again", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const first = yield* TestEngine.open({ data, script })
      yield* first.start(spec)
      yield* first.close
      let isBroken = true
      const second = yield* TestEngine.open({
        data,
        script,
        engine: server,
        driver: (driver) => ({
          ...driver,
          list: (query) => (isBroken ? Effect.die(new Error("no list")) : driver.list(query))
        })
      })
      yield* TestClock.adjust("1 minute")
      expect(owners(second)).toHaveLength(1)
      isBroken = false
      yield* TestClock.adjust("3 seconds")
      expect(owners(second)).toHaveLength(2)
    })
  )
})

describe("promise (6): an owner that stands still past its lease", () => {
  const collecting = () => {
    const warnings: Array<string> = []
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      if (logLevel === "Warn") warnings.push(String(message))
    })
    return { warnings, layer: Logger.layer([logger]) }
  }

  it.effect.each(skews)(
    "has its late append refused and told, with clocks that are off by %i and %i ms",
    (skew) => {
      const { layer, warnings } = collecting()
      return Effect.gen(function* () {
        const { clocks, run, scripts, second } = yield* twoProcesses(skew)
        clocks[0].freeze()
        yield* TestClock.adjust("9 seconds")
        yield* TestClock.adjust("3 seconds")
        expect(owners(second)).toEqual(["first 1", "second 2"])
        const lost = yield* Effect.forkChild(TestEngine.reasonOf(run.outcome))
        const before = second.log("run").length
        // Its action ends before anything else of it goes on, so that its result is the next thing that it writes.
        scripts[0].release("b", { value: "late" })
        expect(yield* Fiber.join(lost)).toEqual({ _tag: "RunNotOwned" })
        expect(second.log("run")).toHaveLength(before)
        expect(warnings).toEqual([
          expect.stringMatching(/^run "run" was taken over by another owner.*; done here for nothing: "b"/)
        ])
        clocks[0].thaw()
        scripts[1].release("b", { value: "in time" })
        yield* TestClock.adjust("1 second")
        const completed = second.log("run").filter(({ event }) => event._tag === "NodeCompleted")
        expect(completed.map(({ event }) => event)).toContainEqual(
          expect.objectContaining({ nodeId: "b", attempt: 2, outputs: { value: "in time" } })
        )
        expect(completed).toHaveLength(3)
      }).pipe(Effect.provide(layer))
    }
  )

  it.effect("by an action that blocks the thread is told with the node of that action", () => {
    const { layer, warnings } = collecting()
    return Effect.gen(function* () {
      const data = new MemoryStoreData()
      let ended = 0
      // While it blocks, nothing of this process goes on, and another one takes the run.
      const block = Action.fn("block", () => {
        const lost = data.runs.get("run")
        if (lost !== undefined && ended++ === 0)
          Object.assign(lost, { epoch: lost.epoch + 1, owner: "other" })
        return { ended }
      })
      const engine = yield* TestEngine.open({ data, actions: [block] })
      const run = yield* engine.start(flow([node("slow block"), node("next ok", ["slow"])]))
      expect(yield* TestEngine.reasonOf(run.outcome)).toEqual({ _tag: "RunNotOwned" })
      expect(engine.log("run").map(({ event }) => event._tag)).not.toContain("NodeCompleted")
      yield* engine.close
      expect(warnings).toEqual([expect.stringContaining('done here for nothing: "slow"')])
    }).pipe(Effect.provide(layer))
  })

  it.effect.each(skews)(
    "has its workers interrupted once it goes on, with clocks that are off by %i and %i ms",
    (skew) => {
      const { layer, warnings } = collecting()
      return Effect.gen(function* () {
        const { clocks, run, scripts, second } = yield* twoProcesses(skew)
        clocks[0].freeze()
        yield* TestClock.adjust("12 seconds")
        expect(owners(second)).toEqual(["first 1", "second 2"])
        expect(scripts[0].stopped).toEqual([])
        clocks[0].thaw()
        expect(yield* TestEngine.reasonOf(run.outcome)).toEqual({ _tag: "RunNotOwned" })
        expect(scripts[0].stopped).toEqual(["b"])
        expect(warnings).toEqual([expect.stringContaining('interrupted here: "b"')])
      }).pipe(Effect.provide(layer))
    }
  )
})
