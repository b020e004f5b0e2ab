/**
 * Goal: what the end of a step makes of what its nodes wrote. Method: the ends of the nodes are given one by one, in orders of
 * the test's choice, and the channels are looked at.
 */
import { type ChannelSpec, type Event, Expression } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import fc from "fast-check"
import { beforeAll, describe, expect, it } from "vitest"
import { forkLog } from "../../src/decide/forkLog.ts"
import { edge, flow, many, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

beforeAll(() => Effect.runPromise(Expression.load))

const channels: ChannelSpec.ChannelSpecs = {
  log: { reducer: "append" },
  note: { schema: { type: "string" } },
  cost: { reducer: "sum", schema: { type: "number", maximum: 10 } },
  word: { reducer: "longest" },
  facts: { reducer: "merge" }
}

const scene = (nodes: ReadonlyArray<ReturnType<typeof node>>, config: object = {}) =>
  new Scene({ flow: { ...flow(nodes), channels, config: { strategy: "superstep", ...config } } }).follow()

const three = [node("a"), node("b"), node("c"), node("end", ["a", "b", "c"], {}, { trigger: "all_done" })]

const channel = (world: Scene, name: string) => world.turn.state.channels.get(name)

const completions = (world: Scene) =>
  world.turn.events.flatMap(({ event }) => (event._tag === "StepCompleted" ? [event] : []))

const told = (event: Event.EventOf<"StepCompleted"> | undefined) => ({
  updated: event?.updated,
  versions: event?.versions,
  values: event?.values,
  conflicts: event?.conflicts
})

describe("channels", () => {
  it("a node of a step does not see what another one of it wrote (row 105)", () => {
    const world = scene(three)
    world.write("a", { log: "a" }).write("b", { log: "b" })
    expect(channel(world, "log")).toEqual({ value: [], version: 0 })
    world.write("c", { note: "c" })
    expect(channel(world, "log")).toEqual({ value: ["a", "b"], version: 1 })
    expect(channel(world, "note")).toEqual({ value: "c", version: 1 })
  })

  it("the step tells which channels changed, their versions, and what the user's own reducers came to (row 146)", () => {
    const world = scene(three)
    world
      .write("a", { log: "a", word: "long" })
      .write("b", { log: [], word: "longer" })
      .write("c", { cost: 0 })
    expect(told(completions(world)[0])).toEqual({
      updated: ["log", "word"],
      versions: { log: 1, word: 1 },
      values: { word: "longer" },
      conflicts: [
        { channel: "log", nodeIds: ["a", "b"] },
        { channel: "word", nodeIds: ["a", "b"] }
      ]
    })
    world.succeed("end")
    expect(told(completions(world)[1])).toEqual({})
  })

  it("a step comes to the same in whatever order its nodes completed (row 103)", () => {
    const count = 6
    const order = fc.shuffledSubarray(
      Array.from({ length: count }, (_, index) => index),
      { minLength: count }
    )
    const priorities = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: count, maxLength: count })
    const play = (ends: ReadonlyArray<number>, urgency: ReadonlyArray<number>) => {
      const nodes = many(count, "n* ok").map((one, index) => ({ ...one, priority: urgency[index] ?? 0 }))
      const world = scene(nodes)
      for (const index of ends) {
        world.write(`n${index}`, { log: [index], note: `note ${index}`, facts: { [`k${index % 2}`]: index } })
      }
      return { channels: [...world.turn.state.channels], completed: told(completions(world)[0]) }
    }
    fc.assert(
      fc.property(order, priorities, (ends, urgency) => {
        const byFrontier = urgency
          .map((_, index) => index)
          .sort((a, b) => (urgency[b] ?? 0) - (urgency[a] ?? 0) || a - b)
        const outcome = play(ends, urgency)
        expect(outcome).toEqual(play(byFrontier, urgency))
        expect(new Map(outcome.channels).get("log")?.value).toEqual(byFrontier)
        expect(new Map(outcome.channels).get("note")?.value).toBe(`note ${byFrontier.at(-1)}`)
      })
    )
  })

  it("a failed attempt writes nothing, and neither does a node that failed for good", () => {
    const world = scene(three, { onFailure: "continue" })
    world.write("a", { log: "a" }).fail("b").fail("c")
    expect(channel(world, "log")?.value).toEqual(["a"])
  })

  it("SetChannel counts from the end of the step on, and over what nodes wrote (R16)", () => {
    const world = scene(three)
    world.command({ _tag: "SetChannel", channel: "log", value: ["edited"] })
    expect(channel(world, "log")?.value).toEqual([])
    world.write("a", { log: "a" }).succeed("b").succeed("c")
    expect(channel(world, "log")).toEqual({ value: ["edited"], version: 1 })
    world.write("end", { log: "end" })
    expect(channel(world, "log")).toEqual({ value: ["edited", "end"], version: 2 })
  })

  it("SetChannel between two steps, while the run is paused, counts from the next step on (row 90)", () => {
    const world = scene(three, { interrupts: { eachStep: true } })
    world.write("a", { note: "draft" }).succeed("b").succeed("c")
    expect(world.turn.state.status).toBe("paused")
    world.command({ _tag: "SetChannel", channel: "note", value: "first" })
    world.command({ _tag: "SetChannel", channel: "note", value: "edited" })
    expect(channel(world, "note")).toEqual({ value: "draft", version: 1 })
    world.command({ _tag: "ResumeRun" })
    expect(channel(world, "note")).toEqual({ value: "edited", version: 2 })
    expect(world.node("end").status).toBe("running")
  })

  it("SetChannel refuses a channel that there is not, and a value of the wrong type (row 106)", () => {
    const world = scene(three)
    expect(world.command({ _tag: "SetChannel", channel: "nota", value: 1 }).rejection).toEqual({
      _tag: "UnknownChannel",
      channel: "nota",
      suggestion: "note"
    })
    expect(world.command({ _tag: "SetChannel", channel: "note", value: 1 }).rejection).toMatchObject({
      _tag: "InvalidInput",
      message: expect.stringContaining(`channel "note" does not take this value`)
    })
    expect(
      new Scene({ flow: flow([node("a")]) }).command({ _tag: "SetChannel", channel: "note", value: 1 })
        .rejection
    ).toEqual({
      _tag: "UnknownChannel",
      channel: "note"
    })
  })

  it("updates that fit one by one and not together end the run, with the channels as they were", () => {
    const world = scene(three)
    world.write("a", { cost: 6, log: "a" }).write("b", { cost: 6 }).succeed("c")
    expect(world.turn.state.result).toMatchObject({
      _tag: "Failed",
      failure: {
        _tag: "ChannelFailed",
        channel: "cost",
        step: 1,
        nodeId: "b",
        message: expect.stringMatching(/10/)
      }
    })
    expect(channel(world, "log")).toEqual({ value: [], version: 0 })
    expect(completions(world)[0]?.unmerged).toBe(true)
    expect(world.broken).toEqual([])
  })

  it("a reducer that refuses at the end of the step ends the run", () => {
    const world = scene(three)
    world.write("a", { word: "fine" }).write("b", { word: 5 }).succeed("c")
    expect(world.turn.state.result).toEqual({
      _tag: "Failed",
      failure: { _tag: "ChannelFailed", channel: "word", step: 1, nodeId: "b", message: "it is no text" }
    })
  })

  it("a run with channels is forked before a step, and not run again from a node", () => {
    const world = scene(three)
    world.write("a", { log: "a" }).succeed("b").succeed("c")
    const log = world.turn.events
    const refused = forkLog(log, { rerun: "end" }, { runId: "fork", nowMillis: 0 })
    const begun = log.find(({ event }) => event._tag === "StepStarted" && event.step === 2)?.sequence ?? 0
    expect(refused).toEqual(
      Result.fail(
        `the nodes of this run are connected by more than their dependencies, so it cannot be run again from "end": fork it at event ${begun - 1}, before step 2`
      )
    )
    const forked = Result.getOrThrow(forkLog(log, { at: begun - 1 }, { runId: "fork", nowMillis: 0 }))
    expect(forked.state.channels.get("log")).toEqual({ value: ["a"], version: 1 })
  })

  it("a run that is halted keeps what the nodes of the last step wrote", () => {
    const world = scene(three)
    world.write("a", { log: "a" }).fail("b").stop("c")
    expect(world.turn.state.result?._tag).toBe("Failed")
    expect(channel(world, "log")?.value).toEqual(["a"])
  })
})

