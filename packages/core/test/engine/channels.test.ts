/** Channels in runs that go on: rows 90, 100, 102, 105 and 106. */
import { describe, expect, it } from "@effect/vitest"
import type { ChannelSpec, FlowSpec } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import { Action, Channel, ChannelReducer, ChannelReducers, Flow, NodeOutput } from "../../src/index.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

interface Told {
  readonly update?: Readonly<Record<string, unknown>>
  readonly goto?: NodeOutput.Goto
  readonly outputs?: object
  readonly fails?: string
}

/** An action that writes and leads as its inputs say, and what it was given. */
const teller = () => {
  const seen: Array<readonly [nodeId: string, input: Readonly<Record<string, unknown>>]> = []
  const action = Action.fn("tell", (input: Told, { nodeId }) => {
    seen.push([nodeId, input as never])
    const { fails, goto, outputs = {}, update } = input
    if (fails !== undefined) return NodeOutput.failure(fails)
    return NodeOutput.make(outputs, { ...(update && { update }), ...(goto && { goto }) })
  })
  return { actions: [action as Action.Any<never>], seen }
}

const channels: ChannelSpec.ChannelSpecs = {
  log: { reducer: "append" },
  note: { schema: { type: "string" } },
  scratch: { reducer: "append", scope: "run" }
}

const superstep = (
  nodes: ReadonlyArray<ReturnType<typeof node>>,
  rest: Partial<FlowSpec.FlowSpec> = {}
): FlowSpec.FlowSpec => flow(nodes, { strategy: "superstep" }, { channels, ...rest })

const tell = (id: string, dependencies: ReadonlyArray<string>, told: Told & Record<string, unknown>) =>
  node(`${id} tell`, dependencies, told as never)

