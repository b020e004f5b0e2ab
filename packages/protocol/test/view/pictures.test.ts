import { instance } from "@viz-js/viz"
import { parseMermaid } from "beautiful-mermaid"
import { SaxesParser } from "saxes"
import { describe, expect, it } from "vitest"
import { Dot, Evolve, GraphFold, Mermaid, Outline, RunGraph, Svg } from "../../src/index.ts"
import { flowOf, type Nodes } from "../LogBuilder.ts"
import { randomLog } from "../state/RandomLog.ts"
import { hostileFlow, hostileIds, sampleFlow, sampleRun } from "./Samples.ts"

const chainOf = (count: number): Nodes =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`c${index}`, index === 0 ? [] : [`c${index - 1}`]])
  )

const graphs: Readonly<Record<string, RunGraph.RunGraph>> = {
  "a definition": RunGraph.ofFlow(sampleFlow),
  "a run": RunGraph.ofRun(sampleRun()),
  "a folded run": GraphFold.fold(RunGraph.ofRun(sampleRun())),
  "hostile names": RunGraph.ofFlow(hostileFlow),
  nothing: RunGraph.ofFlow(flowOf({})),
  "one node": RunGraph.ofFlow(flowOf({ a: [] })),
  "a cycle": RunGraph.ofFlow(flowOf({ a: ["b"], b: ["a"] })),
  "a folded chain": GraphFold.fold(RunGraph.ofFlow(flowOf(chainOf(60)))),
  ...Object.fromEntries(
    Array.from({ length: 25 }, (_, seed) => [
      `random run ${seed}`,
      RunGraph.ofRun(Evolve.fold(`run-${seed}`, randomLog(seed)))
    ])
  )
}
const cases = Object.entries(graphs)

/** Names in the order of the graph. Where steps frame nodes, pictures have them in the order of those. */
const inOrder = (graph: RunGraph.RunGraph, names: ReadonlyArray<string>) =>
  graph.items.some(({ step }) => step !== undefined)
    ? [...new Set(names)].sort((a, b) => (a < b ? -1 : 1))
    : names

/** Characters that would act on a page or a terminal: control characters, and one that turns the text around. */
const isHarmful = (character: string) => character < " " || character === "\u202e"

/** What a name looks like once everything that acts on a page or a terminal has been taken out of it. */
const harmless = (text: string) =>
  Array.from(text.toWellFormed(), (character) => (isHarmful(character) ? "\ufffd" : character)).join("")

describe("Dot", () => {
  it.each(cases)("writes what Graphviz reads, with every node and edge: %s", async (_, graph) => {
    const viz = await instance()
    const { errors, output, status } = viz.render(Dot.render(graph), { format: "json0" })
    expect(errors.filter((error) => error.level === "error")).toEqual([])
    expect(status).toBe("success")
    const drawn = JSON.parse(output ?? "{}")
    const names = (drawn.objects ?? [])
      .map((node: { name: string }) => node.name.replaceAll("\\\\", "\\"))
      .filter((name: string) => !name.startsWith("cluster step "))
    // Graphviz takes a name that begins with "%" for one that it has given itself, and numbers it.
    expect(inOrder(graph, names)).toEqual(
      inOrder(
        graph,
        graph.items.map(({ id }, index) => (id.startsWith("%") ? names[index] : harmless(id)))
      )
    )
    expect(drawn.edges ?? []).toHaveLength(graph.edges.length)
  })

  it("shows names as they are, with quotes and backslashes", async () => {
    const viz = await instance()
    const { output } = viz.render(Dot.render(RunGraph.ofFlow(hostileFlow)), { format: "svg" })
    expect(output).toContain("&quot;quoted&quot;")
    expect(output).toContain("back\\slash\\<")
    expect(output).toContain("&lt;script&gt;alert(1)&lt;/script&gt;")
  })

  it("draws the sample run", () => {
    expect(Dot.render(graphs["a folded run"] as RunGraph.RunGraph)).toMatchInlineSnapshot(`
      "digraph "nightly" {
        graph [rankdir=LR, label="nightly · run run · running · event 24 · 14 nodes", labelloc=t, fontname="Helvetica"]
        node [shape=box, style=rounded, fontname="Helvetica"]
        edge [fontname="Helvetica", fontsize=10]
        "fetch-users" [label="fetch-users\\nhttp.get\\n✓ completed", style="rounded,solid", color="#088654"]
        "fetch-orders" [label="fetch-orders\\nhttp.get\\n✓ completed, 2 attempts", style="rounded,solid", color="#088654"]
        "split" [label="split\\n✓ completed", style="rounded,solid", color="#088654"]
        "clean" [label="clean\\n✗ failed", style="rounded,bold", color="#811b0e", tooltip="TypeError: rows is undefined"]
        "load" [label="load\\ntrigger none_failed\\n· pending", style="rounded,dotted", color="#464d59"]
        "report" [label="report\\nprint\\n· pending", style="rounded,dotted", color="#464d59"]
        "notify" [label="notify\\nmail · branch post\\n· pending", style="rounded,dotted", color="#464d59"]
        "tidy" [label="tidy\\nrm · branch post\\n- skipped", style="rounded,dashed", color="#464d59"]
        "siblings[chunk_1]" [label="work ×5\\n~ 1 retrying, 3 pending, 1 completed\\n+ grown", shape=component, style="rounded,bold", color="#c92db9"]
        "extra" [label="extra\\nwork\\n● running\\n+ grown by hook \\"onItems\\" in answer to \\"split\\", event 18", shape=component, style="rounded,bold", color="#0048e7"]
        "fetch-orders" -> "split" [penwidth=2]
        "fetch-users" -> "clean" [penwidth=2]
        "clean" -> "load"
        "split" -> "load"
        "load" -> "report"
        "fetch-users" -> "report"
        "load" -> "notify"
        "fetch-users" -> "tidy"
        "split" -> "siblings[chunk_1]" [xlabel="×5"]
        "split" -> "extra" [style=dotted, label="growth", arrowhead=empty]
      }
      "
    `)
  })
})

