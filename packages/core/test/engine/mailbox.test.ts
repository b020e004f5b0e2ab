import { describe, expect, it } from "@effect/vitest"
import type { Command } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { mailMax } from "../../src/engine/sendToRun.ts"
import { lines, story } from "../world/EventLine.ts"
import { flow, node } from "../world/FlowNotation.ts"
import { Script } from "../world/Script.ts"
import * as TestEngine from "../world/TestEngine.ts"

const held = flow([node("a hold"), node("b ok", ["a"])])

const note = (id: string): Command.Command => ({ _tag: "EmitEvent", id, name: id })

/** Two processes on the same data; the first one owns the run. */
const two = Effect.gen(function* () {
  const data = new MemoryStoreData()
  const script = new Script()
  const owner = yield* TestEngine.open({ data, script })
  const other = yield* TestEngine.open({ data, script })
  const run = yield* owner.start(held)
  yield* TestEngine.awaitNode(run, "NodeStarted", "a")
  return { data, script, owner, other, run }
})

const mailOf = (data: MemoryStoreData) => [...(data.runs.get("run")?.mail.keys() ?? [])]

describe("R2, row 17: commands from another process", () => {
  it.effect("the owner carries it out, and the sender gets the result", () =>
    Effect.gen(function* () {
      const { data, other, run, script } = yield* two
      const outcome = yield* other.dagflow.send("run", {
        _tag: "AddNodes",
        nodes: [{ action: "ok" }, { action: "ok" }]
      })
      expect(outcome?.nodeIds).toEqual(["ok_1", "ok_2"])
      expect(mailOf(data)).toEqual([])
      script.release("a")
      yield* run.outcome
      expect(script.count("ok_2")).toBe(1)
    })
  )

  it.effect("a refusal comes back with its reason", () =>
    Effect.gen(function* () {
      const { data, other, run } = yield* two
      const reason = yield* TestEngine.reasonOf(other.dagflow.send("run", { _tag: "RetryNode", nodeId: "b" }))
      expect(reason).toMatchObject({ _tag: "CommandRejected", rejection: { _tag: "NodeAlreadyStarted" } })
      expect(mailOf(data)).toEqual([])
      yield* run.cancel()
    })
  )

  it.effect(
    "a run takes no more mail than its limit, but for what stops it and what lies there already",
    () =>
      Effect.gen(function* () {
        const data = new MemoryStoreData()
        const first = yield* TestEngine.open({ data })
        const run = yield* first.start(held)
        yield* TestEngine.awaitNode(run, "NodeStarted", "a")
        first.kill()
        yield* TestClock.adjust("11 seconds")
        const { dagflow } = yield* TestEngine.open({ data })
        const mail = data.runs.get("run")?.mail
        for (let at = 0; at < mailMax - 1; at++) {
          mail?.set(`m${at}`, { id: `m${at}`, atMillis: 0, command: JSON.stringify(note(`m${at}`)) })
        }
        const left = (command: Command.Command) =>
          Effect.gen(function* () {
            const sent = yield* Effect.forkChild(Effect.exit(dagflow.send("run", command)), {
              startImmediately: true
            })
            // Whoever waits for an owner that gives no sign of life waits for a lease.
            yield* TestClock.adjust("30 seconds")
            return yield* Fiber.join(sent)
          })
        expect(yield* left(note("last"))).toEqual(Exit.succeed(undefined))
        const limit = { _tag: "LimitReached", limit: "mailMax", maximum: mailMax, requested: mailMax + 1 }
        expect(yield* left(note("more"))).toMatchObject(
          Exit.fail({ reason: { _tag: "CommandRejected", rejection: limit } })
        )
        expect(yield* left(note("last"))).toEqual(Exit.succeed(undefined))
        expect(yield* left({ _tag: "CancelRun", id: "stop" })).toEqual(Exit.succeed(undefined))
        expect([mail?.size, mail?.has("stop"), mail?.has("more")]).toEqual([mailMax + 1, true, false])
        const second = yield* TestEngine.open({ data })
        const resumed = yield* Effect.orDie(second.dagflow.resume("run", { force: true }))
        expect((yield* Effect.orDie(resumed.outcome)).status).toBe("cancelled")
      })
  )

  it.effect("what is no command is refused at once, without the owner", () =>
    Effect.gen(function* () {
      const { data, other, run } = yield* two
      const reason = yield* TestEngine.reasonOf(other.dagflow.send("run", { _tag: "Explode" } as never))
      expect(reason).toMatchObject({
        _tag: "CommandRejected",
        command: "Explode",
        rejection: { _tag: "InvalidInput" }
      })
      expect(mailOf(data)).toEqual([])
      yield* run.cancel()
    })
  )

  it.effect("the same id again gives the first result, from any process", () =>
    Effect.gen(function* () {
      const { data, other, run } = yield* two
      const add: Command.Command = { _tag: "AddNode", id: "add", node: { action: "ok" } }
      const first = yield* run.send(add)
      expect(yield* other.dagflow.send("run", add)).toEqual(first)
      expect(yield* other.dagflow.send("run", add)).toEqual(first)
      expect(mailOf(data)).toEqual([])
      yield* run.cancel()
    })
  )

  it.effect("the same id with another body is InvalidInput, from any process", () =>
    Effect.gen(function* () {
      const { data, other, run } = yield* two
      yield* run.send(note("n"))
      const reason = yield* TestEngine.reasonOf(other.dagflow.send("run", { _tag: "CancelRun", id: "n" }))
      expect(reason).toMatchObject({ _tag: "CommandRejected", rejection: { _tag: "InvalidInput" } })
      expect(mailOf(data)).toEqual([])
      yield* run.cancel()
    })
  )

  it.effect("many commands come in the order in which they were put", () =>
    Effect.gen(function* () {
      const { data, other, owner, run } = yield* two
      const ids = Array.from({ length: 40 }, (_, index) => `n${index}`)
      yield* Effect.forEach(ids, (id) => other.dagflow.send("run", note(id)), { concurrency: "unbounded" })
      const emitted = owner
        .log("run")
        .flatMap(({ event }) => (event._tag === "EventEmitted" ? [event.name] : []))
      expect(emitted).toEqual(ids)
      expect(mailOf(data)).toEqual([])
      yield* run.cancel()
    })
  )

  it.effect("a run that ends before it takes the mail tells the sender", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const script = new Script()
      const deaf = yield* TestEngine.open({
        data,
        script,
        driver: (driver) => ({ ...driver, arrivals: Stream.never })
      })
      const other = yield* TestEngine.open({ data, script })
      const run = yield* deaf.start(held)
      const sending = yield* Effect.forkChild(
        TestEngine.reasonOf(other.dagflow.send("run", { _tag: "CancelRun" })),
        {
          startImmediately: true
        }
      )
      script.release("a")
      expect((yield* run.outcome).status).toBe("completed")
      expect(yield* Fiber.join(sending)).toMatchObject({
        _tag: "CommandRejected",
        rejection: { _tag: "RunEnded" }
      })
    })
  )
})