describe("channels in a run", () => {
  it.effect("a node sees what earlier steps wrote, and nothing of its own step (row 105)", () =>
    Effect.gen(function* () {
      const { actions, seen } = teller()
      const engine = yield* TestEngine.open({ actions })
      yield* engine.runToEnd(
        superstep([
          tell("a", [], { update: { log: "a", note: "from a" }, log: "=channels.log" }),
          tell("b", [], { update: { log: ["b1", "b2"] }, log: "=channels.log" }),
          tell("c", ["a", "b"], { log: "=channels.log", last: "=channels.log[2]", note: "=channels.note" })
        ])
      )
      expect(Object.fromEntries(seen)).toMatchObject({
        a: { log: [] },
        b: { log: [] },
        c: { log: ["a", "b1", "b2"], last: "b2", note: "from a" }
      })
    })
  )

  it.effect("a node gets in each of its attempts what the channels held when it began (R16)", () =>
    Effect.gen(function* () {
      const given: Array<unknown> = []
      const flaky = Action.fn("unsure", ({ log }: { log: ReadonlyArray<string> }, { attempt }) => {
        given.push(log)
        return attempt === 1 ? NodeOutput.failure("again") : {}
      })
      const { actions } = teller()
      const engine = yield* TestEngine.open({ actions: [...actions, flaky as Action.Any<never>] })
      const again = { branch: "held", retry: { tries: 2, backoff: "immediate" as const } }
      const run = yield* engine.start(
        superstep([
          tell("a", [], { update: { log: "a" } }),
          node("b unsure", [], { log: "=channels.log" }, again),
          tell("c", ["a"], { update: { log: "c" } }),
          tell("d", ["c"], {})
        ])
      )
      yield* Effect.orDie(run.send({ _tag: "PauseBranch", branch: "held" }))
      yield* TestEngine.awaitEvent(run, ({ event }) => event._tag === "StepCompleted" && event.step === 3)
      yield* Effect.orDie(run.send({ _tag: "ResumeBranch", branch: "held" }))
      expect((yield* run.outcome).status).toBe("completed")
      expect(given).toEqual([[], []])
    })
  )

  it.effect("a channel that nobody has written to has no value, unless the reference has a default", () =>
    Effect.gen(function* () {
      const { actions, seen } = teller()
      const engine = yield* TestEngine.open({ actions })
      const run = yield* engine.start(
        superstep([
          { ...node("a tell"), inputs: { note: { ref: "channels.note", default: "none yet" } } },
          tell("b", ["a"], { note: "=channels.note" })
        ])
      )
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(seen[0]?.[1]).toEqual({ note: "none yet" })
      expect(reason).toMatchObject({ nodes: [{ nodeId: "b", error: { cause: "MissingReference" } }] })
    })
  )

  it.effect.each<readonly [string, Told["update"] & object, string, string]>([
    ["an unknown channel", { lug: 1 }, "lug", `the flow has no channel "lug"; did you mean "log"?`],
    ["a value of the wrong type", { note: 5 }, "note", `channel "note" does not take it`],
    ["what JSON cannot hold", { note: () => 1 }, "", "InvalidOutput"]
  ])("%s fails the node, and the error names the channel (row 106)", ([, update, channel, message]) =>
    Effect.gen(function* () {
      const bad = Action.fn("bad", () => NodeOutput.update(update))
      const engine = yield* TestEngine.open({ actions: [bad as Action.Any<never>] })
      const run = yield* engine.start(superstep([node("a bad")]))
      const reason = yield* TestEngine.reasonOf(run.outputs)
      const error = reason._tag === "NodesFailed" ? reason.nodes[0]?.error : undefined
      if (channel === "") return expect(error?.cause).toBe(message)
      expect(error).toMatchObject({ cause: "InvalidUpdate", channel, isRetryable: false })
      expect(error?.message).toContain(message)
    })
  )

  it.effect("an update needs a run that goes by steps, as it has no channels otherwise", () =>
    Effect.gen(function* () {
      const { actions } = teller()
      const engine = yield* TestEngine.open({ actions })
      const run = yield* engine.start(flow([tell("a", [], { update: { log: 1 } })]))
      const reason = yield* TestEngine.reasonOf(run.outputs)
      expect(reason).toMatchObject({ nodes: [{ error: { cause: "InvalidUpdate", channel: "log" } }] })
    })
  )

  it.effect("an edit of a paused run is seen by the next step (row 90)", () =>
    Effect.gen(function* () {
      const { actions, seen } = teller()
      const engine = yield* TestEngine.open({ actions })
      const spec = superstep([
        tell("draft", [], { update: { note: "draft" } }),
        tell("send", ["draft"], { note: "=channels.note" })
      ])
      const run = yield* engine.start(spec, { config: { interrupts: { eachStep: true } } })
      expect((yield* run.outcome).status).toBe("paused")
      yield* run.send({ _tag: "SetChannel", channel: "note", value: "edited" })
      yield* run.send({ _tag: "ResumeRun" })
      yield* run.outcome
      expect(seen.at(-1)).toEqual(["send", { note: "edited" }])
      expect((yield* run.report).channels).toMatchObject([
        { name: "log", version: 0 },
        { name: "note", version: 2, value: "edited" },
        { name: "scratch" }
      ])
    })
  )

  it.effect("what writes or leads is not used again from the cache", () =>
    Effect.gen(function* () {
      const { actions, seen } = teller()
      const engine = yield* TestEngine.open({ actions })
      const spec = superstep([{ ...tell("a", [], { update: { log: "a" } }), cache: {} }])
      yield* engine.runToEnd(spec, { id: "one" })
      yield* engine.runToEnd(spec, { id: "two" })
      expect(seen).toHaveLength(2)
      expect((yield* engine.dagflow.report("two")).channels?.[0]).toMatchObject({ value: ["a"] })
    })
  )

  it.effect("what a channel is given counts for the size of an attempt's outputs", () =>
    Effect.gen(function* () {
      const { actions } = teller()
      const engine = yield* TestEngine.open({ actions })
      const large = "x".repeat(2000)
      const run = yield* engine.start(superstep([tell("a", [], { update: { log: large } })]), {
        config: { payloadBytesMax: 1000 }
      })
      expect(yield* TestEngine.reasonOf(run.outputs)).toMatchObject({
        nodes: [{ error: { cause: "TooLarge" } }]
      })
    })
  )
})

