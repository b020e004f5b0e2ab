/*
 * Goal: the payload that a node reads, and the one that a run ends with, are functions of the graph (R19). Method: pipelines are
 * run in random orders of completion and compared with an evaluator that walks the graph and knows nothing of the engine.
 */
import { type NodeSpec, Payload } from "@dagflow/protocol"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { resolveInputs } from "../../src/engine/resolveInputs.ts"
import { Dice } from "../simulation/world/Dice.ts"
import { flow } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

/** A processor of a pipeline: what it waits for and whether it changes the payload. */
interface Processor {
  readonly id: string
  readonly after: ReadonlyArray<string>
  readonly intent: "transform" | "analyze"
}

const transform = (id: string, ...after: ReadonlyArray<string>): Processor => ({
  id,
  after,
  intent: "transform"
})
const analyze = (id: string, ...after: ReadonlyArray<string>): Processor => ({ id, after, intent: "analyze" })

const specOf = ({ after, id, intent }: Processor): NodeSpec.NodeSpec => ({
  id,
  action: "ok",
  intent,
  ...(after.length > 0 && { dependencies: [...after] })
})

/** What every processor does: it writes its name behind what it read, so that the result tells the whole way. */
const apply = (id: string, payload: string): string => `${payload}>${id}`

// -- the independent evaluator ----------------------------------------------------------------------------------------

const evaluate = (pipeline: ReadonlyArray<Processor>, input: string): string => {
  const byId = new Map(pipeline.map((one) => [one.id, one]))
  const ancestors = (id: string): ReadonlyArray<string> => [
    ...new Set((byId.get(id)?.after ?? []).flatMap((one) => [one, ...ancestors(one)]))
  ]
  const depth = (id: string): number => 1 + Math.max(0, ...(byId.get(id)?.after ?? []).map(depth))
  const deepest = (ids: ReadonlyArray<string>): string | undefined =>
    ids
      .filter((id) => byId.get(id)?.intent === "transform")
      .sort((a, b) => depth(b) - depth(a) || (a < b ? -1 : 1))[0]
  const given = (id: string): string => {
    const from = deepest(ancestors(id))
    return apply(id, from === undefined ? input : given(from))
  }
  const last = deepest([...byId.keys()])
  return last === undefined ? input : given(last)
}

// -- the engine's decisions, in a random order -------------------------------------------------------------------------

/** Runs a pipeline without a runtime; chance decides which of the nodes that run ends next. */
const perform = (pipeline: ReadonlyArray<Processor>, input: string, dice: Dice): unknown => {
  const maxParallel = dice.between(1, 5)
  const scene = new Scene({
    flow: flow(pipeline.map(specOf), { maxParallel }),
    inputs: { payload: input }
  }).follow()
  const { state } = scene.turn
  for (let running = state.nodes; running.length > 0;) {
    running = state.nodes.filter(({ inFlight }) => inFlight)
    if (running.length === 0) break
    const node = dice.pick(running)
    const { values } = Result.getOrThrow(resolveInputs(state, node))
    // What an analysis gives under that name is not the payload.
    scene.succeed(node.spec.id, { payload: apply(node.spec.id, values["payload"] as string) })
  }
  expect(state.status).toBe("completed")
  expect(state.result).toMatchObject({ _tag: "Completed", payload: Payload.ofRun(state) })
  return Payload.ofRun(state)
}

/** The pipelines of DAGwood whose result depended on who ended first. */
const ambiguous: Readonly<Record<string, ReadonlyArray<Processor>>> = {
  "two transforms side by side": [
    transform("a"),
    transform("b", "a"),
    transform("c", "a"),
    analyze("d", "b", "c")
  ],
  "a short way and a long one": [
    transform("a"),
    transform("short", "a"),
    transform("long-1", "a"),
    transform("long-2", "long-1"),
    transform("end", "short", "long-2")
  ],
  "two starts that meet in an analysis": [
    transform("x"),
    transform("w"),
    analyze("both", "x", "w"),
    transform("y", "both")
  ]
}

