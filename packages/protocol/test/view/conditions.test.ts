import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { Dot, Envelope, Evolve, Mermaid, NodeView, RunGraph, Svg } from "../../src/index.ts"
import * as Schema from "effect/Schema"

interface Golden {
  readonly name: string
  readonly log: ReadonlyArray<unknown>
}

const golden: ReadonlyArray<Golden> = JSON.parse(
  readFileSync(new URL("../fixtures/events.v1.json", import.meta.url), "utf8")
)
const log = golden.find(({ name }) => name === "a run with conditions")?.log ?? []
const decode = Schema.decodeUnknownSync(Envelope.Envelope)
const state = Evolve.fold(
  "routed-run",
  log.map((one) => decode(one))
)
const edge = (graph: RunGraph.RunGraph, to: string) => graph.edges.find((one) => one.to === to)

describe("conditions in pictures", () => {
  it("stand at their edges, and those that were false are marked", () => {
    const graph = RunGraph.ofRun(state)
    expect(edge(graph, "approve")).toMatchObject({ from: "score", when: "score.value >= 0.5" })
    expect(edge(graph, "approve")?.inactive).toBeUndefined()
    expect(edge(graph, "refuse")).toMatchObject({ when: "score.value < 0.5", inactive: true })
    expect(Dot.render(graph)).toContain('label="score.value < 0.5 (inactive)"')
    expect(Mermaid.render(graph)).toMatch(/-\.->\|"score\.value #60; 0\.5 \(inactive\)"\|/)
    expect(Svg.render(graph)).toContain("when score.value &lt; 0.5 (inactive)")
    expect(Svg.render(graph)).toContain("inactive: its condition was false")
  })

  it("are there before a run, and the condition of a node is at the node", () => {
    const graph = RunGraph.ofFlow(state.flow ?? { name: "", nodes: [] })
    expect(edge(graph, "refuse")).toMatchObject({ when: "score.value < 0.5" })
    expect(edge(graph, "archive")?.when).toBeUndefined()
    expect(Dot.render(graph)).toContain("when inputs.region == 'us'")
  })

  it("tell in the view of a node which edges did not count", () => {
    expect(NodeView.ofRun(state, "close", 0)?.inactiveEdges).toEqual(["score"])
    expect(NodeView.ofRun(state, "approve", 0)?.inactiveEdges).toEqual([])
    expect(NodeView.ofRun(state, "archive", 0)?.skipped).toEqual({ reason: "condition_false" })
    expect(NodeView.ofRun(state, "score", 0)?.inactiveEdges).toBeUndefined()
  })
})
