import { describe, expect, it } from "@effect/vitest"
import type { FlowSpec } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { lines, story } from "../world/EventLine.ts"
import { chain, flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const nodes = [node("a ok"), node("b hold", ["a"]), node("c ok", ["b"])]

/** A run that is in the middle of `b`, owned by the first of two processes. */
const midway = (options: TestEngine.TestEngineOptions = {}) =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const script = new Script()
    const first = yield* TestEngine.open({ data, script, ...options })
    const run = yield* first.start(flow(nodes))
    yield* TestEngine.awaitNode(run, "NodeStarted", "b")
    return { data, script, first, run }
  })

describe("row 139, promises (1), (2): a run goes on after a crash", () => {
  it.effect(
    "finished nodes do not run again, the one in flight runs again with the next attempt and the same key",
    () =>
      Effect.gen(function* () {
        const { data, first, script } = yield* midway()
        first.kill()
        yield* TestClock.adjust("10 seconds")
        const second = yield* TestEngine.open({ data, script })
        const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
        script.release("b")
        expect((yield* resumed.outcome).status).toBe("completed")
        expect(script.calls.map(({ attempt, key, nodeId }) => [nodeId, attempt, key])).toEqual([
          ["a", 1, "run/a"],
          ["b", 1, "run/b"],
          ["b", 2, "run/b"],
          ["c", 1, "run/c"]
        ])
        expect(lines(second.log("run")).slice(5, 8)).toEqual([
          "RunOwned",
          "b fails OwnerLost retry",
          "b starts 2"
        ])
      })
  )

  it.effect.each(Array.from({ length: 9 }, (_, at) => at))(
    "killed after event %s of a chain, each node completes once",
    (at) =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const script = new Script()
        let appended = 2
        const first = yield* TestEngine.open({
          data,
          script,
          driver: (driver) => ({
            ...driver,
            append: (request) =>
              appended >= at + 2
                ? Effect.never
                : Effect.tap(driver.append(request), () =>
                    Effect.sync(() => (appended += request.events.length))
                  )
          })
        })
        yield* first.start(flow(chain(5, "n* later")))
        yield* TestClock.adjust("1 second")
        first.kill()
        yield* TestClock.adjust("11 seconds")
        const second = yield* TestEngine.open({ data, script })
        const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
        yield* TestClock.adjust("1 minute")
        expect((yield* resumed.outcome).status).toBe("completed")
        const completed = second.log("run").filter(({ event }) => event._tag === "NodeCompleted")
        expect(completed).toHaveLength(5)
      })
  )

  it.effect("R3: attempts that are lost again and again use up no tries, and in the end the node fails", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const spec = flow([node("a hold", [], {}, { retry: { tries: 2 } })], { maxLostAttempts: 2 })
      const starting = yield* TestEngine.open({ data, script })
      yield* TestEngine.awaitNode(yield* starting.start(spec), "NodeStarted", "a")
      yield* starting.close
      for (const attempt of [2, 3]) {
        const next = yield* TestEngine.open({ data, script })
        yield* TestEngine.awaitNode(yield* next.start(spec), "NodeStarted", "a", attempt)
        yield* next.close
      }
      const last = yield* TestEngine.open({ data, script })
      const run = yield* last.start(spec)
      yield* run.outcome
      expect(yield* run.node("a")).toMatchObject({ status: "failed", error: { cause: "OwnerLost" } })
      expect(script.count("a")).toBe(3)
    })
  )

  it.effect("a retry that was waiting still waits its time", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const spec = flow([
        node("a flaky", [], { failures: 1 }, { retry: { tries: 2, initialMillis: 30_000, jitter: 0 } })
      ])
      const first = yield* TestEngine.open({ data, script })
      yield* TestEngine.awaitNode(yield* first.start(spec), "NodeFailed", "a")
      yield* TestClock.adjust("5 seconds")
      yield* first.close
      const second = yield* TestEngine.open({ data, script })
      const run = yield* second.start(spec)
      yield* TestClock.adjust("24 seconds")
      expect(script.count("a")).toBe(1)
      yield* TestClock.adjust("1 second")
      expect((yield* run.outcome).elapsedMillis).toBe(30_000)
    })
  )
})

