/**
 * Goal: where nodes lead, loops included. Method: flows of a few nodes, whose ends are given one by one; what follows is read
 * from the log. A step begins as `step n: …`.
 */
import { Expression } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { type Goto, routesOf } from "../../src/action/routesOf.ts"
import { visitSeenBy } from "../../src/decide/visitSeenBy.ts"
import { edge, flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

await Effect.runPromise(Expression.load)

type Nodes = ReadonlyArray<ReturnType<typeof node>>

const scene = (nodes: Nodes, config: object = {}) => {
  const world = new Scene({ flow: { ...flow(nodes), config: { strategy: "superstep", ...config } } }).follow()
  return world
}

/** The nodes of each step so far. */
const steps = (world: Scene) =>
  world.turn.state.step?.records.map(({ started }) => started.frontier.join(" "))

const skips = (world: Scene) =>
  world.turn.state.nodes.flatMap(({ skip, spec }) =>
    skip === undefined ? [] : [`${spec.id} ${skip.reason} ${skip.causeNodeId}`]
  )

const result = (world: Scene) => world.turn.state.result

/** `think` decides between `act`, which leads back, and `answer`. */
const agent = [node("think"), node("act", ["think"]), node("answer", ["think"])]

describe("row 119: the next frontier", () => {
  const edges = ["d1", "d2"]
  const frontier = (commands: ReadonlyArray<Goto>) => {
    const { edges: keeps, to } = routesOf(commands)
    return [...new Set([...(keeps ? edges : []), ...to])]
  }

  it.each<readonly [string, ReadonlyArray<Goto>, ReadonlyArray<string>]>([
    ["nothing", [], ["d1", "d2"]],
    ["Append", [{ append: "a" }], ["d1", "d2", "a"]],
    ["Append-Append", [{ append: "a" }, { append: ["b", "a"] }], ["d1", "d2", "a", "b"]],
    ["Replace", [{ replace: ["a", "b"] }], ["a", "b"]],
    ["Replace with nothing", [{ replace: [] }], []],
    ["Replace-Append", [{ replace: "a" }, { append: "b" }], ["a", "b"]],
    ["Append-Replace", [{ append: "b" }, { replace: "a" }], ["a", "b"]],
    ["Replace and Append in one", [{ replace: "a", append: "b" }], ["a", "b"]],
    ["two Replaces", [{ replace: ["a", "b"] }, { replace: "c" }], ["c"]],
    [
      "Append-Replace-Append-Replace",
      [{ append: "x" }, { replace: "a" }, { append: "y" }, { replace: "b" }],
      ["b", "x", "y"]
    ],
    ["an Append of what is there", [{ append: ["d2", "a", "a"] }], ["d1", "d2", "a"]],
    ["a Replace that names one twice", [{ replace: ["a", "b", "a"], append: "b" }], ["a", "b"]]
  ])("after %s is %j", (_, commands, expected) => {
    expect(frontier(commands)).toEqual(expected)
  })
})

describe("where a node leads", () => {
  it("a node leads to those that depend on it, and nothing else", () => {
    const world = scene([node("a"), node("b", ["a"]), node("c", ["b"])])
    world.succeed("a").succeed("b").succeed("c")
    expect(steps(world)).toEqual(["a", "b", "c"])
    expect(result(world)).toEqual({ _tag: "Completed" })
  })

  it("what a node does not lead to is skipped, but only when nothing is left that could lead there (R9)", () => {
    const world = scene([node("a"), node("b", ["a"]), node("c", ["a"]), node("d", ["b"]), node("e", ["c"])])
    world.lead("a", ["b"])
    expect(skips(world)).toEqual([])
    world.succeed("b")
    expect(skips(world)).toEqual([])
    world.succeed("d")
    expect(skips(world)).toEqual(["c not_routed a", "e trigger_rule c"])
    expect(steps(world)).toEqual(["a", "b", "d"])
    expect(result(world)).toEqual({ _tag: "Completed" })
  })

  it("a node that something else led past may still be led to", () => {
    const world = scene([node("a"), node("b", ["a"]), node("c", ["a"])])
    world.lead("a", ["b"]).lead("b", ["c"]).succeed("c")
    expect(steps(world)).toEqual(["a", "b", "c"])
    expect(skips(world)).toEqual([])
  })

  it("a route to a pending node overrides what it waits for (R9)", () => {
    const world = scene([node("a"), node("b"), node("slow", ["b"]), node("join", ["a", "slow"])])
    world.lead("a", ["join"]).succeed("b")
    expect(steps(world)).toEqual(["a b", "slow join"])
    world.succeed("join").succeed("slow")
    expect(result(world)).toEqual({ _tag: "Completed" })
    expect(world.turn.state.visitCount).toBe(0)
  })

  it("an edge alone does not override what a node waits for", () => {
    const world = scene([node("a"), node("x"), node("b"), node("slow", ["b"]), node("join", ["a", "slow"])])
    world.lead("a", ["x"], true).succeed("x").succeed("b")
    expect(steps(world)).toEqual(["a x b", "slow x#2"])
  })

  it("a trigger rule that is met without the edge lets a node start", () => {
    const nodes = [node("a"), node("b"), node("any", ["a", "b"], {}, { trigger: "one_success" })]
    const world = scene(nodes)
    world.lead("a", []).succeed("b")
    expect(steps(world)).toEqual(["a b", "any"])
  })

  it("several nodes of a step lead to one node once", () => {
    const world = scene([node("a"), node("b"), node("c", ["a", "b"])])
    world.lead("b", ["a", "c"]).lead("a", ["c", "a"])
    expect(steps(world)).toEqual(["a b", "c a#2"])
    expect(world.node("a#2").dependencies.map((one) => one.spec.id)).toEqual(["a", "b"])
    expect(world.node("c").visits?.routedBy.map((one) => one.spec.id)).toEqual(["a", "b"])
  })

  it("a node that a hook adds in answer to the end of a node is not led past by it", () => {
    const world = new Scene({
      flow: { ...flow([node("a"), node("b", ["a"])]), config: { strategy: "superstep" } },
      hooks: { planner: ["NodeCompleted"] }
    }).follow()
    world.lead("a", [])
    const { sequence } = world.turn.state
    world.answer("planner", sequence, [
      { _tag: "AddNode", node: { id: "more", action: "ok", dependencies: ["a"] } }
    ])
    expect(steps(world)).toEqual(["a", "more"])
  })

  it("a waiting node may still lead to what was led past, so nothing is skipped before it has ended", () => {
    const world = scene([node("a"), node("ask"), node("b", ["a"])])
    world.wait("ask waits for approval")
    world.lead("a", [])
    expect(skips(world)).toEqual([])
    world.signal("ask", { ok: true })
    expect(skips(world)).toEqual(["b not_routed a"])
  })
})

describe("loops", () => {
  it("a node that ran already runs once more as a node of its own, which depends on what led to it only", () => {
    const world = scene(agent)
    world.lead("think", ["act"]).lead("act", ["think"])
    expect(world.turn.events.at(-3)?.event).toEqual({
      _tag: "NodesAdded",
      nodes: [],
      visits: [{ id: "think#2", of: "think", by: ["act"] }]
    })
    expect(world.node("think#2").dependencies.map((one) => one.spec.id)).toEqual(["act"])
    world.lead("think#2", ["act"]).lead("act#2", ["think"]).lead("think#3", ["answer"]).succeed("answer")
    expect(steps(world)).toEqual(["think", "act", "think#2", "act#2", "think#3", "answer"])
    expect(result(world)).toEqual({ _tag: "Completed" })
    expect(world.broken).toEqual([])
  })

  it("a reference means the latest visit among the ancestors (R9)", () => {
    const world = scene([...agent, node("other", ["act"])])
    world.lead("think", ["act"]).lead("act", ["think", "other"]).lead("think#2", ["answer"])
    const seen = (by: string, id: string) => visitSeenBy(world.turn.state, world.node(by), id)?.spec.id
    expect(seen("answer", "think")).toBe("think#2")
    expect(seen("answer", "act")).toBe("act")
    expect(seen("think#2", "think")).toBe("think")
    // A sibling's world has one visit only, although the run has two.
    expect(seen("other", "think")).toBe("think")
  })

  it("a reference behind an item that led on means what comes before its list (R9)", () => {
    const list = node("list", ["draft"], {}, { forEach: { items: { value: [1] } } })
    const world = scene([node("draft"), list])
    world.succeed("draft").lead("list[0]", ["draft"]).lead("draft#2", ["list"]).lead("list#2[0]", ["list"])
    expect(world.node("list#3").visits?.routedBy.map((one) => one.spec.id)).toEqual(["list#2[0]"])
    const seen = (by: string) => visitSeenBy(world.turn.state, world.node(by), "draft")?.spec.id
    expect([seen("list#2[0]"), seen("list#3"), seen("list#3[0]")]).toEqual(["draft#2", "draft#2", "draft#2"])
  })

  it("the edges of a visit lead on, to nodes that ran as well", () => {
    const nodes = [node("work"), node("review", ["work"]), node("publish", ["review"])]
    const world = scene(nodes)
    world.succeed("work").lead("review", ["work"]).succeed("work#2").succeed("review#2").succeed("publish")
    expect(steps(world)).toEqual(["work", "review", "work#2", "review#2", "publish"])
    const seen = visitSeenBy(world.turn.state, world.node("publish"), "review")
    expect(seen?.spec.id).toBe("review#2")
    expect(result(world)).toEqual({ _tag: "Completed" })
    expect(world.broken).toEqual([])
  })

  it("a visit that succeeds counts in the place of one that led past, together with the other dependencies", () => {
    const nodes = [
      node("work"),
      node("review", ["work"]),
      node("slow"),
      node("later", ["slow"]),
      node("publish", ["review", "later"])
    ]
    const world = scene(nodes)
    world.wait("slow waits for approval")
    world.succeed("work").lead("review", ["work"]).succeed("work#2").succeed("review#2")
    expect(world.node("publish").status).toBe("pending")
    world.signal("slow", { ok: true })
    world.succeed("later")
    expect(steps(world)?.at(-1)).toBe("publish")
    expect(world.broken).toEqual([])
  })

  it("a visit that fails counts as failed for those that wait for its node", () => {
    const nodes = [node("work"), node("review", ["work"]), node("publish", ["review"])]
    const world = scene(nodes, { onFailure: "continue" })
    world.succeed("work").lead("review", ["work"]).succeed("work#2").fail("review#2")
    expect(skips(world)).toEqual(["publish trigger_rule review#2"])
    expect(result(world)?._tag).toBe("Failed")
    expect(world.broken).toEqual([])
  })

  it("a node leads to itself as often as it likes, and a node that was skipped can be visited", () => {
    const world = scene([node("a"), node("off", ["a"], {}, { enabled: false }), node("b", ["a"])])
    world.lead("a", ["a", "b"]).succeed("b").lead("a#2", ["a"], true)
    expect(steps(world)).toEqual(["a", "b a#2", "b#2 a#3"])
    expect(skips(world)).toEqual(["off disabled undefined", "off#2 disabled undefined"])
  })

  it("a loop ends at maxIterations with the nodes that it would have gone to (row 124)", () => {
    const world = scene(agent, { maxIterations: 2 })
    world.lead("think", ["act"]).lead("act", ["think"]).lead("think#2", ["act"]).lead("act#2", ["think"])
    expect(steps(world)).toEqual(["think", "act", "think#2", "act#2"])
    expect(result(world)).toEqual({
      _tag: "Failed",
      failure: { _tag: "LimitReached", limit: "maxIterations", maximum: 2, step: 4, frontier: ["think#3"] }
    })
    expect(world.node("answer").cancel?.reason).toBe("limit_reached")
    expect(world.broken).toEqual([])
  })

  it("a loop ends at nodesMax too (row 124)", () => {
    const world = scene(agent, { nodesMax: 3 })
    world.lead("think", ["act"]).lead("act", ["think", "act"])
    expect(result(world)).toMatchObject({
      failure: { limit: "nodesMax", maximum: 3, step: 2, frontier: ["think#2", "act#2"] }
    })
  })

  it("a run that pauses after each step tells where its routes lead", () => {
    const world = scene(agent, { interrupts: { eachStep: true } })
    world.lead("think", ["act"])
    expect(world.turn.state.pause?.interrupt?.frontier).toEqual(["act"])
    world.command({ _tag: "ResumeRun" })
    world.lead("act", ["think"])
    expect(world.turn.state.pause?.interrupt).toMatchObject({ step: 2, frontier: ["think#2"] })
  })
})

describe("a node that was led to before what it depends on had ended", () => {
  const nodes = [node("a"), node("b"), node("slow", ["b"]), node("join", ["a", "slow"])]

  it("runs again in its step when it is retried by hand", () => {
    const world = scene(nodes, { onFailure: "pause" })
    world.lead("a", ["join"]).succeed("b").fail("join")
    expect(world.turn.state.status).toBe("paused")
    world.command({ _tag: "ResumeRun" })
    expect(world.node("join")).toMatchObject({ status: "running", attempt: 2 })
    world.succeed("join").succeed("slow")
    expect(steps(world)).toEqual(["a b", "slow join"])
    expect(result(world)).toEqual({ _tag: "Completed" })
  })

  it("starts once its branch is resumed", () => {
    const world = scene(nodes)
    world.command({ _tag: "PauseBranch", branch: "join" })
    world.lead("a", ["join"]).succeed("b")
    expect(steps(world)).toEqual(["a b", "slow"])
    world.command({ _tag: "ResumeBranch", branch: "join" })
    world.succeed("slow")
    expect(steps(world)).toEqual(["a b", "slow", "join"])
  })

  it("does not see what has ended since it began, in none of its attempts (R16)", () => {
    const world = scene(nodes)
    world.lead("a", ["join"]).succeed("b").succeed("slow")
    expect(world.node("slow").status).toBe("completed")
    expect(visitSeenBy(world.turn.state, world.node("join"), "slow")).toBeUndefined()
    expect(visitSeenBy(world.turn.state, world.node("join"), "a")?.spec.id).toBe("a")
  })
})

describe("conditions and visits", () => {
  const looped = [node("work"), node("review", ["work"])]
  const publish = node("publish", [edge("review", "has(review.value)")])

  it("an edge is asked about the visit that counts", () => {
    const strict = node("publish", [edge("review", 'review.value == "review#2"')])
    const world = scene([...looped, strict])
    world.succeed("work").lead("review", ["work"]).succeed("work#2").succeed("review#2")
    expect(steps(world)?.at(-1)).toBe("publish")
    expect(world.broken).toEqual([])
  })

  it("an edge from a node of which the visit that counts has failed is not asked", () => {
    const world = scene([...looped, publish], { onFailure: "continue" })
    world.succeed("work").lead("review", ["work"]).succeed("work#2").fail("review#2")
    expect(skips(world)).toEqual(["publish trigger_rule review#2"])
    expect(world.broken).toEqual([])
  })

  it("a node that was led past is not skipped by a condition while a visit may still lead to it (R9)", () => {
    const gate = node("gate", ["a", edge("b", "false")], {}, { trigger: "one_success" })
    const world = scene([node("a"), node("b"), gate])
    world.lead("a", ["a"]).succeed("b")
    expect(skips(world)).toEqual([])
    world.lead("a#2", ["gate"]).succeed("gate")
    expect(result(world)).toEqual({ _tag: "Completed" })
    expect(world.node("gate").status).toBe("completed")
    expect(world.turn.state.visitCount).toBe(1)
  })
})

describe("which visit counts", () => {
  it("for a node that is added later the latest one does, as if the node had been there", () => {
    const world = scene([node("a"), node("last")], { onFailure: "continue" })
    world.wait("last waits for approval")
    world.lead("a", ["a"]).fail("a#2")
    world.command({ _tag: "AddNode", node: { id: "more", action: "ok", dependencies: ["a"] } })
    expect(skips(world)).toEqual(["more trigger_rule a#2"])
  })

  it("for a node that runs again by hand nothing changes by a visit that has ended meanwhile", () => {
    const world = scene([node("a"), node("b", ["a"], {}, { onFailure: "pause" })], { onFailure: "continue" })
    world.lead("a", ["a", "b"]).fail("b").fail("a#2")
    world.command({ _tag: "ResumeRun" })
    expect(world.node("b")).toMatchObject({ status: "running", attempt: 2 })
  })

  it("a node is skipped for what keeps it from starting, and not for a visit that was made good", () => {
    const nodes = [node("d"), node("e"), node("b", ["d", "e"])]
    const world = scene(nodes, { onFailure: "continue" })
    world.fail("d").lead("e", ["e"]).succeed("e#2")
    expect(skips(world)).toEqual(["b trigger_rule d"])
  })
})

describe("an engine that is being closed", () => {
  it("skips what nothing leads to any more, and does not take the run for stalled", () => {
    const world = scene([node("a"), node("b", ["a"])])
    world.turn.record({
      _tag: "NodeCompleted",
      nodeId: "a",
      attempt: 1,
      outputs: {},
      routes: { to: [], edges: false }
    })
    world.follow(true)
    expect(skips(world)).toEqual(["b not_routed a"])
    expect(result(world)).toEqual({ _tag: "Completed" })
  })

  it("skips nothing while a list may still begin that leads there", () => {
    const list = node("list", ["a"], {}, { forEach: { items: { value: [1] } } })
    const world = scene([node("a"), node("b", ["a"]), list])
    world.turn.record({
      _tag: "NodeCompleted",
      nodeId: "a",
      attempt: 1,
      outputs: {},
      routes: { to: ["list"], edges: false }
    })
    world.follow(true)
    expect(skips(world)).toEqual([])
    expect(result(world)).toBeUndefined()
  })
})
