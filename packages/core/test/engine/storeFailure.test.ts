import { describe, expect, it } from "@effect/vitest"
import { type StoreDriverShape, StoreError } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import { story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const unavailable = (operation: string) =>
  Effect.fail(
    new StoreError({ operation, runId: "run", reason: { _tag: "Unavailable", message: "the disk is away" } })
  )

/** A store whose operations fail while a test says so. */
const failing = () => {
  const broken = new Set<keyof StoreDriverShape>()
  const driver = (real: StoreDriverShape): StoreDriverShape => {
    const guard = <A>(name: keyof StoreDriverShape, effect: Effect.Effect<A, StoreError>) =>
      Effect.suspend(() => (broken.has(name) ? unavailable(name) : effect))
    return {
      ...real,
      create: (run) => guard("create", real.create(run)),
      append: (request) => guard("append", real.append(request)),
      renew: (renewal) => guard("renew", real.renew(renewal)),
      readMail: (runId, limit) => guard("readMail", real.readMail(runId, limit)),
      putArtifact: (runId, hash, text) => guard("putArtifact", real.putArtifact(runId, hash, text)),
      getArtifact: (hash) => guard("getArtifact", real.getArtifact(hash))
    }
  }
  return { broken, driver }
}

const nodes = [node("a hold"), node("b ok", ["a"])]

const begun = (engine: TestEngine.TestEngineOptions["engine"] = {}, spec = flow(nodes)) =>
  Effect.gen(function* () {
    const { broken, driver } = failing()
    const world = yield* TestEngine.open({ driver, engine })
    const run = yield* world.start(spec)
    yield* TestEngine.awaitNode(run, "NodeStarted", "a")
    return { broken, world, run }
  })

describe("row 144: a store that fails is seen", () => {
  it.effect(
    "one that is away for a while is waited for; workers go on, and nothing is lost or done twice",
    () =>
      Effect.gen(function* () {
        const { broken, run, world } = yield* begun(
          {},
          flow([node("a hold"), node("b hold"), node("c ok", ["a", "b"])])
        )
        broken.add("append")
        world.script.release("a")
        yield* TestClock.adjust("30 seconds")
        world.script.release("b")
        yield* TestClock.adjust("10 seconds")
        expect(world.script.called).toEqual(["a", "b"])
        broken.clear()
        yield* TestClock.adjust("2 seconds")
        expect((yield* run.outcome).status).toBe("completed")
        expect(world.script.called).toEqual(["a", "b", "c"])
      })
  )

  it.effect(
    "past storePatience the run is given up with a typed error that says where it stood, and can be taken up",
    () =>
      Effect.gen(function* () {
        const { broken, run, world } = yield* begun(
          { storePatience: "5 seconds" },
          flow([...nodes, node("z never")])
        )
        const outcome = yield* Effect.forkChild(Effect.flip(run.outcome))
        broken.add("append")
        world.script.release("a")
        yield* TestClock.adjust("8 seconds")
        const error = yield* Fiber.join(outcome)
        expect(error).toMatchObject({
          reason: { _tag: "StoreFailed", operation: "append", reason: { _tag: "Unavailable" } },
          isRetryable: true,
          context: { runId: "run", flow: "test" }
        })
        expect(error.message).toContain("the disk is away")
        expect(world.script.stopped).toEqual(["z"])
        broken.clear()
        const again = yield* Effect.orDie(world.dagflow.resume("run"))
        yield* TestEngine.awaitNode(again, "NodeCompleted", "b")
        yield* again.cancel()
        expect(story(world.log("run"))[2]).toBe("a fails OwnerLost retry")
      })
  )

  it.effect("what was decided and not written never happened: nobody is shown it", () =>
    Effect.gen(function* () {
      const { broken, run, world } = yield* begun({ storePatience: "1 second" })
      const seen: Array<string> = []
      const follower = yield* Effect.forkChild(
        Effect.exit(
          Stream.runForEach(run.events(), ({ event }) => Effect.sync(() => void seen.push(event._tag)))
        ),
        { startImmediately: true }
      )
      broken.add("append")
      const sent = yield* Effect.forkChild(TestEngine.reasonOf(run.send({ _tag: "EmitEvent", name: "lost" })))
      world.script.release("a")
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(follower)
      expect(yield* Fiber.join(sent)).toMatchObject({ _tag: "StoreFailed" })
      expect(seen).toEqual(["RunStarted", "RunOwned", "NodeStarted"])
      expect(yield* TestEngine.reasonOf(run.node("a"))).toMatchObject({ _tag: "StoreFailed" })
    })
  )

  it.effect("slots that were taken for starts that could not be written are free for other runs", () =>
    Effect.gen(function* () {
      const { broken, driver } = failing()
      const world = yield* TestEngine.open({ driver, engine: { maxParallel: 2, storePatience: "1 second" } })
      const lost = yield* world.start(flow([node("a ok"), node("b ok")]), { id: "lost" })
      broken.add("append")
      const waiting = yield* Effect.forkChild(TestEngine.reasonOf(lost.outcome))
      yield* TestClock.adjust("5 seconds")
      expect(yield* Fiber.join(waiting)).toMatchObject({ _tag: "StoreFailed" })
      broken.clear()
      const other = yield* world.start(flow([node("c ok"), node("d ok")]), { id: "other" })
      expect((yield* other.outcome).status).toBe("completed")
    })
  )

  it.effect("a run that cannot be created fails its start", () =>
    Effect.gen(function* () {
      const { broken, driver } = failing()
      const world = yield* TestEngine.open({ driver })
      broken.add("create")
      const error = yield* Effect.flip(world.dagflow.start(flow(nodes), { id: "run" }))
      expect(error).toMatchObject({
        _tag: "RunError",
        runId: "run",
        reason: { _tag: "StoreFailed", operation: "create" }
      })
    })
  )

  it.effect("a lease that cannot be renewed for a while is renewed later", () =>
    Effect.gen(function* () {
      const { broken, run, world } = yield* begun({ lease: "3 seconds" })
      broken.add("renew")
      yield* TestClock.adjust("10 seconds")
      broken.clear()
      yield* TestClock.adjust("1 second")
      expect(world.data.runs.get("run")?.leaseUntilMillis).toBe(14_000)
      world.script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("mail that could not be read is read once the store is back", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const { broken, driver } = failing()
      const owner = yield* TestEngine.open({ data, script, driver })
      const run = yield* owner.start(flow(nodes))
      const other = yield* TestEngine.open({ data, script })
      broken.add("readMail")
      const sending = yield* Effect.forkChild(other.dagflow.send("run", { _tag: "EmitEvent", name: "note" }))
      yield* TestClock.adjust("5 seconds")
      broken.clear()
      yield* TestClock.adjust("2 seconds")
      expect((yield* Fiber.join(sending))?.sequence).toBeGreaterThan(0)
      yield* run.cancel()
    })
  )

  it.effect("an artifact that cannot be kept or fetched is tried again while the store is away", () =>
    Effect.gen(function* () {
      const { broken, driver } = failing()
      const world = yield* TestEngine.open({ driver })
      broken.add("putArtifact").add("getArtifact")
      const big = "x".repeat(400)
      const run = yield* world.start(
        flow([node("a ok", [], { value: big }), node("b ok", ["a"], { value: "=a.value" })], {
          artifactBytesMin: 300
        })
      )
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("10 seconds")
      broken.delete("putArtifact")
      yield* TestClock.adjust("5 seconds")
      broken.delete("getArtifact")
      yield* TestClock.adjust("5 seconds")
      expect((yield* run.outcome).status).toBe("completed")
      expect(world.script.calls.at(-1)?.input).toEqual({ value: big })
    })
  )
})

describe("a store that is corrupt", () => {
  it.effect("fails the take-up with what is wrong, and claims nothing", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, isUnchecked: true })
      yield* TestEngine.awaitNode(yield* first.start(flow(nodes)), "NodeStarted", "a")
      yield* first.close
      const cases: ReadonlyArray<readonly [string, string]> = [
        ["{", "event 3"],
        ['{"_tag":"NodeStarted"}', "event 3"],
        ['{"_tag":"Nonsense"}', "event 3"]
      ]
      for (const [text, place] of cases) {
        const stored = data.runs.get("run")?.events[2]
        if (stored !== undefined) Object.assign(stored, { event: text })
        const second = yield* TestEngine.open({ data, isUnchecked: true })
        const reason = yield* TestEngine.reasonOf(second.dagflow.resume("run"))
        expect(reason).toMatchObject({
          _tag: "StoreFailed",
          reason: { _tag: "Corrupt", message: expect.stringContaining(place) }
        })
        expect(yield* TestEngine.reasonOf(second.dagflow.report("run"))).toMatchObject({
          _tag: "StoreFailed"
        })
        expect(data.runs.get("run")?.owner).toBeUndefined()
      }
    })
  )

  it.effect(
    "claims that cannot be renewed for an hour are told of once, in one line, and once when they can",
    () => {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ cause, message }) => {
        lines.push([message, ...cause.reasons].map(String).join(" "))
      })
      return Effect.gen(function* () {
        const { broken } = yield* begun()
        broken.add("renew")
        yield* TestClock.adjust("1 hour")
        expect(lines).toEqual([
          'the claims of the runs could not be renewed, which is tried again: renew of run "run": the store is not available: the disk is away'
        ])
        broken.clear()
        yield* TestClock.adjust("1 hour")
        expect(lines.slice(1)).toEqual(["the store is available again"])
        broken.add("renew")
        yield* TestClock.adjust("1 hour")
        expect(lines).toHaveLength(3)
      }).pipe(Effect.provide(Logger.layer([logger])))
    }
  )

  it.effect("an event that the tables do not allow is corrupt too", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const first = yield* TestEngine.open({ data, isUnchecked: true })
      yield* TestEngine.awaitNode(yield* first.start(flow(nodes)), "NodeStarted", "a")
      yield* first.close
      const stored = data.runs.get("run")?.events[2]
      if (stored !== undefined)
        Object.assign(stored, { event: '{"_tag":"NodeStarted","nodeId":"nobody","attempt":1}' })
      const second = yield* TestEngine.open({ data, isUnchecked: true })
      const reason = yield* TestEngine.reasonOf(second.dagflow.resume("run"))
      expect(reason).toMatchObject({
        _tag: "StoreFailed",
        reason: { _tag: "Corrupt", message: expect.stringContaining("nobody") }
      })
    })
  )
})

describe("events that no store takes", () => {
  it.effect("outputs that are too large for one event fail the node, and the run goes on", () =>
    Effect.gen(function* () {
      // Three bytes each in UTF-8: fewer characters than payloadBytesMax, and more bytes than a store takes at once.
      const parts = Array.from({ length: 30 }, () => "€".repeat(800_000))
      const large = Action.fn("large", () =>
        Object.fromEntries(parts.map((part, index) => [`p${index}`, part]))
      )
      const world = yield* TestEngine.open({ actions: [large] })
      const config = {
        payloadBytesMax: 200_000_000,
        artifactBytesMin: 100_000_000,
        onFailure: "continue"
      } as const
      const run = yield* world.start(flow([node("a large"), node("b ok")], config))
      expect((yield* run.outcome).totals.byStatus).toMatchObject({ failed: 1, completed: 1 })
      expect((yield* run.node("a"))?.error?.cause).toBe("TooLarge")
    })
  )
})