describe("rows 108-110, R19: the canonical payload", () => {
  it.each(Object.entries(ambiguous))("row 109: is one over 1,000 random schedules: %s", (_, pipeline) => {
    const results = new Set<unknown>()
    for (let seed = 0; seed < 1000; seed++) results.add(perform(pipeline, "in", new Dice(seed, "schedule")))
    expect([...results]).toEqual([evaluate(pipeline, "in")])
  })

  it("is that of the deepest completed transform, of equally deep ones that of the smallest id", () => {
    expect(Object.values(ambiguous).map((pipeline) => evaluate(pipeline, "in"))).toEqual([
      "in>a>b",
      "in>a>long-1>long-2>end",
      "in>w>y"
    ])
  })

  it("of 200 generated pipelines is what an independent evaluator says, in 1,000 schedules", () => {
    for (let seed = 0; seed < 200; seed++) {
      const dice = new Dice(seed, "pipeline")
      const pipeline: Array<Processor> = []
      for (let number = 0; number < dice.between(1, 10); number++) {
        const before = dice.some(
          pipeline.map(({ id }) => id),
          0.4
        )
        const make = dice.chance(0.6) ? transform : analyze
        pipeline.push(make(`${dice.pick(["a", "m", "z"])}${number}`, ...before))
      }
      const expected = evaluate(pipeline, "in")
      for (let schedule = 0; schedule < 5; schedule++) {
        expect(perform(pipeline, "in", new Dice(schedule, `schedule ${seed}`)), `pipeline ${seed}`).toBe(
          expected
        )
      }
    }
  })

  it("row 108: is not changed by an analysis, whatever that gives", () => {
    const pipeline = [analyze("a"), analyze("b", "a"), transform("c", "b")]
    expect(perform(pipeline, "in", new Dice(1))).toBe("in>c")
    expect(perform([analyze("a")], "in", new Dice(1))).toBe("in")
  })

  it("passes by a transform that failed", () => {
    const nodes = [
      specOf(transform("a")),
      specOf(transform("b", "a")),
      { ...specOf(analyze("c", "b")), trigger: "all_done" as const }
    ]
    const scene = new Scene({
      flow: flow(nodes, { onFailure: "best_effort" }),
      inputs: { payload: "in" }
    }).follow()
    scene.succeed("a", { payload: "A" }).fail("b")
    expect(Result.getOrThrow(resolveInputs(scene.turn.state, scene.node("c"))).values).toEqual({
      payload: "A"
    })
    expect(Payload.ofRun(scene.turn.state)).toBe("A")
  })

  it("is counted with nodes that grow, also when the first intent comes late", () => {
    const scene = new Scene({
      flow: flow([{ id: "plain", action: "ok" }]),
      inputs: { payload: "in" }
    }).follow()
    expect(Payload.ofRun(scene.turn.state)).toBeUndefined()
    scene.command({
      _tag: "AddNodes",
      nodes: [specOf(transform("late", "early")), specOf(transform("early", "plain"))]
    })
    scene.succeed("plain").succeed("early", { payload: "E" })
    expect(Result.getOrThrow(resolveInputs(scene.turn.state, scene.node("late"))).values).toEqual({
      payload: "E"
    })
    scene.succeed("late", { payload: "L" })
    expect(Payload.ofRun(scene.turn.state)).toBe("L")
  })

  it("is bound by hand where a node says so", () => {
    const nodes = [
      specOf(transform("a")),
      { ...specOf(transform("b", "a")), inputs: { payload: { ref: "inputs.payload" } } }
    ]
    const scene = new Scene({ flow: flow(nodes), inputs: { payload: "in" } })
      .follow()
      .succeed("a", { payload: "A" })
    expect(Result.getOrThrow(resolveInputs(scene.turn.state, scene.node("b"))).values).toEqual({
      payload: "in"
    })
  })
})