describe("I2, promise (6): one writer", () => {
  it.effect("a run with a living owner is not taken: RunNotOwned says whose it is", () =>
    Effect.gen(function* () {
      const { data, run, script } = yield* midway({ engine: { owner: "first" } })
      const second = yield* TestEngine.open({ data, script })
      expect(yield* TestEngine.reasonOf(second.dagflow.resume("run"))).toEqual({
        _tag: "RunNotOwned",
        owner: "first"
      })
      script.release("b")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect(
    "row 141: one that is taken by force is lost to the first owner, who stops its work and writes nothing more",
    () =>
      Effect.gen(function* () {
        const { data, run, script } = yield* midway()
        const second = yield* TestEngine.open({ data, script })
        const resumed = yield* Effect.orDie(second.dagflow.resume("run", { force: true }))
        yield* TestEngine.awaitNode(resumed, "NodeStarted", "b", 2)
        // The first owner is told by the refusal of what it wants to write next.
        const refused = yield* Effect.forkChild(
          TestEngine.reasonOf(run.send({ _tag: "EmitEvent", name: "stale" }))
        )
        expect(yield* Fiber.join(refused)).toMatchObject({ _tag: "RunNotOwned" })
        expect(script.stopped).toEqual(["b"])
        for (const stale of [run.outcome, run.outputs, run.report, run.node("b")]) {
          expect(yield* TestEngine.reasonOf(Effect.asVoid(stale))).toMatchObject({ _tag: "RunNotOwned" })
        }
        script.release("b")
        expect((yield* resumed.outcome).status).toBe("completed")
        expect(story(second.log("run")).join()).not.toContain("emits")
      })
  )

  it.effect("an owner that lost its lease without knowing is told by the next renewal", () =>
    Effect.gen(function* () {
      const { data, run, script } = yield* midway({ engine: { lease: "3 seconds" } })
      const second = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(second.dagflow.resume("run", { force: true }))
      const lost = yield* Effect.forkChild(TestEngine.reasonOf(run.outcome))
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(lost)).toMatchObject({ _tag: "RunNotOwned" })
      expect(script.stopped).toEqual(["b"])
      script.release("b")
      yield* resumed.outcome
    })
  )

  it.effect("a lease is renewed for as long as the owner lives", () =>
    Effect.gen(function* () {
      const { data, run, script } = yield* midway({ engine: { lease: "3 seconds" } })
      const second = yield* TestEngine.open({ data, script })
      for (let at = 0; at < 5; at++) {
        yield* TestClock.adjust("2 seconds")
        expect(yield* TestEngine.reasonOf(second.dagflow.resume("run"))).toMatchObject({
          _tag: "RunNotOwned"
        })
      }
      script.release("b")
      yield* run.outcome
    })
  )

  it.effect("promise (5): a dead owner's run is free after its lease, and not before", () =>
    Effect.gen(function* () {
      const { data, first, script } = yield* midway({ engine: { lease: "3 seconds" } })
      first.kill()
      const second = yield* TestEngine.open({ data, script })
      yield* TestClock.adjust("2999 millis")
      expect(yield* TestEngine.reasonOf(second.dagflow.resume("run"))).toMatchObject({ _tag: "RunNotOwned" })
      yield* TestClock.adjust("1 millis")
      const resumed = yield* Effect.orDie(second.dagflow.resume("run"))
      script.release("b")
      expect((yield* resumed.outcome).status).toBe("completed")
    })
  )

  it.effect("of two that want it at once one gets it", () =>
    Effect.gen(function* () {
      const { data, first, script } = yield* midway()
      yield* first.close
      const engines = yield* Effect.forEach([1, 2], () => TestEngine.open({ data, script }))
      const claims = yield* Effect.forEach(engines, (engine) => Effect.result(engine.dagflow.resume("run")), {
        concurrency: "unbounded"
      })
      expect(claims.map((claim) => claim._tag).sort()).toEqual(["Failure", "Success"])
      script.release("b")
      yield* Effect.forEach(claims, (claim) =>
        claim._tag === "Success" ? claim.success.outcome : Effect.void
      )
    })
  )
})

describe("starting what exists", () => {
  it.effect("a run of that id goes on where it stands; one that is over gives its outputs again", () =>
    Effect.gen(function* () {
      const { data, first, script } = yield* midway()
      yield* first.close
      const second = yield* TestEngine.open({ data, script })
      const run = yield* second.start(flow(nodes))
      script.release("b")
      const outputs = yield* run.outputs
      const again = yield* second.start(flow(nodes))
      expect(yield* again.outputs).toEqual(outputs)
      expect(script.called).toEqual(["a", "b", "b", "c"])
    })
  )

  it.effect("two starts at once are one run", () =>
    Effect.gen(function* () {
      // A store that answers later than at once is what lets both starts see that there is no run.
      const slow = <A, E>(effect: Effect.Effect<A, E>) => Effect.andThen(Effect.yieldNow, effect)
      const engine = yield* TestEngine.open({
        driver: (driver) => ({
          ...driver,
          create: (run) => slow(driver.create(run)),
          get: (id) => slow(driver.get(id)),
          read: (...range) => slow(driver.read(...range)),
          claim: (claim) => slow(driver.claim(claim))
        })
      })
      const handles = yield* Effect.forEach([1, 2, 3], () => engine.start(flow(chain(3))), {
        concurrency: "unbounded"
      })
      yield* Effect.forEach(handles, (run) => run.outcome, { concurrency: "unbounded" })
      expect(engine.script.called).toEqual(["n0", "n1", "n2"])
    })
  )

  it.effect("two take-ups of one process at once are one", () =>
    Effect.gen(function* () {
      const { data, first, script } = yield* midway()
      yield* first.close
      const second = yield* TestEngine.open({
        data,
        script,
        driver: (driver) => ({
          ...driver,
          claim: (claim) => Effect.andThen(Effect.yieldNow, driver.claim(claim))
        })
      })
      const handles = yield* Effect.forEach([1, 2], () => second.dagflow.resume("run"), {
        concurrency: "unbounded"
      })
      script.release("b")
      yield* Effect.forEach(handles, (run) => run.outcome)
      expect(script.count("b")).toBe(2)
    })
  )

  it.effect("another definition under the same id is FlowChanged", () =>
    Effect.gen(function* () {
      const { data, first, script } = yield* midway()
      yield* first.close
      const second = yield* TestEngine.open({ data, script })
      const changed = flow([...nodes, node("d ok")])
      const error = yield* Effect.flip(second.dagflow.start(changed, { id: "run" }))
      expect(error).toMatchObject({ _tag: "RunError", reason: { _tag: "FlowChanged" } })
      const permuted = flow([...nodes].reverse())
      const run = yield* second.start(permuted)
      script.release("b")
      yield* run.outcome
    })
  )

  it.effect("other inputs under the same id are InputsChanged, while it goes on and after it", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const daily: FlowSpec.FlowSpec = {
        ...flow([node("a hold")]),
        inputs: { day: { type: "string" }, rows: { type: "array", default: [1, { b: 2, a: 1 }] } }
      }
      const start = (input: Readonly<Record<string, Schema.Json>>) =>
        Effect.catchTag(engine.dagflow.start(daily, { id: "run", input }), "DefinitionError", Effect.die)
      const run = yield* start({ day: "monday" })
      const changed = { _tag: "InputsChanged", names: ["day", "rows"] }
      expect(yield* TestEngine.reasonOf(start({ day: "sunday", rows: [] }))).toEqual(changed)
      // Equal values are equal however they are written, and a default is as good as its value.
      yield* start({ rows: [1, { a: 1, b: 2 }], day: "monday" })
      engine.script.release("a")
      yield* run.outcome
      expect(yield* TestEngine.reasonOf(start({ day: "sunday", rows: [] }))).toEqual(changed)
      yield* Effect.flatMap(start({ day: "monday" }), (again) => again.outcome)
    })
  )

  it.effect("an unknown run is RunNotFound", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      expect(yield* TestEngine.reasonOf(engine.dagflow.resume("nobody"))).toEqual({ _tag: "RunNotFound" })
      expect(yield* TestEngine.reasonOf(engine.dagflow.report("nobody"))).toEqual({ _tag: "RunNotFound" })
    })
  )

  it.effect("an id that no store takes is refused", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      for (const id of ["", "x".repeat(2000)]) {
        const error = yield* Effect.flip(engine.dagflow.start(flow([]), { id }))
        expect(error).toMatchObject({ reason: { _tag: "InvalidInput" } })
      }
    })
  )
})
