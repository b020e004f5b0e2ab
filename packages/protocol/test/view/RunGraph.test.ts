import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { Evolve, GraphFocus, GraphFold, RunGraph } from "../../src/index.ts"
import {
  flowOf,
  logOf,
  nodeCompleted,
  nodeFailed,
  type Nodes,
  nodeStarted,
  owned,
  started
} from "../LogBuilder.ts"
import { randomLog } from "../state/RandomLog.ts"
import { sampleFlow, sampleRun } from "./Samples.ts"

const edgesOf = (graph: RunGraph.RunGraph) =>
  graph.edges.map(({ count, from, kind, to }) => `${from} ${kind} ${to} ${count}`)
const idsOf = (graph: RunGraph.RunGraph) => graph.items.map((item) => item.id)
const itemOf = (graph: RunGraph.RunGraph, id: string) => graph.items.find((item) => item.id === id)

/** Every node of the whole graph is shown exactly once, and every edge joins two items that are there. */
const expectSound = (graph: RunGraph.RunGraph) => {
  const ids = new Set(idsOf(graph))
  expect(ids.size).toBe(graph.items.length)
  expect(graph.edges.filter(({ from, to }) => !ids.has(from) || !ids.has(to) || from === to)).toEqual([])
  const shown = graph.items.flatMap(RunGraph.nodeIdsOf)
  expect(new Set(shown).size).toBe(shown.length)
  expect(shown.length + graph.hiddenCount).toBe(graph.nodeCount)
}

const isAcyclic = (graph: RunGraph.RunGraph): boolean => {
  const open = new Map(
    graph.items.map((item) => [item.id, graph.edges.filter((edge) => edge.to === item.id).length])
  )
  const ready = [...open].filter(([, count]) => count === 0).map(([id]) => id)
  for (const id of ready) {
    for (const { to } of graph.edges.filter((edge) => edge.from === id)) {
      open.set(to, (open.get(to) ?? 0) - 1)
      if (open.get(to) === 0) ready.push(to)
    }
  }
  return ready.length === graph.items.length
}