const highest = ChannelReducer.make(
  "highest",
  (current: number | undefined, update: number) => {
    if (update < 0) throw new Error("it is below zero")
    return current === undefined ? update : Math.max(current, update)
  },
  { version: "1" }
)

const guess = Action.fn("guess", (input: { best?: number; update: number }) =>
  NodeOutput.update({ best: input.update }, { outputs: { seen: input.best ?? null } })
)

const guessing = Flow.make(
  "guessing",
  { channels: { best: Channel.reduced(highest, { default: 3 }) }, config: { strategy: "superstep" } },
  (f) => {
    const one = f.node("one", guess, { best: f.channels.best, update: 2 })
    const two = f.node("two", guess, { best: f.channels.best, update: 7 })
    const three = f.node("three", guess, { best: f.channels.best, update: 5 }, { dependsOn: [one, two] })
    return { three }
  }
)

describe("a reducer of one's own", () => {
  it.effect("takes part in the barrier, in the log and in a take-up (row 100)", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const engine = yield* TestEngine.open({ data })
      expect(yield* Effect.orDie(engine.dagflow.run(guessing, { id: "r" }))).toEqual({ three: { seen: 7 } })
      const log = engine.log("r")
      expect(log[0]?.event).toMatchObject({ reducers: { highest: "1" } })
      const values = log.flatMap(({ event }) => (event._tag === "StepCompleted" ? [event.values] : []))
      expect(values).toEqual([{ best: 7 }, undefined])
    })
  )

  it.effect("that refuses an update fails the node (row 106)", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const spec = Flow.make(
        "low",
        { channels: { best: Channel.reduced(highest) }, config: { strategy: "superstep" } },
        (f) => void f.node("one", guess, { update: -1 })
      )
      const reason = yield* TestEngine.reasonOf(
        Effect.flatMap(Effect.orDie(engine.dagflow.start(spec)), (run) => run.outputs)
      )
      expect(reason).toMatchObject({
        nodes: [
          {
            error: {
              cause: "InvalidUpdate",
              channel: "best",
              message: expect.stringContaining("it is below zero")
            }
          }
        ]
      })
    })
  )

  it.effect("that is missing is an error at load, and refuses a take-up (row 102)", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      const held = Action.fn("held", () => NodeOutput.wait())
      const spec = flow(
        [node("a held")],
        { strategy: "superstep" },
        { channels: { best: { reducer: "highest" } } }
      )
      const actions = [held as Action.Any<never>]
      const without = yield* TestEngine.open({ data, actions })
      const refused = yield* Effect.flip(without.dagflow.start(spec, { id: "r" }))
      expect(refused).toMatchObject({
        problems: [{ code: "UnknownReducer", path: ["channels", "best", "reducer"] }]
      })
      const version = (name: string) => ChannelReducer.make("highest", highest.reduce, { version: name })
      const layers = (name: string) => ({ data, actions, layers: ChannelReducers.layer(version(name)) })
      const first = yield* TestEngine.open(layers("1"))
      yield* first.start(spec, { id: "r" })
      yield* first.close
      expect(yield* TestEngine.reasonOf(without.dagflow.resume("r"))).toEqual({
        _tag: "ReducersMissing",
        missing: ["highest"],
        changed: []
      })
      const second = yield* TestEngine.open(layers("2"))
      expect(yield* TestEngine.reasonOf(second.dagflow.resume("r"))).toEqual({
        _tag: "ReducersMissing",
        missing: [],
        changed: [{ reducer: "highest", recorded: "1", registered: "2" }]
      })
      const third = yield* TestEngine.open(layers("1"))
      const run = yield* Effect.orDie(third.dagflow.resume("r"))
      yield* run.answer("a", {})
      expect((yield* run.outcome).status).toBe("completed")
    })
  )
})
