import { describe, expect, it } from "@effect/vitest"
import type { FlowSpec } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import * as Action from "../../src/action/Action.ts"
import * as ErrorDescription from "../../src/action/ErrorDescription.ts"
import * as NodeOutput from "../../src/action/NodeOutput.ts"
import * as Secrets from "../../src/engine/Secrets.ts"
import type { LiveMessage } from "../../src/engine/RunHandle.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

/** Awkward on purpose: quotes and backslashes change in JSON, spaces and slashes in addresses. */
const canary = 'ca"na\\ry /vélue'

const environment = (values: Record<string, string>): Layer.Layer<never> =>
  ConfigProvider.layer(ConfigProvider.fromEnv({ env: values }))

const secretInput: FlowSpec.FlowSpec["inputs"] = { key: { type: "string", secret: true } }

/** Everything about a canary that could stand somewhere. */
const shapes = [canary, JSON.stringify(canary).slice(1, -1), encodeURIComponent(canary)]

const expectHidden = (what: unknown, where: string) => {
  const text =
    typeof what === "string"
      ? what
      : JSON.stringify(what, (_, value: unknown) => (value instanceof Map ? [...value] : value))
  for (const shape of shapes) {
    expect(text.includes(shape), `${where} shows ${shape}`).toBe(false)
    expect(text.includes(JSON.stringify(shape).slice(1, -1)), `${where} shows ${shape} as JSON`).toBe(false)
  }
}