describe("Mermaid", () => {
  it.each(cases)("writes a flowchart with every node, edge and status: %s", (_, graph) => {
    const drawn = parseMermaid(Mermaid.render(graph))
    const names = graph.items.map((_, index) => `n${index}`)
    expect(inOrder(graph, [...drawn.nodes.keys()])).toEqual(inOrder(graph, names))
    const indexOf = new Map(graph.items.map((item, index) => [item.id, `n${index}`]))
    expect(drawn.edges.map(({ source, target }) => [source, target])).toEqual(
      graph.edges.map(({ from, to }) => [indexOf.get(from), indexOf.get(to)])
    )
    for (const [index, item] of graph.items.entries()) {
      expect(drawn.classAssignments.get(`n${index}`)).toBe(item.status)
    }
  })

  it("lets no name end its label, begin a tag or speak Markdown", () => {
    const text = Mermaid.render(RunGraph.ofFlow(hostileFlow))
    for (const line of text.split("\n").filter((one) => /^ {2}n\d+\[/.test(one))) {
      expect(line).toMatch(/^ {2}n\d+\["[^"<>`&]*(?:<br\/>[^"<>`&]*)*"\]$/)
    }
    expect(text).toContain("#60;script#62;alert(1)#60;/script#62;")
  })

  it("draws the sample run", () => {
    expect(Mermaid.render(graphs["a folded run"] as RunGraph.RunGraph)).toMatchInlineSnapshot(`
      "flowchart LR
        n0["fetch-users<br/>http.get<br/>✓ completed"]
        n1["fetch-orders<br/>http.get<br/>✓ completed, 2 attempts"]
        n2["split<br/>✓ completed"]
        n3["clean<br/>✗ failed"]
        n4["load<br/>trigger none_failed<br/>· pending"]
        n5["report<br/>print<br/>· pending"]
        n6["notify<br/>mail · branch post<br/>· pending"]
        n7["tidy<br/>rm · branch post<br/>- skipped"]
        n8[["work ×5<br/>~ 1 retrying, 3 pending, 1 completed<br/>+ grown"]]
        n9(["extra<br/>work<br/>● running<br/>+ grown by hook #34;onItems#34; in answer to #34;split#34;, event 18"])
        n1 --> n2
        n0 --> n3
        n3 --> n4
        n2 --> n4
        n4 --> n5
        n0 --> n5
        n4 --> n6
        n0 --> n7
        n2 -->|"×5"| n8
        n2 -.->|"growth"| n9
        classDef completed stroke:#088654,stroke-width:2px
        class n0,n1,n2 completed
        classDef failed stroke:#811b0e,stroke-width:2px
        class n3 failed
        classDef pending stroke:#464d59,stroke-width:2px,stroke-dasharray:4
        class n4,n5,n6 pending
        classDef skipped stroke:#464d59,stroke-width:2px,stroke-dasharray:4
        class n7 skipped
        classDef retrying stroke:#c92db9,stroke-width:2px
        class n8 retrying
        classDef running stroke:#0048e7,stroke-width:2px
        class n9 running
      "
    `)
  })
})

describe("Outline", () => {
  it.each(cases)("names every item once, in one line: %s", (_, graph) => {
    const lines = Outline.render(graph).trimEnd().split("\n")
    expect(lines).toHaveLength(graph.items.length + 1)
    expect(lines.map(harmless)).toEqual(lines)
  })

  it("draws a definition", () => {
    expect(Outline.render(RunGraph.ofFlow(sampleFlow))).toMatchInlineSnapshot(`
      "nightly · 8 nodes
      ├─ fetch-users  http.get
      │  ├─ clean
      │  └─ tidy  rm · branch post · disabled
      └─ fetch-orders  http.get
         └─ split
            └─ load  trigger none_failed (also after: clean)
               ├─ report  print (also after: fetch-users)
               └─ notify  mail · branch post
      "
    `)
  })

  it("draws a run", () => {
    expect(Outline.render(RunGraph.ofRun(sampleRun()))).toMatchInlineSnapshot(`
      "nightly · run run · running · event 24 · 14 nodes
      ├─ fetch-users  ✓ completed  http.get
      │  ├─ clean  ✗ failed  TypeError: rows is undefined
      │  └─ tidy  - skipped  rm · branch post
      └─ fetch-orders  ✓ completed, 2 attempts  http.get
         └─ split  ✓ completed
            ├─ load  · pending  trigger none_failed (also after: clean)
            │  ├─ report  · pending  print (also after: fetch-users)
            │  └─ notify  · pending  mail · branch post
            ├─ chunk_1  ✓ completed  work  + grown by hook "onItems" in answer to "split", event 18
            ├─ chunk_2  ~ retrying  work  + grown by hook "onItems" in answer to "split", event 18  Broken: no
            ├─ chunk_3  · pending  work  + grown by hook "onItems" in answer to "split", event 18
            ├─ chunk_4  · pending  work  + grown by hook "onItems" in answer to "split", event 18
            ├─ chunk_5  · pending  work  + grown by hook "onItems" in answer to "split", event 18
            └─ extra  ● running  work  + grown by hook "onItems" in answer to "split", event 18
      "
    `)
  })

  it("says how many of a group have grown", () => {
    const group = {
      _tag: "Group",
      id: "g",
      label: "both",
      shape: "branch",
      nodeIds: ["a", "b"],
      counts: {}
    } as const
    const outline = (grownCount: number) =>
      Outline.render({
        flow: "f",
        nodeCount: 2,
        hiddenCount: 0,
        items: [{ ...group, grownCount }],
        edges: []
      })
    expect(outline(0)).toBe("f · 2 nodes\n└─ both  2 nodes\n")
    expect(outline(1)).toBe("f · 2 nodes\n└─ both  2 nodes  + 1 of them grown\n")
    expect(outline(2)).toBe("f · 2 nodes\n└─ both  2 nodes  + grown\n")
  })

  it("does not move a long chain out of sight", () => {
    const lines = Outline.render(RunGraph.ofFlow(flowOf(chainOf(2000)))).split("\n")
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120)
    expect(lines.at(-2)).toContain("(depth 1999) c1999")
  })

  it("names a few of the other nodes that a node waits for, and counts the rest", () => {
    const parents = ["a", "b", "c", "d", "e", "f"]
    const flow = flowOf({ ...Object.fromEntries(parents.map((id) => [id, []])), join: parents })
    expect(Outline.render(RunGraph.ofFlow(flow))).toContain("join  work (also after: c, d, e and 2 more)")
  })
})

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Every element of a picture; fails unless the text is well-formed XML. */
const elementsOf = (xml: string): ReadonlyArray<Element> => {
  const elements: Array<Element> = []
  const parser = new SaxesParser({})
  parser.on("error", (error) => {
    throw error
  })
  parser.on("opentag", ({ attributes, name }) => elements.push({ name, attributes }))
  parser.write(xml).close()
  return elements
}

