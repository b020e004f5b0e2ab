/**
 * Goal: nobody sees or starts what is not durable. Method: a store that holds back each append until the test lets it
 * through, and notes what it was given.
 */
import { describe, expect, it } from "@effect/vitest"
import type { Append } from "@dagflow/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Hook from "../../src/hook/Hook.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

class HoldingStore {
  readonly #asked: Array<{ readonly request: Append; readonly go: Deferred.Deferred<void> }> = []
  #next = 0
  #arrived = Deferred.makeUnsafe<void>()

  readonly driver: NonNullable<TestEngine.TestEngineOptions["driver"]> = (real) => ({
    ...real,
    append: (request) =>
      Effect.suspend(() => {
        const go = Deferred.makeUnsafe<void>()
        this.#asked.push({ request, go })
        const arrived = this.#arrived
        this.#arrived = Deferred.makeUnsafe()
        Deferred.doneUnsafe(arrived, Effect.void)
        return Effect.andThen(Deferred.await(go), real.append(request))
      })
  })

  /** Waits for the next append, lets the test look around, and lets it through. */
  let<A, E>(look: (tags: ReadonlyArray<string>) => Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.gen({ self: this }, function* () {
      while (this.#asked.length <= this.#next) yield* Deferred.await(this.#arrived)
      const held = this.#asked[this.#next++]
      const tags =
        held?.request.events.map((event) => (JSON.parse(event.event) as { _tag: string })._tag) ?? []
      const seen = yield* look(tags)
      if (held !== undefined) Deferred.doneUnsafe(held.go, Effect.void)
      return seen
    })
  }
}

describe("I3: write-ahead", () => {
  it.effect("no child run is created before its start is durable", () =>
    Effect.gen(function* () {
      const store = new HoldingStore()
      const engine = yield* TestEngine.open({ driver: store.driver })
      const inner = flow([node("b ok")], {}, { name: "inner" })
      const run = yield* engine.start(flow([subFlow("a", inner)]))
      const look = (tags: ReadonlyArray<string>) =>
        Effect.as(Effect.yieldNow, [tags, engine.data.runs.has("run/a/1")] as const)
      expect(yield* store.let(look)).toEqual([["SubFlowStarted"], false])
      expect(yield* store.let(look)).toEqual([["NodeStarted"], true])
      yield* Effect.forkChild(Effect.forever(store.let(() => Effect.void)))
      expect((yield* Effect.orDie(run.outcome)).status).toBe("completed")
    })
  )

  it.effect("no action starts before its start is durable, no dependent before the end that it needs", () =>
    Effect.gen(function* () {
      const store = new HoldingStore()
      const engine = yield* TestEngine.open({ driver: store.driver })
      const run = yield* engine.start(flow([node("a ok"), node("b ok", ["a"])]))
      const seen: Array<string> = []
      const follower = yield* Effect.forkChild(
        Stream.runForEach(run.events(), ({ event }) => Effect.sync(() => void seen.push(event._tag))),
        { startImmediately: true }
      )
      const look = (tags: ReadonlyArray<string>) =>
        Effect.as(Effect.yieldNow, [tags, [...engine.script.called], seen.length] as const)
      expect(yield* store.let(look)).toEqual([["NodeStarted"], [], 2])
      expect(yield* store.let(look)).toEqual([["NodeCompleted", "NodeStarted"], ["a"], 3])
      expect(yield* store.let(look)).toEqual([["NodeCompleted", "RunEnding", "RunCompleted"], ["a", "b"], 5])
      yield* Fiber.join(follower)
      expect(seen).toHaveLength(8)
    })
  )

  it.effect("a report while an append is on its way shows what was durable before, or after it", () =>
    Effect.gen(function* () {
      const store = new HoldingStore()
      const engine = yield* TestEngine.open({ driver: store.driver })
      const run = yield* engine.start(flow([node("a ok"), node("b ok", ["a"])]))
      yield* store.let(() => Effect.void)
      const asked = yield* store.let((tags) => {
        expect(tags).toEqual(["NodeCompleted", "NodeStarted"])
        return Effect.forkChild(run.report, { startImmediately: true })
      })
      yield* store.let(() => Effect.void)
      const { sequence } = yield* Fiber.join(asked)
      expect([5, 8]).toContain(sequence)
      yield* run.outcome
    })
  )

  it.effect("with a gate hook the starts follow in the append that carries its answer", () =>
    Effect.gen(function* () {
      const store = new HoldingStore()
      const hook = Hook.make({
        name: "h",
        on: ["NodeCompleted"],
        handle: () => Effect.as(Effect.yieldNow, undefined)
      })
      const engine = yield* TestEngine.open({ driver: store.driver, hooks: [hook] })
      const run = yield* engine.start(flow([node("a ok"), node("b ok", ["a"])]))
      const all: Array<ReadonlyArray<string>> = []
      const note = (tags: ReadonlyArray<string>) => Effect.sync(() => void all.push(tags))
      for (let at = 0; at < 5; at++) yield* store.let(note)
      expect(all).toEqual([
        ["NodeStarted"],
        ["NodeCompleted"],
        ["HookAnswered", "NodeStarted"],
        ["NodeCompleted"],
        ["HookAnswered", "RunEnding", "RunCompleted"]
      ])
      yield* run.outcome
    })
  )

  it.effect("a command is answered once it is durable, and not before", () =>
    Effect.gen(function* () {
      const store = new HoldingStore()
      const engine = yield* TestEngine.open({ driver: store.driver })
      const run = yield* engine.start(flow([node("a hold")]))
      yield* store.let(() => Effect.void)
      const sending = yield* Effect.forkChild(run.send({ _tag: "EmitEvent", name: "n" }), {
        startImmediately: true
      })
      const before = yield* store.let(() => Effect.as(Effect.yieldNow, sending.pollUnsafe()))
      expect(before).toBeUndefined()
      expect((yield* Fiber.join(sending)).sequence).toBe(4)
      engine.script.release("a")
      yield* store.let(() => Effect.void)
      yield* run.outcome
    })
  )
})
