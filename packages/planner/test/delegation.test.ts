/*
 * Goal: a planner that is called as a tool answers with what its loop ends with, however many turns that takes and however it ends.
 * Method: models of three planners that call one another and tools, side by side, and what each of them is told.
 */
import { describe, expect, it } from "@effect/vitest"
import { Action, DagFlow } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CritiqueHook, Planner, Tool } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { flowOf, nodeOf } from "./world.ts"

const look = Action.make("look", {
  input: Schema.Struct({ at: Schema.String }),
  output: Schema.Struct({ seen: Schema.String }),
  run: ({ at }) => Effect.succeed({ seen: `${at}!` })
})

const broken = Action.make("broken", {
  input: Schema.Struct({}),
  output: Schema.Struct({}),
  run: () => Effect.die(new Error("no power"))
})

/** The last message that a model was sent, as text. */
const lastOf = ({ messages }: ScriptedModel.Asked): string => JSON.stringify(messages.at(-1))

/** The work of the researcher: as many looks as its prompt has letters `z`, one turn for each, and then a word. */
const working = () =>
  ScriptedModel.make(({ messages }) => {
    const prompt = JSON.stringify(messages.find(({ role }) => role === "user"))
    const looks = messages.filter(({ role }) => role === "tool").length
    return looks < prompt.split("z").length - 1
      ? { text: "wait", calls: [{ name: "look", params: { at: `${looks}` } }] }
      : { text: `done after ${looks}` }
  })

const ask = (prompt: string, id?: string): ScriptedModel.Call => ({
  name: "researcher",
  params: { prompt },
  ...(id !== undefined && { id })
})

const run = (
  boss: Planner.Planner<string, never>,
  words: ScriptedModel.Model,
  ...others: ReadonlyArray<
    readonly [planner: Pick<Planner.Planner<string, never>, "layer">, model: ScriptedModel.Model]
  >
) =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const handle = yield* dagflow.start(flowOf(boss, "go"), { id: "run" })
    return yield* handle.outcome
  }).pipe(
    Effect.provide(
      DagFlow.layer({ owner: "test" }).pipe(
        Layer.provide([
          MemoryStore.layer,
          ...([[boss, words], ...others] as const).map(([planner, model]) =>
            planner.layer.pipe(Layer.provide(model.layer))
          )
        ])
      )
    )
  )

const researcher = Planner.make({ name: "researcher", tools: [look], description: "Looks." })
const boss = Planner.make({ name: "boss", tools: [researcher.turn, look, broken] })

