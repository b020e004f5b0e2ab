import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Action from "../../src/action/Action.ts"
import * as ErrorDescription from "../../src/action/ErrorDescription.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Boom } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const errorOf = (run: () => unknown) =>
  Effect.gen(function* () {
    const engine = yield* TestEngine.open({ actions: [Action.fn("act", run as () => {})] })
    const handle = yield* engine.start(flow([node("a act")]))
    const report = yield* handle.outcome
    expect(report.status).toBe("failed")
    return (yield* handle.node("a"))?.error ?? expect.fail("there is no error")
  })

class NotFound extends Error {
  override readonly name = "NotFound"
}

const round = (): object => {
  const self: Record<string, unknown> = {}
  self["self"] = self
  return self
}

const raise = (error: unknown) => () => {
  throw error
}

describe("rows 3, 54: an action that goes wrong is a failed node, never a hang", () => {
  const table: ReadonlyArray<readonly [string, () => unknown, object]> = [
    [
      "throws an error",
      raise(new NotFound("no row")),
      { cause: "Thrown", tag: "NotFound", message: "no row" }
    ],
    ["throws null", raise(null), { cause: "Thrown", tag: "Error", message: "null" }],
    ["throws a text", raise("sorry"), { cause: "Thrown", tag: "Error", message: "sorry" }],
    ["throws an object", raise({ status: 7 }), { cause: "Thrown", tag: "Error", message: '{"status":7}' }],
    [
      "throws an object that holds itself",
      raise(round()),
      { cause: "Thrown", tag: "Error", message: "Error" }
    ],
    [
      "rejects with an error",
      () => Promise.reject(new NotFound("gone")),
      { cause: "Thrown", tag: "NotFound" }
    ],
    ["rejects with undefined", () => Promise.reject(undefined), { cause: "Thrown", message: "undefined" }],
    [
      "fails with an error of its own",
      () => Effect.fail(new Boom({ message: "no" })),
      { cause: "Failed", tag: "Boom", message: "no" }
    ],
    ["fails with undefined", () => Effect.fail(undefined), { cause: "Failed", message: "undefined" }],
    [
      "dies",
      () => Effect.die(new NotFound("defect")),
      { cause: "Thrown", tag: "NotFound", message: "defect" }
    ],
    ["dies of null", () => Effect.die(null), { cause: "Thrown", message: "null" }],
    ["interrupts itself", () => Effect.interrupt, { cause: "Thrown", tag: "Interrupted" }],
    [
      "returns something whose then throws",
      // oxlint-disable-next-line unicorn/no-thenable -- what somebody's library may return.
      () => ({ then: raise(new NotFound("no promise")) }),
      { cause: "Thrown", tag: "NotFound" }
    ]
  ]
  it.effect.each(table)("an action that %s", ([, run, expected]) =>
    Effect.gen(function* () {
      expect(yield* errorOf(run)).toMatchObject(expected)
    })
  )

  it.effect("an error that throws when it is read", () =>
    Effect.gen(function* () {
      const hostile = {
        get message(): string {
          throw new Error("leave me alone")
        }
      }
      expect(yield* errorOf(raise(hostile))).toMatchObject({ cause: "Thrown" })
      expect(yield* errorOf(() => Promise.reject(hostile))).toMatchObject({ cause: "Thrown" })
      expect(yield* errorOf(() => Effect.fail(hostile))).toMatchObject({
        cause: expect.stringMatching(/Failed|Thrown/)
      })
    })
  )

  it.effect("a promise that calls back twice counts once", () =>
    Effect.gen(function* () {
      const twice = {
        // oxlint-disable-next-line unicorn/no-thenable -- what somebody's library may return.
        then: (onDone: (value: object) => void, onFailed: (error: unknown) => void) => {
          onDone({ n: 1 })
          onFailed(new Error("too late"))
        }
      }
      const engine = yield* TestEngine.open({ actions: [Action.fn("act", (() => twice) as () => {})] })
      yield* engine.runToEnd(flow([node("a act")]))
    })
  )

  it.effect("row 144: nothing of a node that fails keeps others from running", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const log = yield* engine.runToEnd(flow([node("a fail"), node("b ok")], { onFailure: "best_effort" }))
      expect(log.at(-1)?.event._tag).toBe("RunCompleted")
    })
  )
})