describe("Svg", () => {
  it.each(cases)(
    "is well-formed and has a card per item, an arrow per edge and nothing that acts: %s",
    (_, graph) => {
      const elements = elementsOf(Svg.render(graph))
      const cards = elements.filter(({ attributes }) => attributes["data-node"] !== undefined)
      expect(cards.map(({ attributes }) => attributes["data-node"])).toEqual(
        graph.items.map((item) => harmless(item.id))
      )
      expect(cards.map(({ attributes }) => attributes["data-state"])).toEqual(
        graph.items.map((item) => item.status)
      )
      const arrows = elements.filter(({ attributes }) => attributes["data-from"] !== undefined)
      expect(arrows).toHaveLength(graph.edges.length)
      expect(
        elements.filter(({ name }) => /^(script|foreignObject|image|use|a|iframe)$/i.test(name))
      ).toEqual([])
      const acts = elements
        .flatMap(({ attributes }) => Object.entries(attributes))
        .filter(([name, value]) => /^on|href|src/i.test(name) || /javascript:|url\((?!#arrow\))/i.test(value))
      expect(acts).toEqual([])
    }
  )

  it.each(cases)("is the same, byte for byte, each time: %s", (_, graph) => {
    expect(Svg.render(graph)).toBe(Svg.render(structuredClone(graph)))
    expect(Dot.render(graph)).toBe(Dot.render(structuredClone(graph)))
    expect(Mermaid.render(graph)).toBe(Mermaid.render(structuredClone(graph)))
    expect(Outline.render(graph)).toBe(Outline.render(structuredClone(graph)))
  })

  it("says each status by word, sign and colour, and what grew by shape, text and attribute", () => {
    const svg = Svg.render(RunGraph.ofRun(sampleRun()))
    const card = (id: string) => svg.split("\n").find((line) => line.includes(`data-node="${id}"`)) ?? ""
    expect(card("clean")).toContain(`class="node failed" data-node="clean" data-state="failed"`)
    expect(card("clean")).toContain(">failed</text>")
    expect(card("clean")).toContain(">TypeError: rows is undefi…</text>")
    expect(card("fetch-orders")).toContain(">completed, 2 attempts</text>")
    expect(card("chunk_1")).toMatch(/data-born="18"/)
    expect(card("chunk_1")).toMatch(/<path class="card"/)
    expect(card("chunk_1")).toContain("+ grown at event 18")
    expect(card("fetch-users")).toMatch(/<rect class="card"/)
    const icons = new Set([...svg.matchAll(/<path class="icon"[^>]* d="([^"]+)"/g)].map((found) => found[1]))
    expect(icons.size).toBe(6)
  })

  it("explains exactly the statuses and edges that it shows", () => {
    const legend = (graph: RunGraph.RunGraph) =>
      [...Svg.render(graph).matchAll(/<g class="legend[^>]*>.*?<text[^>]*>([^<]*)</g)].map(
        (found) => found[1]
      )
    expect(legend(RunGraph.ofFlow(sampleFlow))).toEqual([
      "data: an input, its list or a condition reads it",
      "order: waits for it"
    ])
    expect(legend(RunGraph.ofRun(sampleRun()))).toEqual([
      "· pending",
      "● running",
      "~ retrying",
      "✓ completed",
      "✗ failed",
      "- skipped",
      "cut corner: grown while the run went on",
      "data: an input, its list or a condition reads it",
      "order: waits for it",
      "growth: added in answer to it"
    ])
  })

  it("shows the whole of a long text as a tooltip", () => {
    const id = "a-very-long-name-that-does-not-fit-on-a-card"
    const svg = Svg.render(RunGraph.ofFlow(flowOf({ [id]: [] })))
    expect(svg).toContain(`<title>${id} `)
    expect(svg).toContain(">a-very-long-name-that-doe…</text>")
  })

  it("shows hostile names as text", () => {
    expect(hostileIds).toHaveLength(19)
    const svg = Svg.render(RunGraph.ofFlow(hostileFlow))
    expect(svg).not.toMatch(/<script|<svg onload|\u202e/)
    expect(svg).toContain("&lt;script&gt;")
  })

  it("follows light and dark", () => {
    expect(Svg.render(RunGraph.ofFlow(sampleFlow))).toContain("@media (prefers-color-scheme: dark)")
  })
})
