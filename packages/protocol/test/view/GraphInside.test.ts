/** Flows inside of nodes, steps and visits, in every picture of them. */
import { instance } from "@viz-js/viz"
import { parseMermaid } from "beautiful-mermaid"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import {
  Dot,
  Evolve,
  Expression,
  GraphInside,
  Mermaid,
  Outline,
  RunGraph,
  type RunState,
  Svg
} from "../../src/index.ts"
import { type AnyEvent, flowOf, logOf, nodeCompleted, nodeStarted, owned, started } from "../LogBuilder.ts"

const inner = flowOf({ price: [], agree: ["price"] }, { name: "quote" })
const flow = flowOf(
  { fetch: [], quote: { flow: inner, dependencies: ["fetch"] }, ship: ["quote"] },
  { name: "order" }
)

const fold = (runId: string, events: ReadonlyArray<AnyEvent>): RunState.RunState =>
  Evolve.fold(runId, logOf(events, 1, runId))

const run = fold("run", [
  started(flow),
  owned(),
  nodeStarted("fetch"),
  nodeCompleted("fetch"),
  { _tag: "SubFlowStarted", nodeId: "quote", attempt: 1, runId: "run/quote/1" }
])
const child = fold("run/quote/1", [started(inner), owned(), nodeStarted("price")])
const expanded = GraphInside.ofRun(run, new Map([["run/quote/1", child]]))

const drawn = async (graph: RunGraph.RunGraph) => {
  const { errors, output } = (await instance()).render(Dot.render(graph), { format: "json0" })
  expect(errors.filter(({ level }) => level === "error")).toEqual([])
  return JSON.parse(output ?? "{}")
}

describe("a node that runs a flow", () => {
  it("names the flow and the child run in every picture, and the ids are in the data", () => {
    const graph = RunGraph.ofRun(run)
    expect(graph.items[1]).toMatchObject({ id: "quote", flow: "quote", childRunId: "run/quote/1" })
    expect(Outline.render(graph)).toContain("quote  ● running  flow quote · run run/quote/1\n")
    expect(Dot.render(graph)).toContain(
      '"quote" [label="quote\\nflow quote · run run/quote/1\\n● running", peripheries=2'
    )
    expect(Mermaid.render(graph)).toContain('n1[["quote<br/>flow quote · run run/quote/1<br/>● running"]]')
    expect(Svg.render(graph)).toContain("flow quote · run run/quote/1")
  })

  it("has that run inside of it when it is given, and else the flow that it will run", () => {
    expect(expanded.items[1]).toMatchObject({
      inner: { runId: "run/quote/1", items: [{ id: "price", status: "running" }, { id: "agree" }] }
    })
    expect(GraphInside.ofRun(run, new Map()).items[1]).not.toHaveProperty("inner")
    const pending = fold("run", [started(flow), owned()])
    expect(GraphInside.ofRun(pending, new Map()).items[1]).toHaveProperty("inner.nodeCount", 2)
    expect(GraphInside.ofFlow(flow).items[1]).toHaveProperty("inner.nodeCount", 2)
    const decode = Schema.decodeUnknownSync(RunGraph.RunGraph)
    expect(decode(JSON.parse(JSON.stringify(expanded)))).toEqual(expanded)
  })

  it("is a frame of Graphviz with its nodes in it, and edges end at the frame", async () => {
    const { edges, objects } = await drawn(expanded)
    const frame = objects.find(({ name }: { name: string }) => name === "cluster quote")
    expect(frame.nodes.map((index: number) => objects[index].name)).toEqual(["quote/price", "quote/agree"])
    const ends = edges.map(({ head, lhead, ltail, tail }: Record<string, number | string>) => [
      ltail ?? objects[tail as number].name,
      lhead ?? objects[head as number].name
    ])
    expect(ends).toEqual([
      ["quote/price", "quote/agree"],
      ["fetch", "cluster quote"],
      ["cluster quote", "ship"]
    ])
  })

  it("is a frame of Mermaid", () => {
    const { edges, nodes, subgraphs } = parseMermaid(Mermaid.render(expanded))
    expect(subgraphs.map(({ id, nodeIds }) => [id, nodeIds])).toEqual([["n1", ["n1_0", "n1_1"]]])
    expect([...nodes.keys()]).toEqual(expect.arrayContaining(["n0", "n1_0", "n1_1", "n2"]))
    expect(edges.map(({ source, target }) => `${source} ${target}`)).toEqual(["n1_0 n1_1", "n0 n1", "n1 n2"])
  })

  it("is followed by its nodes in text, behind a line of their own", () => {
    expect(Outline.render(expanded)).toBe(`order · run run · running · event 5 · 3 nodes
└─ fetch  ✓ completed  work
   └─ quote  ● running  flow quote · run run/quote/1
      ┊ └─ price  ● running  work
      ┊    └─ agree  · pending  work
      └─ ship  · pending  work
`)
  })

  it("stands beside its nodes in SVG, which an edge tells", () => {
    const svg = Svg.render(expanded)
    expect(svg).toContain('data-from="quote" data-to="quote/price"')
    expect(svg).toContain('data-node="quote/agree"')
    expect(svg).toContain("inside: of the flow that it runs")
  })
})