describe("RunGraph", () => {
  it("shows a definition: its nodes, what they wait for, and which inputs refer to which node", () => {
    const graph = RunGraph.ofFlow(sampleFlow)
    expectSound(graph)
    expect(idsOf(graph)).toEqual(sampleFlow.nodes.map((node) => node.id))
    expect(edgesOf(graph)).toEqual([
      "fetch-orders data split 1",
      "fetch-users data clean 1",
      "clean order load 1",
      "split order load 1",
      "load order report 1",
      "fetch-users order report 1",
      "load order notify 1",
      "fetch-users order tidy 1"
    ])
    expect(itemOf(graph, "load")).toEqual({
      _tag: "Node",
      id: "load",
      label: "load",
      action: "load",
      trigger: "none_failed"
    })
    expect(itemOf(graph, "tidy")).toMatchObject({ disabled: true, branch: "post" })
    expect(graph).not.toHaveProperty("status")
  })

  it("shows edges of a definition that only references make", () => {
    const graph = RunGraph.ofFlow(
      flowOf({
        a: {},
        b: { inputs: { x: { ref: "a.out" }, y: { ref: "inputs.a" } } },
        c: { inputs: { x: { list: [{ ref: "a.out" }, { value: 1 }, { ref: "b.out" }] } } }
      })
    )
    expect(edgesOf(graph)).toEqual(["a data b 1", "a data c 1", "b data c 1"])
  })

  it("shows as much of a broken definition as makes sense", () => {
    const broken = flowOf({
      a: ["ghost", "a"],
      b: { inputs: { x: { ref: "ghost.out" }, y: { ref: "..." } } }
    })
    const graph = RunGraph.ofFlow({ ...broken, nodes: [...broken.nodes, { id: "a", action: "other" }] })
    expectSound(graph)
    expect([idsOf(graph), edgesOf(graph)]).toEqual([["a", "b"], []])
  })

  it("shows a run with the statuses of its nodes, and who has grown it", () => {
    const graph = RunGraph.ofRun(sampleRun())
    expectSound(graph)
    expect(graph).toMatchObject({
      flow: "nightly",
      runId: "run",
      status: "running",
      sequence: 24,
      nodeCount: 14
    })
    expect(itemOf(graph, "fetch-orders")).toMatchObject({ status: "completed", attempts: 2 })
    expect(itemOf(graph, "clean")).toMatchObject({ status: "failed", error: "TypeError: rows is undefined" })
    expect(itemOf(graph, "chunk_1")).toMatchObject({
      grownBy: { sequence: 18, hook: "onItems", nodeId: "split" }
    })
    expect(itemOf(graph, "fetch-users")).not.toHaveProperty("grownBy")
  })

  it("draws what grew and waits for nothing below the node that it grew from", () => {
    const graph = RunGraph.ofRun(sampleRun())
    expect(edgesOf(graph)).toContain("split growth extra 1")
    expect(edgesOf(graph)).toContain("split order chunk_1 1")
  })

  it("draws an edge of recovery from a failure to the node that was added in answer to it", () => {
    const log = logOf([
      started(flowOf({ a: [] })),
      owned({ guard: ["NodeFailed"] }),
      nodeStarted("a"),
      nodeFailed("a"),
      [
        {
          _tag: "NodesAdded",
          nodes: [{ id: "fix", action: "fix", dependencies: ["a"] }],
          met: { fix: ["a"] }
        },
        { hook: "guard", sequence: 4 }
      ]
    ])
    expect(edgesOf(RunGraph.ofRun(Evolve.fold("run", log)))).toEqual(["a recovery fix 1"])
  })

  it("has the nodes and edges of its definition before anything has run", () => {
    const planned = RunGraph.ofRun(sampleRun(2))
    const definition = RunGraph.ofFlow(sampleFlow)
    expect(idsOf(planned)).toEqual(idsOf(definition))
    expect(edgesOf(planned)).toEqual(edgesOf(definition))
  })

  it("is JSON that its schema reads back as it was, whole and folded", () => {
    for (let seed = 0; seed < 40; seed++) {
      const graph = RunGraph.ofRun(Evolve.fold(`run-${seed}`, randomLog(seed)))
      for (const one of [graph, GraphFold.fold(graph, { siblingsMin: 2, chainMin: 2 })]) {
        const text = JSON.stringify(Schema.encodeSync(RunGraph.RunGraph)(one))
        expect(Schema.decodeUnknownSync(RunGraph.RunGraph)(JSON.parse(text))).toEqual(one)
      }
    }
  })
})

