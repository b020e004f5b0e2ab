import { describe, expect, it } from "@effect/vitest"
import { Action, Actions, DagFlow, Flow, Hooks } from "@dagflow/core"
import { MemoryStore } from "@dagflow/store-memory"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CritiqueHook, Planner, RecoveryHook, Tool } from "../src/index.ts"
import * as ScriptedModel from "./ScriptedModel.ts"
import { flowOf, nodeOf } from "./world.ts"

/** Runs a flow in an engine of these layers and gives the report. */
const run = (flow: Flow.Any, ...layers: ReadonlyArray<Layer.Layer<never>>) =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const handle = yield* dagflow.start(flow.spec)
    const report = yield* handle.outcome
    const events = (yield* dagflow.exportRun(handle.runId)).events.map(({ event }) => event)
    return { report, events }
  }).pipe(
    Effect.provide(DagFlow.layer({ owner: "test" }).pipe(Layer.provide([MemoryStore.layer, ...layers])))
  )

describe("a supervisor", () => {
  it.effect("gives work to other planners, hears what they say, and ends with its final tool", () =>
    Effect.gen(function* () {
      const facts = ScriptedModel.make(({ messages }) => ({
        text: JSON.stringify(messages.at(-1)).includes("foxes") ? "Foxes dig." : "Moles dig."
      }))
      const boss = ScriptedModel.make(({ messages }, turn) =>
        turn === 1
          ? {
              calls: [
                { id: "f", name: "researcher", params: { prompt: "What do foxes do?" } },
                { id: "m", name: "researcher", params: { prompt: "What do moles do?" } }
              ]
            }
          : { calls: [{ name: "final_answer", params: { heard: JSON.stringify(messages.at(-1)) } }] }
      )
      const researcher = Planner.make({ name: "researcher", description: "Finds facts." })
      const supervisor = Planner.make({
        name: "supervisor",
        tools: [researcher.turn],
        stop: Tool.define({ name: "final_answer", parameters: Schema.Struct({ heard: Schema.String }) })
      })
      const { report } = yield* run(
        flowOf(supervisor, "Who digs?"),
        researcher.layer.pipe(Layer.provide(facts.layer)),
        supervisor.layer.pipe(Layer.provide(boss.layer))
      )
      expect(report.status).toBe("completed")
      expect(report.nodes.map((node) => node.action)).toEqual([
        "supervisor",
        "researcher",
        "researcher",
        "supervisor-results",
        "supervisor"
      ])
      expect(boss.asked).toHaveLength(2)
      expect(boss.asked[1]?.messages.at(-1)).toMatchObject({
        content: [
          { id: "f", result: "Foxes dig." },
          { id: "m", result: "Moles dig." }
        ]
      })
    })
  )

  it.effect("that never comes to an end is ended by its round limit", () =>
    Effect.gen(function* () {
      const worker = Planner.make({ name: "worker" })
      const supervisor = Planner.make({ name: "supervisor", tools: [worker.turn], limits: { turnsMax: 3 } })
      const again = ScriptedModel.make(() => ({ calls: [{ name: "worker", params: { prompt: "again" } }] }))
      const { report } = yield* run(
        flowOf(supervisor, "go"),
        worker.layer.pipe(Layer.provide(ScriptedModel.make(() => ({ text: "done" })).layer)),
        supervisor.layer.pipe(Layer.provide(again.layer))
      )
      expect(report.status).toBe("failed")
      expect(again.asked).toHaveLength(3)
      expect(report.nodes.at(-1)?.error?.message).toContain("turnsMax is 3")
    })
  )
})

describe("a critic", () => {
  const writer = Planner.make({ name: "writer" })
  const critic = (roundsMax?: number) =>
    CritiqueHook.make({
      name: "critic",
      of: writer,
      instructions: "Accept haiku only.",
      ...(roundsMax !== undefined && { roundsMax })
    })
  const draft = () => ScriptedModel.make((_, turn) => ({ text: `draft ${turn}` }))
  const verdict = (accepted: boolean, feedback: string): ScriptedModel.Said => ({
    calls: [{ name: "verdict", params: { accepted, feedback } }]
  })
  const judge = (words: ScriptedModel.Model, writing: ScriptedModel.Model, roundsMax?: number) =>
    run(
      flowOf(writer, "Write a haiku."),
      writer.layer.pipe(Layer.provide(writing.layer)),
      critic(roundsMax).layer.pipe(Layer.provide(words.layer))
    )
  const judgements = (events: ReadonlyArray<{ readonly _tag: string }>) =>
    events.flatMap((event) =>
      event._tag === "EventEmitted" && "name" in event && event.name === "critique.judged" ? [event] : []
    )

  it.effect("has an answer written again with its feedback until it accepts", () =>
    Effect.gen(function* () {
      const words = ScriptedModel.saying(
        verdict(false, "too long"),
        { text: "hm, no" },
        { calls: [{ name: "verdict", params: { accepted: "yes" } }] },
        verdict(true, "")
      )
      const writing = draft()
      const { events, report } = yield* judge(words, writing)
      expect(report.status).toBe("completed")
      expect(writing.asked).toHaveLength(3)
      expect(JSON.stringify(writing.asked[1]?.messages.at(-1))).toContain("too long")
      expect(writing.asked[2]?.messages.map(({ role }) => role)).toEqual([
        "user",
        "assistant",
        "user",
        "assistant",
        "user"
      ])
      expect(JSON.stringify(words.asked[0]?.messages)).toContain("draft 1")
      expect(JSON.stringify(words.asked[0]?.messages)).toContain("Write a haiku.")
      expect(judgements(events)).toMatchObject([
        { payload: { accepted: false, goesOn: true } },
        { payload: { accepted: false, feedback: "hm, no" } },
        { payload: { turn: "agent_3", accepted: true, goesOn: false } }
      ])
    })
  )

  it.effect("who never accepts leaves the last answer as it is, and says so", () =>
    Effect.gen(function* () {
      const words = ScriptedModel.make(() => verdict(false, "worse"))
      const writing = draft()
      const { events, report } = yield* judge(words, writing, 2)
      expect(report.status).toBe("completed")
      expect(writing.asked).toHaveLength(3)
      expect(judgements(events).at(-1)).toMatchObject({ payload: { accepted: false, goesOn: false } })
    })
  )
})