describe("the steps of a run", () => {
  const looping = flowOf(
    { draft: [], review: ["draft"], publish: { dependencies: ["review"] } },
    { config: { strategy: "superstep" } }
  )
  const step = (number: number, id: string, more: object = {}): ReadonlyArray<AnyEvent> => [
    { _tag: "StepStarted", step: number, frontier: [id] },
    nodeStarted(id),
    nodeCompleted(id, 1, more),
    { _tag: "StepCompleted", step: number, ran: [id], skipped: [] }
  ]
  const state = fold("run", [
    started(looping),
    owned(),
    ...step(1, "draft"),
    ...step(2, "review", { routes: { edges: false, to: ["draft"] } }),
    { _tag: "NodesAdded", nodes: [], visits: [{ id: "draft#2", of: "draft", by: ["review"] }] },
    ...step(3, "draft#2")
  ])
  const graph = RunGraph.ofRun(state)

  it("are frames of Graphviz and Mermaid in their order, with what is yet to come outside", async () => {
    const { objects } = await drawn(graph)
    const frames = objects.filter(({ name }: { name: string }) => name.startsWith("cluster"))
    expect(frames.map(({ label }: { label: string }) => label)).toEqual(["step 1", "step 2", "step 3"])
    expect(objects[frames[2].nodes[0]].name).toBe("draft#2")
    const { subgraphs } = parseMermaid(Mermaid.render(graph))
    expect(subgraphs.map(({ label, nodeIds }) => [label, nodeIds])).toEqual([
      ["step 1", ["n0"]],
      ["step 2", ["n1"]],
      ["step 3", ["n3"]]
    ])
  })

  it("and visits of a loop are told in text, once", () => {
    expect(Outline.render(graph)).toContain("draft#2  ✓ completed  visit 2 of draft  step 3\n")
    expect(Svg.render(graph)).toContain(">step 3<")
  })
})

describe("an edge of an expression", () => {
  it("carries data, whatever the expression is for", async () => {
    await Effect.runPromise(Expression.load)
    const { edges } = RunGraph.ofFlow(
      flowOf({
        load: [],
        list: { forEach: { items: { expression: "load.rows.filter(row, row.good)" } } },
        asked: { when: "load.count > 0", dependencies: ["load"] },
        led: { dependencies: [{ node: "load", when: "load.count == 0" }] },
        after: { when: "inputs.region == 'us'", dependencies: ["load"] }
      })
    )
    expect(edges.map(({ from, kind, to }) => `${from} ${to} ${kind}`)).toEqual([
      "load list data",
      "load asked data",
      "load led data",
      "load after order"
    ])
  })
})