describe("GraphFold", () => {
  const named = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}`)
  const fanOf = (count: number): Nodes => {
    const middle = named(count, "m")
    return { root: [], ...Object.fromEntries(middle.map((id) => [id, ["root"]])), join: middle }
  }
  const chainOf = (count: number): Nodes =>
    Object.fromEntries(named(count, "c").map((id, index) => [id, index === 0 ? [] : [`c${index - 1}`]]))
  const folded = (nodes: Nodes, options?: GraphFold.FoldOptions) => {
    const graph = GraphFold.fold(RunGraph.ofFlow(flowOf(nodes)), options)
    expectSound(graph)
    return graph
  }

  it("makes siblings of one shape one item with their number, from four on", () => {
    const graph = folded(fanOf(24))
    expect(idsOf(graph)).toEqual(["root", "siblings[m0]", "join"])
    expect(itemOf(graph, "siblings[m0]")).toMatchObject({
      label: "work ×24",
      shape: "siblings",
      nodeIds: named(24, "m")
    })
    expect(edgesOf(graph)).toEqual(["root order siblings[m0] 24", "siblings[m0] order join 24"])
    expect(folded(fanOf(4)).items).toHaveLength(3)
    expect(folded(fanOf(3)).items).toHaveLength(5)
  })

  it("keeps apart what differs in action, branch, neighbours or origin", () => {
    const fan = fanOf(8)
    expect(idsOf(folded({ ...fan, m3: { dependencies: ["root"], action: "other" } }))).toContain("m3")
    expect(idsOf(folded({ ...fan, m3: { dependencies: ["root"], branch: "other" } }))).toContain("m3")
    expect(idsOf(folded({ ...fan, leaf: ["m3"] }))).toContain("m3")
    expect(idsOf(folded({ ...fan, lookalike: ["join"] }))).toContain("lookalike")
  })

  it("folds by what nodes are and not by how they are called", () => {
    const nodes: Nodes = { root: [], alpha: ["root"], beta: ["root"], gamma: ["root"], delta: ["root"] }
    expect(idsOf(folded(nodes))).toEqual(["root", "siblings[alpha]"])
  })

  it("makes a chain one item, from six nodes on", () => {
    expect(folded(chainOf(5)).items).toHaveLength(5)
    const graph = folded(chainOf(6))
    expect(idsOf(graph)).toEqual(["chain[c0]"])
    expect(itemOf(graph, "chain[c0]")).toMatchObject({ label: "c0 → … → c5 (6 nodes)", shape: "chain" })
  })

  it("makes parallel chains of one shape one item", () => {
    const branches = named(5, "x").flatMap((id): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => [
      [`${id}-get`, ["root"]],
      [`${id}-put`, [`${id}-get`]]
    ])
    const graph = folded({
      root: [],
      ...Object.fromEntries(branches),
      join: named(5, "x").map((id) => `${id}-put`)
    })
    expect(idsOf(graph)).toEqual(["root", "siblings[x0-get]", "join"])
    expect(itemOf(graph, "siblings[x0-get]")).toMatchObject({ label: "work → work ×5" })
  })

  it("leaves nodes that are asked for as they are", () => {
    const graph = folded(fanOf(24), { keep: new Set(["m7"]) })
    expect(idsOf(graph)).toEqual(["root", "siblings[m0]", "m7", "join"])
    expect(itemOf(graph, "siblings[m0]")).toMatchObject({ label: "work ×23" })
    expect(idsOf(folded(chainOf(14), { keep: new Set(["c7"]) }))).toEqual(["chain[c0]", "c7", "chain[c8]"])
  })

  it("shows on a group how many of its nodes have which status, the worst one, and the first failure", () => {
    const log = [
      started(flowOf(fanOf(8)), { onFailure: "continue" }),
      owned(),
      nodeStarted("root"),
      nodeCompleted("root"),
      ...["m1", "m2", "m5", "m6"].map((id) => nodeStarted(id)),
      nodeCompleted("m1"),
      nodeFailed("m5"),
      nodeFailed("m2")
    ]
    const graph = GraphFold.fold(RunGraph.ofRun(Evolve.fold("run", logOf(log))))
    expectSound(graph)
    expect(itemOf(graph, "siblings[m0]")).toMatchObject({
      status: "failed",
      counts: { failed: 2, running: 1, pending: 4, completed: 1 },
      failedNodeId: "m2",
      grownCount: 0
    })
  })

  it("folds what grew apart from what was declared, and says that it grew", () => {
    const graph = GraphFold.fold(RunGraph.ofRun(sampleRun()))
    expectSound(graph)
    expect(itemOf(graph, "siblings[chunk_1]")).toMatchObject({
      label: "work ×5",
      grownCount: 5,
      status: "retrying"
    })
  })

  it("makes finished branches one item each in graphs of more than 200 nodes", () => {
    const branch = (name: string, count: number): Nodes =>
      Object.fromEntries(
        named(count, name).map((id, index) => [
          id,
          {
            action: `a${index % 7}`,
            branch: name,
            dependencies: index === 0 ? ["root"] : [`${name}${Math.floor(index / 2)}`]
          }
        ])
      )
    const nodes: Nodes = {
      root: [],
      ...branch("red", 120),
      ...branch("blue", 120),
      end: ["red119", "blue119"]
    }
    expect(idsOf(folded(nodes))).toEqual(["root", "branch[red]", "branch[blue]", "end"])
    const log = [started(flowOf(nodes)), owned(), nodeStarted("root"), nodeCompleted("root")]
    const skips = named(120, "red").map(
      (nodeId) => ({ _tag: "NodeSkipped", nodeId, reason: "disabled" }) as const
    )
    const run = GraphFold.fold(RunGraph.ofRun(Evolve.fold("run", logOf([...log, ...skips]))))
    expectSound(run)
    expect(idsOf(run)).toContain("branch[red]")
    expect(idsOf(run)).not.toContain("branch[blue]")
  })

  it("does not fold a branch that would close a cycle", () => {
    const filler = Object.fromEntries(named(210, "f").map((id, index) => [id, { action: `a${index}` }]))
    const nodes: Nodes = {
      ...filler,
      in: { branch: "loop" },
      outside: ["in"],
      back: { branch: "loop", dependencies: ["outside"] },
      p: { branch: "fine", dependencies: ["back"] },
      q: { branch: "fine", dependencies: ["back"] }
    }
    const graph = folded(nodes)
    expect(idsOf(graph)).toContain("in")
    expect(isAcyclic(graph)).toBe(true)
  })

  it("keeps every node, every status and the order of random runs", () => {
    for (let seed = 0; seed < 150; seed++) {
      const graph = RunGraph.ofRun(Evolve.fold(`run-${seed}`, randomLog(seed)))
      const small = GraphFold.fold(graph, { siblingsMin: 2, chainMin: 2, branchesAbove: 0 })
      expectSound(graph)
      expectSound(small)
      expect(isAcyclic(graph), `seed ${seed}`).toBe(true)
      expect(isAcyclic(small), `seed ${seed}`).toBe(true)
      expect(small.edges.reduce((sum, edge) => sum + edge.count, 0)).toBeLessThanOrEqual(graph.edges.length)
      for (const item of small.items) {
        const total =
          item._tag === "Group" ? Object.values(item.counts).reduce((sum, count) => sum + count, 0) : 1
        expect(total).toBe(RunGraph.nodeIdsOf(item).length)
      }
    }
  })

  it("leaves a cyclic definition as it is, and a folded graph folded", () => {
    const cyclic = RunGraph.ofFlow(flowOf({ a: ["c"], b: ["a"], c: ["b"] }))
    expect(GraphFold.fold(cyclic, { chainMin: 2 })).toEqual(cyclic)
    const once = folded(fanOf(24))
    expect(GraphFold.fold(once)).toEqual(once)
  })
})

describe("GraphFocus", () => {
  const nodes: Nodes = {
    a: [],
    b: ["a"],
    c: ["b"],
    d: ["c"],
    e: ["d"],
    side: ["b"],
    above: [],
    join: ["c", "above"]
  }
  const around = (id: string, hops: number, graph = RunGraph.ofFlow(flowOf(nodes))) => {
    const cut = GraphFocus.around(graph, id, hops)
    if (cut !== undefined) expectSound(cut)
    return cut && { ids: idsOf(cut), hidden: cut.hiddenCount }
  }

  it("cuts out a node with what comes before and after it, as many steps far as asked", () => {
    expect(around("c", 0)).toEqual({ ids: ["c"], hidden: 7 })
    expect(around("c", 1)).toEqual({ ids: ["b", "c", "d", "join"], hidden: 4 })
    expect(around("c", 2)).toEqual({ ids: ["a", "b", "c", "d", "e", "join"], hidden: 2 })
    expect(around("c", 99)).toEqual({ ids: ["a", "b", "c", "d", "e", "join"], hidden: 2 })
  })

  it("shows a folded node in its group", () => {
    const fan = RunGraph.ofFlow(flowOf({ r: [], m1: ["r"], m2: ["r"], m3: ["r"], m4: ["r"], far: [] }))
    expect(around("m3", 1, GraphFold.fold(fan))).toEqual({ ids: ["r", "siblings[m1]"], hidden: 1 })
  })

  it("knows no node that the graph does not show", () => {
    expect(around("nobody", 1)).toBeUndefined()
  })

  it("ends in graphs with cycles", () => {
    const cyclic = RunGraph.ofFlow(flowOf({ a: ["c"], b: ["a"], c: ["b"] }))
    expect(around("a", 1000, cyclic)).toEqual({ ids: ["a", "b", "c"], hidden: 0 })
  })
})