describe("a diamond whose arms write to one channel", () => {
  const diamond = [
    node("head"),
    node("left", ["head"]),
    node("right", ["head"]),
    node("join", ["left", "right"])
  ]
  const ends = {
    "left first": ["left", "right"],
    "right first": ["right", "left"]
  } as const

  for (const [name, [first, second]] of Object.entries(ends)) {
    it(`reports both writers in the order of the step, ${name}, and none where only one wrote (row 104)`, () => {
      const world = scene(diamond).write("head", { note: "head", log: "head" })
      world.write(first, { note: first, facts: { [first]: 1, both: first } })
      world.write(second, { note: second, facts: { [second]: 1, both: second } }).succeed("join")
      const [head, arms, join] = completions(world)
      expect(head?.conflicts).toBeUndefined()
      expect(arms?.conflicts).toEqual([
        { channel: "note", nodeIds: ["left", "right"] },
        { channel: "facts", key: "both", nodeIds: ["left", "right"] }
      ])
      expect(join?.conflicts).toBeUndefined()
      expect(channel(world, "note")).toEqual({ value: "right", version: 2 })
      expect(channel(world, "facts")).toEqual({ value: { left: 1, right: 1, both: "right" }, version: 1 })
    })
  }
})

describe("a condition that reads channels", () => {
  const enough = { when: "channels.cost > 2" }
  const read = [
    node("a"),
    node("slow"),
    node("b", ["a"], {}, enough),
    node("c", [edge("a", "channels.cost <= 2")])
  ]

  it("is decided when the step of its last dependency has ended, and sees what all of that step wrote", () => {
    const world = scene(read)
    expect(world.news.at(-1)).toBe("slow starts")
    expect(world.write("a", { cost: 2 }).news).toEqual(["a completes"])
    expect(world.write("slow", { cost: 1 }).news).toEqual([
      "slow completes",
      "step 1 ends ran a,slow",
      "b routed",
      "c routed without a",
      "c skipped not_routed by a",
      "step 2 of b",
      "b starts"
    ])
  })

  it("skips what it is false for, and that is told by the next step", () => {
    const world = scene([...read, node("d", ["b"], {}, { trigger: "all_done" })])
    expect(world.write("a", { cost: 2 }).news.at(-1)).toBe("a completes")
    expect(world.succeed("slow").news).toEqual([
      "slow completes",
      "step 1 ends ran a,slow",
      "b skipped condition_false",
      "c routed",
      "step 2 of c,d",
      "c starts",
      "d starts"
    ])
    expect(completions(world.succeed("c").succeed("d"))[1]?.skipped).toEqual(["b"])
  })

  it("of a node that is added while a step goes on is decided with those of the others", () => {
    const world = scene(read)
    const { rejection } = world.command({
      _tag: "AddNode",
      node: { id: "added", action: "ok", dependencies: ["a"], ...enough }
    })
    expect(rejection).toBeUndefined()
    world.write("a", { cost: 3 }).succeed("slow")
    expect(world.turn.state.step?.frontier.map(({ spec }) => spec.id)).toEqual(["b", "added"])
  })

  it("is not waited for by a node that is skipped whatever it says", () => {
    const world = scene(read, { onFailure: "continue" })
    expect(world.news.at(-1)).toBe("slow starts")
    expect(world.fail("a").news).toEqual([
      "a fails Failed",
      "b skipped trigger_rule by a",
      "c skipped trigger_rule by a"
    ])
  })

  it("is waited for by the pause after a step, which tells what may start then", () => {
    const world = scene(read, { interrupts: { eachStep: true } })
    world.write("a", { cost: 3 }).succeed("slow")
    const paused = world.turn.events.find(({ event }) => event._tag === "RunPaused")?.event
    expect(paused?._tag === "RunPaused" && paused.interrupt?.frontier).toEqual(["b"])
  })

  it("of a node that was led past is asked after each step, until the node starts or nothing leads to it any more", () => {
    const nodes = [node("a"), node("b", ["a"]), node("z", ["a"], {}, { ...enough, trigger: "all_done" })]
    const led = () => scene(nodes).succeed("a", {}, undefined, { routes: { to: ["b"], edges: false } })
    const starts = led()
    expect(starts.news.slice(-3)).toEqual(["step 1 ends ran a", "step 2 of b", "b starts"])
    expect(starts.write("b", { cost: 3 }).news).toEqual([
      "b completes",
      "step 2 ends ran b",
      "z routed",
      "step 3 of z",
      "z starts"
    ])
    expect(led().write("b", { cost: 2 }).news).toContain("z skipped not_routed by a")
  })
})
