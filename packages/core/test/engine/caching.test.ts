import { describe, expect, it } from "@effect/vitest"
import type { NodeSpec } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Action from "../../src/action/Action.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

type Cache = NonNullable<NodeSpec.NodeSpec["cache"]>

/** An engine whose runs ask one node with these inputs; answers how its node ended, and counts calls. */
const asking = (options: TestEngine.TestEngineOptions = {}) =>
  Effect.gen(function* () {
    const script = new Script()
    const data = options.data ?? new MemoryStoreData()
    const engine = yield* TestEngine.open({ data, script, ...options })
    let runs = 0
    const ask = (cache: Cache | undefined, inputs: Parameters<typeof node>[2], action = "ok") =>
      Effect.gen(function* () {
        const spec = flow([node(`a ${action}`, [], inputs, cache === undefined ? {} : { cache })])
        const run = yield* engine.start(spec, { id: `run ${runs++}` })
        yield* Effect.orDie(run.outcome)
        const { cached } = (yield* Effect.orDie(run.report)).totals
        const view = yield* Effect.orDie(run.node("a"))
        expect(cached).toBe(view?.cachedAtMillis === undefined ? 0 : 1)
        return view
      })
    return { engine, script, data, ask }
  })

describe("row 98: outputs of the same action for the same inputs are used again", () => {
  it.effect("never, unless a node or its action says so", () =>
    Effect.gen(function* () {
      const { ask, script } = yield* asking()
      for (const cache of [undefined, false] as const) {
        for (let time = 0; time < 2; time++) {
          expect((yield* ask(cache, { value: 1 }))?.cachedAtMillis).toBeUndefined()
        }
      }
      expect(script.calls).toHaveLength(4)
    })
  )

  it.effect("always: for ever, in this run and in others, marked with the time of the first", () =>
    Effect.gen(function* () {
      const { ask, data, script } = yield* asking()
      yield* TestClock.setTime(5_000)
      expect((yield* ask({}, { value: 1 }))?.cachedAtMillis).toBeUndefined()
      expect([...data.cached.values()]).toMatchObject([{ atMillis: 5_000, expiresAtMillis: undefined }])
      yield* TestClock.adjust("10 minutes")
      expect(yield* ask({}, { value: 1 })).toMatchObject({ outputs: { value: 1 }, cachedAtMillis: 5_000 })
      expect(script.calls).toHaveLength(1)
    })
  )

  it.effect("for a time: up to its last millisecond, then the action is asked again", () =>
    Effect.gen(function* () {
      const { ask, script } = yield* asking()
      const cache = { ttlMillis: 60_000 }
      yield* ask(cache, { value: 1 })
      yield* TestClock.adjust(59_999)
      expect((yield* ask(cache, { value: 1 }))?.cachedAtMillis).toBe(0)
      yield* TestClock.adjust(1)
      expect((yield* ask(cache, { value: 1 }))?.cachedAtMillis).toBeUndefined()
      expect((yield* ask(cache, { value: 1 }))?.cachedAtMillis).toBe(60_000)
      expect(script.calls).toHaveLength(2)
    })
  )

  it.effect("a shorter time counts for outputs that were kept for a longer one", () =>
    Effect.gen(function* () {
      const { ask } = yield* asking()
      yield* ask({ ttlMillis: 60_000 }, { value: 1 })
      yield* TestClock.adjust(10_000)
      expect((yield* ask({ ttlMillis: 10_001 }, { value: 1 }))?.cachedAtMillis).toBe(0)
      expect((yield* ask({ ttlMillis: 10_000 }, { value: 1 }))?.cachedAtMillis).toBeUndefined()
    })
  )

  it.effect("other inputs, another action and another version are asked for themselves", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const version = (text: string) => Action.fn("versioned", () => ({ text }), { version: text })
      const first = yield* asking({ data, actions: [version("1")] })
      for (const value of [1, "1", null, [1], { a: 1 }]) {
        expect((yield* first.ask({}, { value }))?.cachedAtMillis).toBeUndefined()
      }
      expect((yield* first.ask({}, { value: 1, more: 1 }))?.cachedAtMillis).toBeUndefined()
      expect((yield* first.ask({}, { value: 1 }, "later"))?.cachedAtMillis).toBeUndefined()
      expect((yield* first.ask({}, {}, "versioned"))?.outputs).toEqual({ text: "1" })
      yield* first.engine.close
      data.runs.clear()
      const second = yield* asking({ data, actions: [version("2")] })
      expect(yield* second.ask({}, {}, "versioned")).toMatchObject({ outputs: { text: "2" } })
    })
  )

  it.effect("only the inputs of the key have to be the same", () =>
    Effect.gen(function* () {
      const { ask } = yield* asking()
      const cache = { key: ["value"] }
      yield* ask(cache, { value: 1, at: "monday" })
      expect((yield* ask(cache, { value: 1, at: "tuesday" }))?.cachedAtMillis).toBe(0)
      expect((yield* ask(cache, { value: 2, at: "monday" }))?.cachedAtMillis).toBeUndefined()
    })
  )

  it.effect("an action says it for all of its nodes, and a node may say otherwise", () =>
    Effect.gen(function* () {
      let calls = 0
      const count = Action.fn("count", ({ of }: { of: string }) => ({ of, calls: ++calls }), {
        cache: { ttl: "1 minute", key: ["of"] }
      })
      const { ask } = yield* asking({ actions: [count] })
      yield* ask(undefined, { of: "x" }, "count")
      expect((yield* ask(undefined, { of: "x" }, "count"))?.outputs).toEqual({ of: "x", calls: 1 })
      expect((yield* ask(false, { of: "x" }, "count"))?.outputs).toEqual({ of: "x", calls: 2 })
      yield* TestClock.adjust("1 minute")
      expect((yield* ask(undefined, { of: "x" }, "count"))?.outputs).toEqual({ of: "x", calls: 3 })
    })
  )

  it.effect("failures are not kept, and a retry that succeeds is", () =>
    Effect.gen(function* () {
      const { engine, script } = yield* asking()
      const spec = flow([
        node("a flaky", [], { failures: 1 }, { cache: {}, retry: { tries: 2, backoff: "immediate" } })
      ])
      for (const id of ["first", "second"]) {
        const run = yield* engine.start(spec, { id })
        yield* Effect.orDie(run.outcome)
        expect((yield* Effect.orDie(run.report)).totals.cached).toBe(id === "second" ? 1 : 0)
      }
      expect(script.calls).toHaveLength(2)
      const failing = flow([node("a fail", [], {}, { cache: {} })])
      for (const id of ["third", "fourth"])
        yield* Effect.orDie((yield* engine.start(failing, { id })).outcome)
      expect(script.calls).toHaveLength(4)
    })
  )

  it.effect("metadata is used again and usage is not, since nothing was used", () =>
    Effect.gen(function* () {
      const paid = Action.fn("paid", () =>
        NodeOutput.make({ text: "x" }, { metadata: { model: "m" }, usage: { tokens: 9 } })
      )
      const { ask } = yield* asking({ actions: [paid] })
      expect(yield* ask({}, {}, "paid")).toMatchObject({ metadata: { model: "m" }, usage: { tokens: 9 } })
      const again = yield* ask({}, {}, "paid")
      expect(again?.metadata).toEqual({ model: "m" })
      expect(again?.usage).toBeUndefined()
    })
  )

  it.effect(
    "what depends on cached outputs gets them, large ones too, and keeps them when the first run is pruned",
    () =>
      Effect.gen(function* () {
        let calls = 0
        const large = Action.fn("large", () => ({ text: "x".repeat(5_000), calls: ++calls }))
        const data = new MemoryStoreData()
        const engine = yield* TestEngine.open({ data, actions: [large] })
        const spec = flow(
          [node("a large", [], {}, { cache: {} }), node("b ok", ["a"], { value: "=a.text" }, { cache: {} })],
          { artifactBytesMin: 1_000 }
        )
        yield* Effect.orDie((yield* engine.start(spec, { id: "first" })).outcome)
        data.remove(data.runs.get("first") ?? expect.fail("there is no run"))
        const run = yield* engine.start(spec, { id: "second" })
        expect((yield* Effect.orDie(run.outcome)).totals.cached).toBe(2)
        expect(yield* Effect.orDie(run.outputs)).toEqual({ b: { value: "x".repeat(5_000) } })
        expect(calls).toBe(1)
        expect(JSON.stringify(engine.log("second")).length).toBeLessThan(5_000)
      })
  )

  it.effect("a value of the environment counts by its name and is nowhere in the store", () =>
    Effect.gen(function* () {
      const { ask, data } = yield* asking()
      const inputs = { value: 1, token: "${env.TOKEN}" }
      yield* ask({}, inputs)
      expect((yield* ask({}, inputs))?.cachedAtMillis).toBe(0)
      expect((yield* ask({}, { ...inputs, token: "${env.OTHER}" }))?.cachedAtMillis).toBeUndefined()
      // A template is not the text that it is written as, nor one in another place.
      expect((yield* ask({}, { token: 1, value: "${env.TOKEN}" }))?.cachedAtMillis).toBeUndefined()
      yield* ask({}, { value: "${env.TOKEN}", token: "${env.OTHER}" })
      const swapped = { token: "${env.TOKEN}", value: "${env.OTHER}" }
      expect((yield* ask({}, swapped))?.cachedAtMillis).toBeUndefined()
      expect(JSON.stringify([...data.cached])).not.toContain("s3cret")
    }).pipe(
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromUnknown({ TOKEN: "s3cret", OTHER: "s3cret-too" })
      )
    )
  )

  it.effect("outputs that the action's schema does not take any more are made anew", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const run = (count: unknown) => () => ({ count }) as never
      const texts = {
        input: Schema.Struct({}),
        output: Schema.Struct({ count: Schema.String }),
        run: run("1")
      }
      const numbers = { input: Schema.Struct({}), output: Schema.Struct({ count: Schema.Int }), run: run(1) }
      const first = yield* asking({ data, actions: [Action.make("typed", texts)] })
      yield* first.ask({}, {}, "typed")
      yield* first.engine.close
      data.runs.clear()
      const second = yield* asking({ data, actions: [Action.make("typed", numbers)] })
      expect(yield* second.ask({}, {}, "typed")).toMatchObject({ outputs: { count: 1 } })
    })
  )

  it.effect("a cache that fails costs a warning and never a node; a store without one is not asked", () => {
    const warnings: Array<string> = []
    const logger = Logger.make<unknown, void>(({ message }) => void warnings.push(String(message)))
    return Effect.gen(function* () {
      const { ask } = yield* asking({
        driver: (driver) => ({
          ...driver,
          getCached: (key) => Effect.as(driver.getArtifact(key), undefined),
          putCached: (output) => driver.putCached({ ...output, content: "\ud83d" })
        })
      })
      expect((yield* ask({}, { value: 1 }))?.status).toBe("completed")
      expect(warnings).toEqual([expect.stringContaining("cached outputs could not be kept")])
      const without = yield* asking({
        driver: (driver) => ({
          ...driver,
          abilities: { ...driver.abilities, cache: false },
          getCached: () => Effect.die(new Error("asked")),
          putCached: () => Effect.die(new Error("asked"))
        })
      })
      for (let time = 0; time < 2; time++) {
        expect((yield* without.ask({}, { value: 1 }))?.cachedAtMillis).toBeUndefined()
      }
    }).pipe(Effect.provide(Logger.layer([logger])))
  })
})