describe("secrets", () => {
  const seen: Array<string> = []
  const spill = Action.fn("spill", ({ key, url }: { key: string; url: string }, { emit, log, runInputs }) => {
    seen.push(key)
    log(`got ${key}`, { key, nested: [{ key }] })
    emit({ key: [key], [key]: 1 })
    expectHidden(runInputs, "runInputs")
    return Effect.gen(function* () {
      yield* Effect.yieldNow
      return NodeOutput.make({ echo: `Bearer ${key}`, url, [key]: { deep: [key] } }, { metadata: { key } })
    })
  })
  const shout = Action.fn("shout", ({ key }: { key: string }) => {
    const error = new Error(`401 for ${key}`, {
      cause: new Error(`https://host/?k=${encodeURIComponent(key)}`)
    })
    error.stack = `Error: ${key}\n    at call (${key}:1:1)`
    return Effect.fail(error)
  })
  const strict = Action.fn("strict", ({ key }: { key: string }) => {
    throw new Error(JSON.stringify({ key }))
  })

  it.effect(
    "a secret reaches the action and nothing else: not the store, errors, logs, report, live stream",
    () =>
      Effect.gen(function* () {
        seen.length = 0
        const engine = yield* TestEngine.open({ actions: [spill, shout, strict] })
        const nodes = [
          node("a hold"),
          node("b spill", ["a"], { key: "=inputs.key", url: "https://${env.KEY}@host" }),
          node("c shout", ["a"], { key: "${env.KEY}" }),
          node("d strict", ["a"], { key: "=inputs.key" }),
          node("e ok", ["b"], { value: "=b.echo" })
        ]
        const run = yield* engine.start(flow(nodes, { onFailure: "continue" }, { inputs: secretInput }), {
          input: { key: "${env.KEY}" }
        })
        const live: Array<LiveMessage> = []
        const reader = yield* Effect.forkChild(
          Stream.runForEach(run.live(), (message) => Effect.sync(() => void live.push(message))),
          {
            startImmediately: true
          }
        )
        engine.script.release("a")
        const report = yield* run.outcome
        expect(seen).toEqual([canary])
        expect((yield* run.node("b"))?.status).toBe("completed")
        expectHidden([...engine.data.runs.values()], "the store")
        expectHidden(report, "the report")
        expect(live.length).toBeGreaterThan(10)
        expectHidden(live, "the live stream")
        expect((yield* run.node("b"))?.outputs?.["echo"]).toBe("Bearer ${env.KEY}")
        expect((yield* run.node("c"))?.error?.message).toBe("401 for ${env.KEY}")
        yield* Fiber.join(reader)
      }).pipe(Effect.provide(environment({ KEY: canary })))
  )

  it.effect("what an action logs by its context carries no secret, details included", () => {
    const lines: Array<unknown> = []
    const collect = Logger.make<unknown, void>(({ message }) => void lines.push(message))
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [spill] })
      yield* engine.runToEnd(flow([node("b spill", [], { key: "${env.KEY}", url: "" })]))
      expect(JSON.stringify(lines)).toContain("got ${env.KEY}")
      expectHidden(lines, "the log")
    }).pipe(Effect.provide([environment({ KEY: canary }), Logger.layer([collect])]))
  })

  it.effect("spans show neither what an action gave nor what it failed with", () => {
    const ended: Array<unknown> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        const end = span.end.bind(span)
        span.end = (endTime, exit) => {
          ended.push([
            span.name,
            [...span.attributes],
            exit,
            Exit.isFailure(exit) && Cause.pretty(exit.cause)
          ])
          end(endTime, exit)
        }
        return span
      }
    })
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open({ engine: { spans: true }, actions: [spill, shout, strict] })
      const key = "${env.KEY}"
      const nodes = [
        node("b spill", [], { key, url: "" }),
        node("c shout", [], { key }),
        node("d strict", [], { key })
      ]
      const run = yield* engine.start(flow(nodes, { onFailure: "continue" }))
      yield* run.outcome
      expect((yield* run.node("b"))?.outputs?.["echo"]).toBe("Bearer ${env.KEY}")
      expect((yield* run.node("c"))?.error).toMatchObject({ cause: "Failed", message: "401 for ${env.KEY}" })
      expect((yield* run.node("d"))?.error).toMatchObject({ cause: "Thrown" })
      yield* engine.close
      // A run, three attempts, and how long each of them waited for a slot.
      expect(ended).toHaveLength(7)
      const shown = inspect(ended, { depth: 20 })
      expect(shown).toContain("401 for ${env.KEY}")
      for (const shape of [...shapes, inspect(canary).slice(1, -1)]) expect(shown).not.toContain(shape)
    }).pipe(Effect.withTracer(tracer), Effect.provide(environment({ KEY: canary })))
  })

  it.effect("an error that is cut off inside of a secret shows no part of it", () => {
    const long = "x".repeat(ErrorDescription.messageMax - 3)
    const wordy = Action.fn("wordy", ({ key }: { key: string }): {} => {
      throw new Error(`${long}${key}`, { cause: new Error(`${long}${key}`) })
    })
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [wordy] })
      const run = yield* engine.start(flow([node("a wordy", [], { key: "${env.KEY}" })]))
      yield* run.outcome
      const error = (yield* run.node("a"))?.error
      expect(error?.message.startsWith(`${long}\${e…`)).toBe(true)
      expect(error?.chain?.[0]?.message.startsWith(`${long}\${e…`)).toBe(true)
    }).pipe(Effect.provide(environment({ KEY: canary })))
  })

  it.effect("a variable that is not set fails the node, names it, and is not retried", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* engine.start(
        flow([node("a ok", [], { key: "${env.NOPE}" }, { retry: { tries: 3 } })])
      )
      yield* run.outcome
      const view = yield* run.node("a")
      expect(view?.attempts).toHaveLength(1)
      expect(view?.error).toMatchObject({
        cause: "MissingVariable",
        message: expect.stringContaining("NOPE")
      })
      expect(engine.script.calls).toEqual([])
    }).pipe(Effect.provide(environment({})))
  )

  it.effect(
    "a secret input that is given as a plain value is refused, and the message does not show it",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        const started = engine.dagflow.start(
          flow([node("a ok", [], { k: "=inputs.key" })], {}, { inputs: secretInput }),
          {
            input: { key: canary }
          }
        )
        const error = yield* Effect.flip(started)
        expect(error).toMatchObject({ reason: { _tag: "InvalidInput" } })
        expectHidden(error.message, "the error")
      })
  )

  it.effect("a run that is taken up reads the environment anew", () => {
    const data = new MemoryStoreData()
    const script = new Script()
    const spec = flow(
      [node("a hold"), node("b ok", ["a"], { value: "=inputs.key" })],
      {},
      { inputs: secretInput }
    )
    const before = Effect.gen(function* () {
      const engine = yield* TestEngine.open({ data, script })
      const run = yield* engine.start(spec, { input: { key: "${env.KEY}" } })
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* engine.close
    }).pipe(Effect.provide(environment({ KEY: "old" })))
    const after = Effect.gen(function* () {
      const engine = yield* TestEngine.open({ data, script })
      const run = yield* Effect.orDie(engine.dagflow.resume("run"))
      script.release("a")
      yield* run.outcome
    }).pipe(Effect.provide(environment({ KEY: "new" })))
    return Effect.gen(function* () {
      yield* before
      yield* after
      expect(script.calls.at(-1)?.input).toEqual({ value: "new" })
    })
  })

  it.effect("texts without a variable, and with several, are filled in part by part", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const given = { x: "${env.A}-${env.B}-${env.A} $A ${A} ${env.}", y: "plain" }
      yield* engine.runToEnd(flow([node("a ok", [], given)]))
      expect(engine.script.calls[0]?.input).toEqual({ x: "1-two-1 $A ${A} ${env.}", y: "plain" })
    }).pipe(Effect.provide(environment({ A: "1", B: "two" })))
  )
})

describe("scrubbing", () => {
  it("takes the longest value first, so that no rest of it stays", () => {
    const secrets = new Map([
      ["SHORT", "ab"],
      ["LONG", "abcd"]
    ])
    expect(Secrets.scrubText("abcd ab", secrets)).toBe("${env.LONG} ${env.SHORT}")
  })

  it("does not look into what it has put there itself", () => {
    const secrets = new Map([
      ["FIRST", "hidden"],
      ["SECOND", "env"]
    ])
    expect(Secrets.scrubText("hidden env", secrets)).toBe("${env.FIRST} ${env.SECOND}")
  })

  it("an empty value hides nothing", () => {
    expect(Secrets.scrubText("abc", new Map([["EMPTY", ""]]))).toBe("abc")
  })

  it("keys are scrubbed too, and what is no text stays as it is", () => {
    const secrets = new Map([["K", "key"]])
    expect(Secrets.scrub({ key: [1, null, true, "a key"] }, secrets)).toEqual({
      "${env.K}": [1, null, true, "a ${env.K}"]
    })
  })
})