describe("mail for a run that nobody owns", () => {
  it.effect("lies there until somebody takes the run up, and is then carried out, in order", () =>
    Effect.gen(function* () {
      const { data, other, owner, script } = yield* two
      yield* owner.close
      for (const id of ["first", "second"]) expect(yield* other.dagflow.send("run", note(id))).toBeUndefined()
      expect(mailOf(data)).toEqual(["first", "second"])
      const resumed = yield* Effect.orDie(other.dagflow.resume("run"))
      script.release("a")
      yield* resumed.outcome
      expect(mailOf(data)).toEqual([])
      expect(story(other.log("run"))).toEqual(expect.arrayContaining(["emits first", "emits second"]))
    })
  )

  it.effect.each([
    ["cancelled", { _tag: "CancelRun" }],
    ["paused", { _tag: "PauseRun" }]
  ] as const)("a run that was %s meanwhile starts nothing when it is taken up", ([status, command]) =>
    Effect.gen(function* () {
      const { data, other, owner, script } = yield* two
      owner.kill()
      yield* TestClock.adjust("11 seconds")
      // Letters before and after it change nothing about that.
      for (const one of [note("before"), { ...command, id: "stop" }, note("after")]) {
        const sending = yield* Effect.forkChild(other.dagflow.send("run", one), { startImmediately: true })
        yield* TestClock.adjust("11 seconds")
        expect(yield* Fiber.join(sending)).toBeUndefined()
      }
      const third = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(third.dagflow.resume("run"))
      expect((yield* resumed.outcome).status).toBe(status)
      expect(script.count("a")).toBe(1)
      const starts = lines(third.log("run")).filter((text) => text.startsWith("a starts"))
      expect(starts).toEqual(["a starts"])
    })
  )

  it.effect("what it adds and disables is so before anything starts", () =>
    Effect.gen(function* () {
      const { data, other, owner, script } = yield* two
      yield* owner.close
      yield* other.dagflow.send("run", { _tag: "DisableNodes", id: "off", nodeIds: ["b"] })
      yield* other.dagflow.send("run", {
        _tag: "AddNode",
        id: "add",
        node: { id: "first", action: "ok", priority: 9 }
      })
      const third = yield* TestEngine.open({ data, script })
      const resumed = yield* Effect.orDie(third.dagflow.resume("run"))
      script.release("a")
      yield* resumed.outcome
      const starts = lines(third.log("run")).filter((text) => text.includes(" starts"))
      expect(starts).toEqual(["a starts", "first starts", "a starts 2"])
    })
  )

  it.effect("more of it than is read at once is carried out too", () =>
    Effect.gen(function* () {
      const { data, other, owner, script } = yield* two
      yield* owner.close
      const ids = Array.from({ length: 700 }, (_, index) => `n${index}`)
      yield* Effect.forEach(ids, (id) => other.dagflow.send("run", note(id)))
      const resumed = yield* Effect.orDie(other.dagflow.resume("run"))
      yield* TestEngine.awaitEvent(
        resumed,
        ({ event }) => event._tag === "EventEmitted" && event.name === "n699"
      )
      expect(mailOf(data)).toEqual([])
      script.release("a")
      yield* resumed.outcome
      const emitted = other
        .log("run")
        .flatMap(({ event }) => (event._tag === "EventEmitted" ? [event.name] : []))
      expect(emitted).toEqual(ids)
    })
  )

  it.effect("a run that is paused takes it too: ResumeRun from another process goes on with it", () =>
    Effect.gen(function* () {
      const { other, run, script } = yield* two
      yield* run.pause()
      script.release("a")
      expect((yield* run.outcome).status).toBe("paused")
      yield* other.dagflow.send("run", { _tag: "ResumeRun" })
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("mail that is read again after a crash is applied once", () =>
    Effect.gen(function* () {
      const { data, other, owner, script } = yield* two
      yield* owner.close
      yield* other.dagflow.send("run", note("once"))
      const resumed = yield* Effect.orDie(other.dagflow.resume("run"))
      yield* TestEngine.awaitEvent(resumed, ({ event }) => event._tag === "EventEmitted")
      // As if the append had been written and the removal of the mail had not.
      data.runs
        .get("run")
        ?.mail.set("once", { id: "once", atMillis: 0, command: JSON.stringify(note("once")) })
      yield* other.close
      const third = yield* TestEngine.open({ data, script })
      const again = yield* Effect.orDie(third.dagflow.resume("run"))
      script.release("a")
      yield* again.outcome
      expect(lines(third.log("run")).filter((text) => text === "emits once")).toHaveLength(1)
      expect(mailOf(data)).toEqual([])
    })
  )

  it.effect("mail that is no JSON is refused and removed", () =>
    Effect.gen(function* () {
      const { data, other, owner, script } = yield* two
      yield* owner.close
      data.runs.get("run")?.mail.set("bad", { id: "bad", atMillis: 0, command: "{" })
      const resumed = yield* Effect.orDie(other.dagflow.resume("run"))
      yield* TestEngine.awaitEvent(resumed, ({ event }) => event._tag === "CommandRejected")
      expect(mailOf(data)).toEqual([])
      script.release("a")
      yield* resumed.outcome
    })
  )

  it.effect("an unknown run is not found, and one that is over refuses", () =>
    Effect.gen(function* () {
      const { other, run } = yield* two
      expect(yield* TestEngine.reasonOf(other.dagflow.send("nobody", { _tag: "CancelRun" }))).toEqual({
        _tag: "RunNotFound"
      })
      yield* run.cancel()
      expect(yield* TestEngine.reasonOf(other.dagflow.send("run", { _tag: "CancelRun" }))).toMatchObject({
        rejection: { _tag: "RunEnded", status: "cancelled" }
      })
    })
  )
})
