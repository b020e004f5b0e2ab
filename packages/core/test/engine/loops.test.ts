/** Loops, and runs that continue ended ones, in runs that go on: R9, rows 107, 120, 124 and 148. */
import { describe, expect, it } from "@effect/vitest"
import type { FlowSpec } from "@dagflow/protocol"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Action, Channel, Flow, NodeOutput } from "../../src/index.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

/** Thinks until it has noted three things; acts in between. */
const think = Action.fn("think", ({ log }: { log: ReadonlyArray<string> }, { nodeId }) =>
  NodeOutput.goto(
    { replace: log.length < 3 ? "act" : "answer" },
    { outputs: { by: nodeId, length: log.length } }
  )
)
const act = Action.fn("act", (_: {}, { nodeId }) =>
  NodeOutput.goto({ replace: "think" }, { update: { log: `${nodeId} done`, scratch: 1 } })
)
const answer = Action.fn("answer", (input: { log: ReadonlyArray<string>; by: string }) => input)

const say = Action.fn("say", (input: { log: ReadonlyArray<string> }) => input)

const agent = (version = 1, schema = Schema.Array(Schema.String)) =>
  Flow.make(
    "agent",
    {
      channels: {
        log: Channel.append({ schema, version }),
        scratch: Channel.append({ scope: "run" })
      },
      config: { strategy: "superstep" }
    },
    (f) => {
      const thought = f.node("think", think, { log: f.channels.log as never })
      f.node("act", act, {}, { dependsOn: [thought] })
      const said = f.node("answer", answer, { log: f.channels.log as never, by: thought.out.by })
      return { said }
    }
  )

describe("a loop", () => {
  it.effect("goes round as visits, and refers to the latest ones (R9)", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const outputs = yield* Effect.orDie(engine.dagflow.run(agent(), { id: "r" }))
      expect(outputs.said).toEqual({ log: ["act done", "act#2 done", "act#3 done"], by: "think#4" })
    })
  )

  it.effect("ends with a typed error that carries the last frontier (row 124)", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const run = yield* Effect.orDie(engine.dagflow.start(agent(), { config: { maxIterations: 3 } }))
      const error = yield* Effect.flip(run.outputs)
      expect(error).toMatchObject({
        reason: { _tag: "LimitReached", limit: "maxIterations", maximum: 3, step: 5, frontier: ["act#3"] }
      })
    })
  )

  it.effect("goes on after the process was killed, at any append, to the same log", () =>
    Effect.gen(function* () {
      const whole = yield* TestEngine.open()
      yield* Effect.orDie(whole.dagflow.run(agent(), { id: "r", seed: 1 }))
      const told = (log: ReturnType<typeof whole.log>) =>
        log.flatMap(({ event }) =>
          event._tag === "StepCompleted" ? [{ ...event, ran: event.ran.length }] : []
        )
      const expected = told(whole.log("r"))
      for (let appends = 1; appends <= 8; appends++) {
        const data = new MemoryStoreData()
        const first = yield* TestEngine.open({
          data,
          driver: (driver) => {
            let left = appends
            return { ...driver, append: (request) => (left-- > 0 ? driver.append(request) : Effect.never) }
          }
        })
        const run = yield* Effect.orDie(first.dagflow.start(agent(), { id: "r", seed: 1 }))
        yield* TestEngine.awaitEvent(run, ({ sequence }) => sequence >= 2)
        yield* Effect.repeat(Effect.yieldNow, { times: 200 })
        first.kill()
        const actions: ReadonlyArray<Action.Any<never>> = [think, act, answer]
        const second = yield* TestEngine.open({ data, actions })
        const resumed = yield* Effect.orDie(second.dagflow.resume("r", { force: true }))
        expect((yield* resumed.outcome).status).toBe("completed")
        expect(told(second.log("r"))).toEqual(expected)
      }
    })
  )

  it.effect.each<readonly [string, NodeOutput.Goto, object, string]>([
    [
      "an unknown node",
      { replace: "anwser" },
      { strategy: "superstep" },
      `there is no node "anwser" to go to; did you mean "answer"?`
    ],
    ["a visit", { append: "answer#2" }, { strategy: "superstep" }, `there is no node "answer#2" to go to`],
    ["a node of a run without steps", { replace: "answer" }, {}, `this run goes by "reactive"`]
  ])("does not lead to %s (row 120)", ([, goto, config, message]) =>
    Effect.gen(function* () {
      const actions = [Action.fn("lead", () => NodeOutput.goto(goto)) as Action.Any<never>]
      const engine = yield* TestEngine.open({ actions })
      const run = yield* engine.start(flow([node("a lead"), node("answer ok", ["a"])], config))
      const reason = yield* TestEngine.reasonOf(run.outputs)
      const error = reason._tag === "NodesFailed" ? reason.nodes[0]?.error : undefined
      expect(error).toMatchObject({ cause: "InvalidRoute", isRetryable: false })
      expect(error?.message).toContain(message)
    })
  )
})