describe("a planner that is called as a tool", () => {
  it.effect("answers with the last turn of its loop", () =>
    Effect.gen(function* () {
      const words = ScriptedModel.saying({ calls: [ask("zz")] }, { text: "thanks" })
      const report = yield* run(boss, words, [researcher, working()])
      expect(report.status).toBe("completed")
      expect(words.asked).toHaveLength(2)
      expect(words.asked[1]?.messages.at(-1)).toMatchObject({
        content: [{ isFailure: false, result: "done after 2" }]
      })
      expect(nodeOf(report, "agent_call_1").outputs).toMatchObject({ text: "wait" })
      expect(report.nodes.at(-1)).toMatchObject({ nodeId: "agent_2", status: "completed" })
    })
  )

  it.effect("is waited for beside other calls of every kind, once", () =>
    Effect.gen(function* () {
      const words = ScriptedModel.saying(
        {
          calls: [
            ask("zzz", "long"),
            { id: "tool", name: "look", params: { at: "here" } },
            ask("", "short"),
            { id: "off", name: "nobody", params: {} },
            { id: "fails", name: "broken", params: {} },
            ask("z", "middle")
          ]
        },
        { text: "thanks" }
      )
      const report = yield* run(boss, words, [researcher, working()])
      expect(report.status).toBe("completed")
      expect(words.asked).toHaveLength(2)
      expect(words.asked[1]?.messages.at(-1)).toMatchObject({
        content: [
          { id: "long", result: "done after 3" },
          { id: "tool", result: { seen: "here!" } },
          { id: "short", result: "done after 0" },
          { id: "off", isFailure: true, result: { refused: "UnknownAction" } },
          { id: "fails", isFailure: true, result: { message: "no power" } },
          { id: "middle", result: "done after 1" }
        ]
      })
      expect(report.nodes.filter(({ action }) => action === "boss-results")).toHaveLength(1)
    })
  )

  it.effect("that is asked by many at the same time is collected once for each", () =>
    Effect.gen(function* () {
      const calls = Array.from({ length: 12 }, (_, at) => ask("z", `c${at}`))
      const words = ScriptedModel.saying({ calls }, { calls }, { text: "thanks" })
      const report = yield* run(Planner.make({ name: "boss", tools: [researcher.turn] }), words, [
        Planner.make({ name: "researcher", tools: [look], limits: { turnsMax: 100 } }),
        working()
      ])
      expect(words.asked).toHaveLength(3)
      expect(report.nodes.filter(({ action }) => action === "boss-results")).toHaveLength(2)
      expect(report.nodes.filter(({ action }) => action === "researcher")).toHaveLength(48)
    })
  )

  it.effect(
    "is collected once, though all that were called end at the same moment, and are read by a critic then",
    () =>
      Effect.gen(function* () {
        const latch = Latch.makeUnsafe(false)
        const called = 8
        const single = Planner.make({ name: "researcher" })
        const model = ScriptedModel.make((_, turn) => {
          if (turn === called) latch.openUnsafe()
          return { text: "now", wait: latch.await }
        })
        const critic = CritiqueHook.make({ name: "critic", of: single, instructions: "Accept all." })
        const verdict = ScriptedModel.make(() => ({
          calls: [{ name: "verdict", params: { accepted: true, feedback: "" } }]
        }))
        const calls = Array.from({ length: called }, (_, at) => ask("tell", `c${at}`))
        const words = ScriptedModel.saying({ calls }, { text: "thanks" })
        const report = yield* run(
          Planner.make({ name: "boss", tools: [single.turn] }),
          words,
          [single, model],
          [critic, verdict]
        )
        expect(report.status).toBe("completed")
        expect(words.asked).toHaveLength(2)
        expect(report.nodes.filter(({ action }) => action === "boss-results")).toHaveLength(1)
        expect(report.nodes.filter(({ action }) => action === "critic")).toHaveLength(called)
      })
  )

  it.effect("tells the arguments of the tool that ends its loop", () =>
    Effect.gen(function* () {
      const stop = Tool.define({ name: "found", parameters: Schema.Struct({ foxes: Schema.Int }) })
      const counter = Planner.make({ name: "researcher", tools: [look], stop })
      const model = ScriptedModel.saying(
        { calls: [{ name: "look", params: { at: "den" } }] },
        { calls: [{ name: "found", params: { foxes: "many" } }] },
        { calls: [{ name: "found", params: { foxes: 3 } }] }
      )
      const words = ScriptedModel.saying({ calls: [ask("count")] }, { text: "three" })
      yield* run(Planner.make({ name: "boss", tools: [counter.turn] }), words, [counter, model])
      expect(words.asked[1]?.messages.at(-1)).toMatchObject({
        content: [{ isFailure: false, result: { foxes: 3 } }]
      })
    })
  )

  it.effect("whose answer was refused answers with the next one", () =>
    Effect.gen(function* () {
      const short = Planner.make({ name: "researcher", limits: { answerBytesMax: 100 } })
      const model = ScriptedModel.saying({ text: "word ".repeat(100) }, { text: "short" })
      const words = ScriptedModel.saying({ calls: [ask("tell")] }, { text: "thanks" })
      yield* run(Planner.make({ name: "boss", tools: [short.turn] }), words, [short, model])
      expect(words.asked[1]?.messages.at(-1)).toMatchObject({ content: [{ result: "short" }] })
    })
  )

  const endings: ReadonlyArray<
    readonly [how: string, limits: object, model: () => ScriptedModel.Model, message: string]
  > = [
    [
      "reaches a limit",
      { turnsMax: 2 },
      () => ScriptedModel.make(() => ({ calls: [{ name: "look", params: { at: "again" } }] })),
      "turnsMax is 2"
    ],
    [
      "has a model that breaks off",
      {},
      () =>
        ScriptedModel.make((_, turn) =>
          turn === 1
            ? { calls: [{ name: "look", params: { at: "here" } }] }
            : { text: "half", finish: "none" }
        ),
      "ended before it was complete"
    ]
  ]

  it.effect.each(endings)(
    "and %s is told as a failed tool, and the run goes on",
    ([, limits, model, message]) =>
      Effect.gen(function* () {
        const limited = Planner.make({ name: "researcher", tools: [look], limits })
        const words = ScriptedModel.saying(
          { calls: [ask("go"), { name: "look", params: { at: "x" } }] },
          { text: "a pity" }
        )
        const report = yield* run(Planner.make({ name: "boss", tools: [limited.turn, look] }), words, [
          limited,
          model()
        ])
        expect(report.status).toBe("completed")
        const told = words.asked[1]?.messages.at(-1)
        expect(told).toMatchObject({ content: [{ isFailure: true }, { isFailure: false }] })
        expect(JSON.stringify(told)).toContain(message)
        expect(report.nodes.at(-1)?.outputs).toMatchObject({ text: "a pity" })
      })
  )

  it.effect("and whose work is cancelled is told as a tool that did not run, and the run goes on", () =>
    Effect.gen(function* () {
      const started = Latch.makeUnsafe(false)
      const stuck = Action.make("stuck", {
        input: Schema.Struct({}),
        output: Schema.Struct({}),
        run: () => Effect.andThen(started.open, Effect.never)
      })
      const worker = Planner.make({ name: "researcher", tools: [stuck] })
      const chief = Planner.make({ name: "boss", tools: [worker.turn] })
      const words = ScriptedModel.saying({ calls: [ask("go")] }, { text: "a pity" })
      const model = ScriptedModel.saying({ calls: [{ name: "stuck", params: {} }] })
      const engine = DagFlow.layer({ owner: "test" }).pipe(
        Layer.provide([
          MemoryStore.layer,
          chief.layer.pipe(Layer.provide(words.layer)),
          worker.layer.pipe(Layer.provide(model.layer))
        ])
      )
      const report = yield* Effect.gen(function* () {
        const handle = yield* (yield* DagFlow).start(flowOf(chief, "go"), { id: "run" })
        yield* started.await
        yield* handle.send({ _tag: "CancelBranch", branch: "agent_call_1" })
        return yield* handle.outcome
      }).pipe(Effect.provide(engine))
      expect(words.asked[1]?.messages.at(-1)).toMatchObject({
        content: [{ isFailure: true, result: { error: "NotRun" } }]
      })
      expect(report.status).toBe("completed")
      expect(report.nodes.at(-1)?.outputs).toMatchObject({ text: "a pity" })
    })
  )

  it.effect("may call planners itself", () =>
    Effect.gen(function* () {
      const manager = Planner.make({ name: "manager", tools: [researcher.turn] })
      const managing = ScriptedModel.make((asked) =>
        asked.messages.at(-1)?.role === "tool"
          ? { text: `heard ${/done after \d/.exec(lastOf(asked))?.[0]}` }
          : { calls: [ask("zz")] }
      )
      const words = ScriptedModel.saying(
        { calls: [{ name: "manager", params: { prompt: "ask around" } }] },
        { text: "thanks" }
      )
      const report = yield* run(
        Planner.make({ name: "boss", tools: [manager.turn] }),
        words,
        [manager, managing],
        [researcher, working()]
      )
      expect(report.status).toBe("completed")
      expect(words.asked[1]?.messages.at(-1)).toMatchObject({ content: [{ result: "heard done after 2" }] })
    })
  )

  it.effect("is no step of a plan when it may take several turns", () =>
    Effect.gen(function* () {
      const words = ScriptedModel.saying(
        {
          calls: [
            {
              name: "submit_plan",
              params: { steps: [{ id: "a", tool: "researcher", arguments: { prompt: "z" } }] }
            }
          ]
        },
        { text: "then not" }
      )
      const planning = Planner.make({ name: "boss", tools: [researcher.turn], plan: { approval: "none" } })
      const report = yield* run(planning, words, [researcher, working()])
      expect(words.asked[1]?.messages.at(-1)).toMatchObject({
        content: [{ isFailure: true, result: { refused: "InvalidInput" } }]
      })
      expect(report.nodes.filter(({ action }) => action === "researcher")).toEqual([])
    })
  )
})
