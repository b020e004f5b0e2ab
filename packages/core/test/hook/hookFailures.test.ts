import { describe, expect, it } from "@effect/vitest"
import type { Command } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/testing/TestClock"
import type * as Hook from "../../src/hook/Hook.ts"
import { lines, story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Boom } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const x: Command.Command = { _tag: "AddNode", node: { id: "x", action: "ok" } }

const hookOf = (answer: () => unknown, rest: Partial<Hook.Hook> = {}): Hook.Any<never> => ({
  name: "h",
  on: ["NodeCompleted"],
  handle: answer as () => ReadonlyArray<Command.Command>,
  ...rest
})

const other: Hook.Any<never> = {
  name: "other",
  on: ["NodeCompleted"],
  handle: ({ event }) =>
    event._tag === "NodeCompleted" && event.nodeId === "a" ? [{ ...x, node: { id: "y", action: "ok" } }] : []
}

const raise = (error: unknown) => () => {
  throw error
}

describe("rows 37, 38: a hook that fails", () => {
  const table: ReadonlyArray<readonly [string, () => unknown, string, RegExp]> = [
    ["throws", raise(new Error("broken")), "Failed", /Error: broken/],
    ["throws null", raise(null), "Failed", /null/],
    ["rejects", () => Promise.reject(new Error("broken")), "Failed", /Error: broken/],
    ["rejects with undefined", () => Promise.reject(undefined), "Failed", /undefined/],
    ["fails", () => Effect.fail(new Boom({ message: "broken" })), "Failed", /Boom: broken/],
    ["dies", () => Effect.die(new Error("broken")), "Failed", /broken/],
    ["interrupts itself", () => Effect.interrupt, "Failed", /interrupted/],
    ["answers text", () => "AddNode", "InvalidAnswer", /answered string/],
    ["answers an object", () => ({ commands: [x] }), "InvalidAnswer", /answered object/],
    ["answers text by a promise", () => Promise.resolve("AddNode"), "InvalidAnswer", /answered string/]
  ]
  it.effect.each(table)(
    "one that %s is recorded, changes nothing, and the run and the other hooks go on",
    ([, answer, cause, message]) =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open({ hooks: [hookOf(answer), other] })
        const log = yield* engine.runToEnd(flow([node("a ok"), node("b ok", ["a"])]))
        const failed = log.find(({ event }) => event._tag === "HookFailed")?.event
        expect(failed).toMatchObject({
          hook: "h",
          sequence: 4,
          cause,
          message: expect.stringMatching(message)
        })
        expect(lines(log)).toContain("adds y")
        expect(log.at(-1)?.event._tag).toBe("RunCompleted")
      })
  )

  it.effect("row 38: commands before the failure are not applied", () =>
    Effect.gen(function* () {
      const commands: Array<Command.Command> = []
      const hook = hookOf(() => {
        commands.push(x)
        throw new Error("half way")
      })
      const engine = yield* TestEngine.open({ hooks: [hook] })
      yield* engine.runToEnd(flow([node("a ok")]))
      expect(engine.script.called).toEqual(["a"])
    })
  )

  it.effect("row 37: with onHookFailure: fail the run ends, and says which hook", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ hooks: [hookOf(raise(new Error("broken")))] })
      const run = yield* engine.start(
        flow([node("a ok"), node("b ok", ["a"]), node("c never")], { onHookFailure: "fail" })
      )
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({
        _tag: "HookFailed",
        hook: "h",
        message: "Error: broken"
      })
      expect(engine.script.stopped).toEqual(["c"])
    })
  )
})

describe("row 39: a hook that does not answer", () => {
  const table: ReadonlyArray<readonly [string, () => unknown]> = [
    ["an Effect that never ends", () => Effect.never],
    ["a promise that never settles", () => new Promise(() => undefined)],
    ["an Effect that cannot be interrupted", () => Effect.uninterruptible(Effect.never)]
  ]
  it.effect.each(table)("%s is given up after 30 s, and the run goes on", ([, answer]) =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ hooks: [hookOf(answer)] })
      const run = yield* engine.start(flow([node("a ok"), node("b ok", ["a"])]))
      yield* TestEngine.awaitNode(run, "NodeCompleted", "a")
      yield* TestClock.adjust("29999 millis")
      expect((yield* run.node("b"))?.status).toBe("pending")
      yield* TestClock.adjust("1 millis")
      yield* TestEngine.awaitEvent(
        run,
        ({ event }) => event._tag === "HookFailed" && event.cause === "TimedOut"
      )
      yield* TestEngine.awaitNode(run, "NodeStarted", "b")
      yield* TestClock.adjust("30 seconds")
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("its own timeout wins over the flow's", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open({ hooks: [hookOf(() => Effect.never, { timeout: "2 seconds" })] })
      const run = yield* engine.start(flow([node("a ok")], { hookTimeoutMillis: 10 }))
      yield* TestEngine.awaitNode(run, "NodeCompleted", "a")
      yield* TestClock.adjust("1 second")
      expect((yield* run.report).status).toBe("running")
      yield* TestClock.adjust("1 second")
      expect((yield* run.outcome).elapsedMillis).toBe(2000)
    })
  )

  it.effect(
    "row 72: the run's time-out waits for the answer that is owed, no longer than the hook may take",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open({
          hooks: [hookOf(() => Effect.never, { timeout: "2 seconds" })]
        })
        const run = yield* engine.start(flow([node("a ok"), node("b ok", ["a"])], { timeoutMillis: 1000 }))
        yield* TestEngine.awaitNode(run, "NodeCompleted", "a")
        yield* TestClock.adjust("2 seconds")
        const report = yield* run.outcome
        expect(report).toMatchObject({ elapsedMillis: 2000, result: { failure: { _tag: "TimedOut" } } })
      })
  )

  it.effect("a hook that is in work when the engine closes is interrupted", () =>
    Effect.gen(function* () {
      let isStopped = false
      const hook = hookOf(() =>
        Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (isStopped = true)))
      )
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const run = yield* engine.start(flow([node("a ok")]))
      yield* TestEngine.awaitNode(run, "NodeCompleted", "a")
      yield* engine.close
      expect(isStopped).toBe(true)
    })
  )
})