describe("a run that continues an ended one (row 148)", () => {
  it.effect("pauses at its start, before the first step of its own, if that is asked for", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const { dagflow } = engine
      yield* Effect.orDie(dagflow.run(agent(), { id: "one" }))
      const config = { interrupts: { atStart: true } } as const
      const run = yield* Effect.orDie(dagflow.start(agent(), { id: "two", continues: "one", config }))
      expect((yield* run.outcome).status).toBe("paused")
      expect(engine.log("two").at(-1)?.event).toMatchObject({
        _tag: "RunPaused",
        reason: "interrupted before the first step",
        interrupt: { when: "before", step: 8, nodeIds: [], frontier: ["think"] }
      })
      yield* run.resume()
      expect((yield* run.outcome).status).toBe("completed")
    })
  )

  it.effect("has its durable channels, not those of the run, and counts its steps on (row 107)", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const { dagflow } = engine
      yield* Effect.orDie(dagflow.run(agent(), { id: "one" }))
      const outputs = yield* Effect.orDie(dagflow.run(agent(), { id: "two", continues: "one" }))
      expect(outputs.said).toEqual({ log: ["act done", "act#2 done", "act#3 done"], by: "think" })
      const [begun] = engine.log("two")
      expect(begun?.event).toMatchObject({
        continues: {
          runId: "one",
          step: 8,
          channels: { log: { value: ["act done", "act#2 done", "act#3 done"], version: 3 } }
        }
      })
      const report = yield* Effect.orDie(dagflow.report("two"))
      expect(report.continues).toEqual({ runId: "one", step: 8 })
      const steps = engine
        .log("two")
        .flatMap(({ event }) => (event._tag === "StepStarted" ? [event.step] : []))
      expect(steps).toEqual([9, 10])
      expect(report.channels).toMatchObject([
        { name: "log", version: 3 },
        { name: "scratch", version: 0, value: [] }
      ])
    })
  )

  it.effect("goes on from session to session, with the same channels and rising steps", () =>
    Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      const note = Action.fn("note", (_: {}, { runId }) => NodeOutput.update({ log: runId }))
      const session = Flow.make(
        "session",
        {
          channels: { log: Channel.append({ schema: Schema.Array(Schema.String) }) },
          config: { strategy: "superstep" }
        },
        (f) => {
          const noted = f.node("note", note)
          return { said: f.node("say", say, { log: f.channels.log as never }, { dependsOn: [noted] }) }
        }
      )
      const seen: Array<unknown> = []
      for (const [id, continues] of [
        ["one", undefined],
        ["two", "one"],
        ["three", "two"],
        ["four", "three"]
      ] as const) {
        const options = continues === undefined ? { id } : { id, continues }
        const { said } = yield* Effect.orDie(engine.dagflow.run(session, options))
        const { channels, steps = [] } = yield* Effect.orDie(engine.dagflow.report(id))
        seen.push([said, channels?.[0]?.version, steps.map(({ step }) => step)])
      }
      expect(seen).toEqual([
        [{ log: ["one"] }, 1, [1, 2]],
        [{ log: ["one", "two"] }, 2, [3, 4]],
        [{ log: ["one", "two", "three"] }, 3, [5, 6]],
        [{ log: ["one", "two", "three", "four"] }, 4, [7, 8]]
      ])
    })
  )

  it.effect("is no other one when it is started once more, with another run to continue", () =>
    Effect.gen(function* () {
      const { dagflow } = yield* TestEngine.open()
      for (const id of ["one", "other"]) yield* Effect.orDie(dagflow.run(agent(), { id }))
      const start = (id: string, continues?: string) =>
        Effect.catchTag(
          dagflow.start(agent(), { id, ...(continues !== undefined && { continues }) }),
          "DefinitionError",
          Effect.die
        )
      const run = yield* Effect.orDie(start("two", "one"))
      const refused = (by: string) => ({ _tag: "InvalidInput", message: expect.stringContaining(by) })
      expect(yield* TestEngine.reasonOf(start("two", "other"))).toEqual(
        refused('it continues run "one", and not run "other"')
      )
      yield* Effect.orDie(run.outcome)
      expect(yield* TestEngine.reasonOf(start("two", "other"))).toEqual(refused('and not run "other"'))
      expect(yield* TestEngine.reasonOf(start("one", "other"))).toEqual(refused("it continues no other run"))
      for (const same of [start("two", "one"), start("two"), start("one")]) {
        expect((yield* Effect.orDie(Effect.flatMap(same, ({ outcome }) => outcome))).status).toBe("completed")
      }
    })
  )

  it.effect("refuses values of another version, or migrates them by a function that was given", () =>
    Effect.gen(function* () {
      const { dagflow } = yield* TestEngine.open()
      yield* Effect.orDie(dagflow.run(agent(), { id: "one" }))
      const start = (id: string, continues: object | string) =>
        dagflow.start(agent(2), { id, continues: continues as never }) as never as Effect.Effect<never, never>
      expect(yield* TestEngine.reasonOf(start("two", "one") as never)).toEqual({
        _tag: "ChannelsChanged",
        channels: [{ channel: "log", recorded: 1, declared: 2 }]
      })
      const migrate = {
        log: (value: unknown, version: number) => [
          `${(value as Array<string>).length} of version ${version}`,
          "b",
          "c"
        ]
      }
      const outputs = yield* Effect.orDie(
        dagflow.run(agent(2), { id: "three", continues: { runId: "one", migrate } })
      )
      expect(outputs.said).toMatchObject({ log: ["3 of version 1", "b", "c"] })
      const bad = { log: () => [1] }
      expect(
        yield* TestEngine.reasonOf(start("four", { runId: "one", migrate: bad }) as never)
      ).toMatchObject({
        _tag: "InvalidInput",
        message: expect.stringContaining(`channel "log" of run "one" cannot be continued`)
      })
    })
  )

  it.effect("refuses a run that goes on, one that there is not, and a flow without steps", () =>
    Effect.gen(function* () {
      const wait = Action.fn("wait", () => NodeOutput.wait())
      const engine = yield* TestEngine.open({ actions: [wait as Action.Any<never>] })
      yield* engine.start(flow([node("a wait")]), { id: "open" })
      const reason = (spec: FlowSpec.FlowSpec, continues: string) =>
        TestEngine.reasonOf(engine.dagflow.start(spec, { continues }) as never)
      const steps = flow([node("a ok")], { strategy: "superstep" })
      expect(yield* reason(steps, "open")).toMatchObject({
        _tag: "InvalidInput",
        message: `run "open" is running: only a run that has ended can be continued`
      })
      expect(yield* reason(steps, "none")).toEqual({ _tag: "RunNotFound" })
      expect(yield* reason(flow([node("a ok")]), "open")).toMatchObject({
        _tag: "InvalidInput",
        message: expect.stringContaining(`this one goes by "reactive"`)
      })
    })
  )
})