describe("row 75: what the log keeps of an error", () => {
  it.effect("the chain of its causes, outermost first", () =>
    Effect.gen(function* () {
      const error = new Error("cannot load", { cause: new NotFound("no row", { cause: "disk" }) })
      expect((yield* errorOf(raise(error))).chain).toEqual([
        { tag: "NotFound", message: "no row" },
        { tag: "Error", message: "disk" }
      ])
    })
  )

  it.effect("the errors that it stands for, below its causes", () =>
    Effect.gen(function* () {
      // As fetch fails where a name has several addresses and nobody listens at any of them.
      const refused = [
        new Error("connect ECONNREFUSED ::1:80"),
        new Error("connect ECONNREFUSED 127.0.0.1:80")
      ]
      const none = Object.assign(new AggregateError(refused), { code: "ECONNREFUSED" })
      const { chain } = yield* errorOf(raise(new TypeError("fetch failed", { cause: none })))
      expect(chain).toEqual([
        { tag: "AggregateError", message: "ECONNREFUSED" },
        { tag: "Error", message: "connect ECONNREFUSED ::1:80" },
        { tag: "Error", message: "connect ECONNREFUSED 127.0.0.1:80" }
      ])
      const many = new AggregateError(
        Array.from({ length: 99 }, (_, index) => new Error(`${index}`)),
        "all"
      )
      expect((yield* errorOf(raise(many))).chain).toHaveLength(5)
    })
  )

  it.effect("the lines of its stack that are the user's", () =>
    Effect.gen(function* () {
      const stack = (yield* errorOf(() => Promise.reject(new Error("here")))).stack ?? []
      expect(stack[0]).toContain("failures.test.ts")
      expect(stack.length).toBeLessThanOrEqual(5)
      expect(stack.join()).not.toContain("node_modules")
    })
  )

  it("a message is cut where it gets too long for a log", () => {
    const described = ErrorDescription.describe("Thrown", new Error("x".repeat(1_000_000)))
    expect(described.message.length).toBeLessThan(ErrorDescription.messageMax + 40)
    expect(described.message).toContain("(1000000 characters)")
  })

  it("a chain that goes round ends", () => {
    const error = new Error("a")
    error.cause = error
    expect(ErrorDescription.describe("Thrown", error).chain?.length).toBe(5)
  })

  it("an error that says it is not retryable is not tried again", () => {
    expect(ErrorDescription.describe("Failed", { isRetryable: false }).isRetryable).toBe(false)
    expect(ErrorDescription.describe("Failed", {}).isRetryable).toBe(true)
    expect(ErrorDescription.describe("InvalidInput", {}).isRetryable).toBe(false)
  })

  it.effect("the last ten lines that the attempt logged, whatever they are made of", () =>
    Effect.gen(function* () {
      const loop: Record<string, unknown> = {}
      loop["self"] = loop
      const noisy = Action.fn("noisy", (_: {}, { log }) => {
        for (let at = 0; at < 12; at++) log(`line ${at}`, at === 11 ? { n: 1 } : undefined)
        return Effect.gen(function* () {
          yield* Effect.logInfo("a loop", loop)
          yield* Effect.logInfo({ big: 1n })
          return yield* new Boom({ message: "enough" })
        })
      })
      const engine = yield* TestEngine.open({ actions: [noisy] })
      const run = yield* engine.start(flow([node("a noisy")]))
      yield* run.outcome
      const error = (yield* run.node("a"))?.error
      expect(error?.message).toBe("enough")
      expect(error?.logs).toHaveLength(10)
      expect(error?.logs?.slice(0, 2)).toEqual(["line 4", "line 5"])
      expect(error?.logs?.[7]).toBe('line 11 {"n":1}')
      expect(error?.logs?.[8]).toContain("a loop")
    }).pipe(Effect.provide(Logger.layer([])))
  )
})