describe("a turn for each document of a list", () => {
  const note = Action.make("note", {
    input: Schema.Struct({ text: Schema.String }),
    output: Schema.Struct({}),
    run: () => ({})
  })
  const reader = Planner.make({ name: "reader", tools: [note], limits: { answerBytesMax: 1000 } })
  const flow = Flow.make("documents", (f) => ({
    read: f.forEach("read", ["one", "two", "three"], reader.turn, (prompt) => ({ prompt }))
  }))
  const read = (model: ScriptedModel.Model) => run(flow, reader.layer.pipe(Layer.provide(model.layer)))

  it.effect("is one answer, in the order of the list, and the model is shown no tools", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.make(({ messages }) => ({
        text: /two/.test(JSON.stringify(messages)) ? "2" : "not 2"
      }))
      const { report } = yield* read(model)
      expect(report.status).toBe("completed")
      expect(nodeOf(report, "read[1]").outputs).toMatchObject({ text: "2" })
      expect(model.asked.map(({ tools }) => tools)).toEqual([[], [], []])
    })
  )

  it.effect.each([
    ["calls tools", { calls: [{ name: "note", params: { text: "x" } }] }],
    ["is too large", { text: "word ".repeat(1000) }]
  ] as const)("fails by type when its answer %s, since no turn follows on an item", ([, said]) =>
    Effect.gen(function* () {
      const { report } = yield* read(ScriptedModel.make(() => said))
      expect(report.status).toBe("failed")
      const failed = report.nodes.find((node) => node.status === "failed")
      expect(failed?.error).toMatchObject({ tag: "PlannerError", chain: [{ tag: "IncompleteAnswer" }] })
      expect(failed?.error?.message).toContain("no turn follows on an item of a list")
      expect(report.nodes.filter(({ action }) => action !== "reader")).toEqual([])
    })
  )
})

class NoRoute extends Data.TaggedError("NoRoute")<{ readonly message: string }> {}

describe("a recovery", () => {
  const ship = Action.fn("ship", () => Effect.fail(new NoRoute({ message: "the road is closed" })))
  const fly = Action.make("fly", {
    input: Schema.Struct({ to: Schema.String }),
    output: Schema.Struct({ arrived: Schema.Boolean }),
    run: () => Effect.succeed({ arrived: true })
  })
  const agent = Planner.make({ name: "agent", tools: [fly] })
  const flow = Flow.make("delivery", (f) => ({ shipped: f.node("ship", ship) }))

  it.effect("asks a planner what to do instead, and the run ends by what comes of it", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.saying(
        { calls: [{ name: "fly", params: { to: "Oslo" } }] },
        { text: "flown" }
      )
      const { report } = yield* run(
        flow,
        Actions.layer(ship),
        agent.layer.pipe(Layer.provide(model.layer)),
        Hooks.layer(RecoveryHook.make({ name: "recovery", planner: agent }))
      )
      expect(report.status).toBe("completed")
      expect(report.totals.handled).toBe(1)
      expect(nodeOf(report, "ship_recovery_call_1").outputs).toEqual({ arrived: true })
      expect(JSON.stringify(model.asked[0]?.messages)).toContain("NoRoute: the road is closed")
    })
  )

  it.effect("leaves to the flow's policy what is not its business, and what fails too often", () =>
    Effect.gen(function* () {
      const model = ScriptedModel.make(() => ({ text: "I do not know" }))
      const hook = RecoveryHook.make({
        name: "recovery",
        planner: agent,
        roundsMax: 1,
        when: ({ nodeId }) => nodeId !== "never"
      })
      const three = Flow.make("three", { config: { onFailure: "continue" } }, (f) => {
        f.node("never", ship)
        f.node("second", ship)
        return { last: f.node("third", ship) }
      })
      const { report } = yield* run(
        three,
        Actions.layer(ship),
        agent.layer.pipe(Layer.provide(model.layer)),
        Hooks.layer(hook)
      )
      expect(report.status).toBe("failed")
      expect(report.totals.handled).toBe(1)
      expect(report.nodes.filter((node) => node.action === "agent")).toHaveLength(1)
    })
  )
})