describe("commands of a hook that are none", () => {
  const garbage: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ["an unknown command", { _tag: "DeleteEverything" }, /DeleteEverything rejected InvalidInput/],
    ["text", "AddNode", /unknown rejected InvalidInput/],
    ["nothing", null, /unknown rejected InvalidInput/],
    ["a command with a missing key", { _tag: "AddNode" }, /AddNode rejected InvalidInput/],
    [
      "a key that nobody knows",
      { _tag: "AddNode", node: { id: "x", action: "ok", depends: ["a"] } },
      /AddNode rejected InvalidInput/
    ],
    [
      "a value out of its bounds",
      { _tag: "AddNode", node: { id: "x", action: "ok", retry: { tries: 0 } } },
      /AddNode rejected InvalidInput/
    ],
    [
      "an id with a reserved character",
      { _tag: "AddNode", node: { id: "x#2", action: "ok" } },
      /AddNode rejected InvalidInput/
    ],
    [
      "a value that JSON cannot hold",
      { _tag: "EmitEvent", name: "n", payload: { at: new Date(0) } },
      /EmitEvent rejected InvalidInput/
    ],
    ["a BigInt", { _tag: "EmitEvent", name: "n", payload: 1n }, /EmitEvent rejected InvalidInput/],
    [
      "a tag that throws",
      Object.defineProperty({}, "_tag", { enumerable: true, get: raise(new Error("no")) }),
      /rejected InvalidInput/
    ]
  ]
  it.effect.each(garbage)("%s is refused, the commands around it are carried out", ([, command, expected]) =>
    Effect.gen(function* () {
      const before: Command.Command = { _tag: "EmitEvent", name: "before" }
      const after: Command.Command = { _tag: "EmitEvent", name: "after" }
      const hook: Hook.Any<never> = { name: "h", onStart: () => [before, command as Command.Command, after] }
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const told = story(yield* engine.runToEnd(flow([])))
      expect(told).toEqual(["emits before", expect.stringMatching(expected), "emits after", "h answers 1"])
    })
  )

  it.effect("keys that are undefined count as left out", () =>
    Effect.gen(function* () {
      const command = {
        _tag: "AddNode",
        id: undefined,
        node: { id: "x", action: "ok", timeoutMillis: undefined }
      }
      const hook: Hook.Any<never> = { name: "h", onStart: () => [command as never] }
      const engine = yield* TestEngine.open({ hooks: [hook] })
      yield* engine.runToEnd(flow([]))
      expect(engine.script.called).toEqual(["x"])
    })
  )

  it.effect("what the hook does with its list later changes nothing", () =>
    Effect.gen(function* () {
      const list = [{ _tag: "AddNode" as const, node: { id: "x", action: "hold", metadata: { n: 1 } } }]
      const hook: Hook.Any<never> = { name: "h", onStart: () => list }
      const engine = yield* TestEngine.open({ hooks: [hook] })
      const run = yield* engine.start(flow([]))
      yield* TestEngine.awaitNode(run, "NodeStarted", "x")
      Object.assign(list[0]?.node.metadata ?? {}, { n: 2 })
      engine.script.release("x")
      yield* run.outcome
      const added = engine.log("run").find(({ event }) => event._tag === "NodesAdded")?.event
      expect(added).toMatchObject({ nodes: [{ metadata: { n: 1 } }] })
    })
  )
})

describe("the registry of hooks", () => {
  it.effect("two hooks of one name are refused", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(TestEngine.open({ hooks: [other, other] }))
      expect(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "").toContain('two hooks are called "other"')
    })
  )
})
