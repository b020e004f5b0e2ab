import type { Command, NodeSpec } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { bindings, flow, chain, many, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

const scene = (config = {}) =>
  new Scene({
    flow: flow([node("a"), node("b", ["a"])], config),
    given: ["a starts", "a completes", "b starts"]
  })

const nodes = (...drafts: ReadonlyArray<NodeSpec.NodeDraft>): Command.Command => ({
  _tag: "AddNodes",
  nodes: drafts
})

const ok = { action: "ok" } as const

describe("rows 5-7, 28-31: growth is all or nothing", () => {
  const refused: ReadonlyArray<readonly [string, ReadonlyArray<NodeSpec.NodeDraft>, object]> = [
    [
      "row 29: an id that exists",
      [
        { id: "x", ...ok },
        { id: "a", ...ok }
      ],
      { _tag: "DuplicateNode", nodeId: "a" }
    ],
    [
      "row 29: an id twice in a batch",
      [
        { id: "x", ...ok },
        { id: "x", ...ok }
      ],
      { _tag: "DuplicateNode", nodeId: "x" }
    ],
    [
      "row 28: an unknown action",
      [{ id: "x", action: "okay" }],
      { _tag: "UnknownAction", nodeId: "x", action: "okay", suggestion: "ok" }
    ],
    [
      "row 28: an unknown failure handler",
      [{ id: "x", ...ok, failure: "notfiy" }],
      { _tag: "UnknownAction", action: "notfiy", suggestion: "notify" }
    ],
    [
      "row 30: an unknown dependency",
      [{ id: "x", ...ok, dependencies: ["bb"] }],
      { _tag: "UnknownDependency", nodeId: "x", dependency: "bb" }
    ],
    [
      "row 31: a node that depends on itself",
      [{ id: "x", ...ok, dependencies: ["x"] }],
      { _tag: "CycleFound", path: ["x", "x"] }
    ],
    [
      "row 31: a cycle in a batch",
      [
        { id: "x", ...ok, dependencies: ["z"] },
        { id: "y", ...ok, dependencies: ["x"] },
        { id: "z", ...ok, dependencies: ["y", "a"] }
      ],
      { _tag: "CycleFound", path: ["x", "z", "y", "x"] }
    ],
    [
      "R10: a reference to an output that does not exist",
      [{ id: "x", ...ok, inputs: { v: { ref: "a.nothing" } } }],
      { _tag: "InvalidInput", nodeId: "x" }
    ],
    [
      "R10: a reference to a missing input of the run",
      [{ id: "x", ...ok, inputs: { v: { ref: "inputs.y" } } }],
      { _tag: "InvalidInput", nodeId: "x" }
    ],
    [
      "row 92: a malformed reference",
      [{ id: "x", ...ok, inputs: { v: { ref: "[0]" } } }],
      { _tag: "InvalidInput" }
    ],
    [
      "row 92: a malformed reference in a list",
      [{ id: "x", ...ok, inputs: { v: { list: [{ value: 1 }, { ref: "[0]" }] } } }],
      { _tag: "InvalidInput" }
    ],
    [
      "row 93: a list with a reference to an unknown node",
      [{ id: "x", ...ok, inputs: { v: { list: [{ ref: "q.value" }] } } }],
      { _tag: "UnknownDependency" }
    ],
    [
      "row 93: a reference to an unknown node",
      [{ id: "x", ...ok, inputs: { v: { ref: "q.value" } } }],
      { _tag: "UnknownDependency" }
    ],
    [
      "a cache that goes by an input which is not given",
      [{ id: "x", ...ok, inputs: bindings({ day: 1 }), cache: { key: ["dya"] } }],
      {
        _tag: "InvalidInput",
        nodeId: "x",
        message: 'node "x" caches by the input "dya", which it does not give: did you mean "day"?'
      }
    ],
    [
      "a cache by an input of a node without any",
      [{ id: "x", ...ok, cache: { key: ["day"] } }],
      { _tag: "InvalidInput", nodeId: "x" }
    ],
    ["an id that no reference could name", [{ id: "x.y", ...ok }], { _tag: "InvalidInput", nodeId: "x.y" }],
    [
      "a generated id that no reference could name",
      [{ action: "text.upper" }],
      { _tag: "InvalidInput", nodeId: "text.upper_1" }
    ],
    ["no nodes at all", [], { _tag: "InvalidInput" }]
  ]
  it.each(refused)("%s refuses the whole batch", (_, drafts, expected) => {
    const world = scene()
    const before = world.turn.state.nodes.length
    expect(world.command(nodes(...drafts)).rejection).toMatchObject(expected)
    expect(world.turn.state.nodes).toHaveLength(before)
    expect(world.news).toEqual([expect.stringMatching(/^AddNodes rejected/)])
  })

  it("row 6: one bad node in three: none of the three exists", () => {
    const world = scene()
    world.command(nodes({ id: "x", ...ok }, { id: "y", action: "unknown" }, { id: "z", ...ok }))
    expect(["x", "y", "z"].filter((id) => world.turn.state.byId.has(id))).toEqual([])
  })

  it("row 7: a batch may refer to its own members in any order", () => {
    const world = scene()
    world.command(
      nodes(
        { id: "z", ...ok, dependencies: ["y"] },
        { id: "y", ...ok, dependencies: ["x"], inputs: bindings({ v: "=x.value" }) },
        { id: "x", ...ok }
      )
    )
    expect(world.news).toEqual(["adds x,y,z", "x starts"])
    expect(world.succeed("x").succeed("y").news).toEqual([
      "x completes",
      "y starts",
      "y completes",
      "z starts"
    ])
  })

  it("R10: a reference makes its node a dependency", () => {
    const world = scene()
    world.command(nodes({ id: "x", ...ok, inputs: bindings({ v: "=b.value" }) }))
    expect(world.news).toEqual(["adds x"])
    expect(world.succeed("b").news).toEqual(["b completes", "x starts"])
  })

  it("R10: an added node applies its rule to dependencies that have ended as if it had been there", () => {
    const world = new Scene({
      flow: flow([node("a"), node("b")], { onFailure: "continue" }),
      given: ["a starts", "a fails", "b starts"]
    })
    world.command(
      nodes(
        { id: "x", ...ok, dependencies: ["a"] },
        { id: "y", ...ok, dependencies: ["a"], trigger: "one_failed" }
      )
    )
    expect(world.news).toEqual(["adds x,y", "x skipped trigger_rule by a", "y starts"])
  })
})

describe("row 19: generated ids", () => {
  it("nodes of one action are numbered, on from the highest number there is", () => {
    const world = new Scene({ flow: flow([node("ok_7"), node("a")]), given: ["a starts"] })
    expect(world.command(nodes(ok, ok, { action: "fail" })).nodeIds).toEqual(["ok_8", "ok_9", "fail_1"])
    expect(world.command(nodes(ok)).nodeIds).toEqual(["ok_10"])
  })

  it("an id that the batch gives itself is not generated again", () => {
    expect(scene().command(nodes(ok, { id: "ok_1", ...ok }, ok)).nodeIds).toEqual(["ok_2", "ok_1", "ok_3"])
  })
})

describe("row 73: limits of growth", () => {
  it("nodesMax counts the nodes of the definition too", () => {
    const world = scene({ nodesMax: 3 })
    world.command(nodes(ok))
    const { rejection } = world.command(nodes(ok))
    expect(rejection).toEqual({ _tag: "LimitReached", limit: "nodesMax", maximum: 3, requested: 4 })
  })

  it("maxIterations counts rounds of growth, never nodes of the definition", () => {
    const world = new Scene({ flow: flow(many(200, "n*"), { maxIterations: 1 }) })
    expect(world.command(nodes(ok, ok, ok)).rejection).toBeUndefined()
    const { rejection } = world.command(nodes(ok))
    expect(rejection).toEqual({ _tag: "LimitReached", limit: "maxIterations", maximum: 1, requested: 2 })
  })

  it.each([undefined, 0])(
    "a definition of 200 nodes runs to its end, with maxIterations left out or 0: %s",
    (maxIterations) => {
      const config = maxIterations === undefined ? {} : { maxIterations }
      const world = new Scene({ flow: flow(chain(200), { ...config }) }).follow()
      for (let at = 0; at < 200; at++) world.succeed(`n${at}`)
      expect(world.turn.state).toMatchObject({ status: "completed", iterations: 0 })
      const more = new Scene({ flow: flow(chain(200), { ...config }) }).command(nodes(ok))
      const limit = { _tag: "LimitReached", limit: "maxIterations", maximum: 0, requested: 1 }
      expect(more.rejection).toEqual(maxIterations === 0 ? limit : undefined)
    }
  )

  it("what says that it belongs to the round that goes on takes none of maxIterations", () => {
    const world = scene({ maxIterations: 1 })
    const add = (id: string, round?: "same") =>
      world.command({ _tag: "AddNode", node: { id, action: "ok" }, ...(round && { round }) }).rejection
    expect(add("before", "same")).toBeUndefined()
    expect(add("first")).toBeUndefined()
    expect(add("beside", "same")).toBeUndefined()
    expect(add("second")).toMatchObject({ limit: "maxIterations", requested: 2 })
    expect([...world.turn.state.growth.values()].map(({ round }) => round)).toEqual([0, 1, 1])
  })

  it("all commands of one answer of a hook are one round", () => {
    const world = new Scene({
      flow: flow([node("a")], { maxIterations: 1 }),
      hooks: { h: ["NodeCompleted"] },
      given: ["a starts", "a completes"]
    })
    const add: Command.Command = { _tag: "AddNode", node: ok }
    world.answer("h", 4, [add, add])
    expect(world.news.slice(0, 2)).toEqual(["adds ok_1", "adds ok_2"])
  })
})

describe("R20: versions of the actions that a run grows by", () => {
  it("are recorded when the run first uses them", () => {
    const world = scene()
    world.command(nodes({ id: "x", action: "notify" }, { id: "y", ...ok }))
    world.command(nodes({ id: "z", action: "notify" }))
    const added = world.turn.events.flatMap(({ event }) =>
      event._tag === "NodesAdded" ? [event.actions] : []
    )
    expect(added).toEqual([{ notify: "7" }, undefined])
    expect(world.turn.state.actions).toEqual({ notify: "7" })
  })
})
