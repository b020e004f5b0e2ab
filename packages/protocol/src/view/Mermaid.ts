/** The graph as a Mermaid flowchart, which GitHub and many editors draw inside Markdown. */
import { innerOf, stepFrames } from "./internal/frames.ts"
import { conditionText, detailText, growthText, statusText } from "./internal/itemText.ts"
import { plainText } from "./internal/plainText.ts"
import type { EdgeKind, GraphEdge, GraphItem, RunGraph } from "./RunGraph.ts"
import * as StatusMark from "./StatusMark.ts"

/**
 * Writes a graph as a Mermaid flowchart. Nodes are named `n0`, `n1` … in the order of the graph's items, because Mermaid
 * reads words such as `end` inside ids; the real names are in the labels. The nodes of a step, and what is inside of a node, stand
 * in a frame of their own.
 */
export const render = (graph: RunGraph): string => {
  const drawn: Array<Named> = []
  const lines = draw(graph, "n", drawn)
  return ["flowchart LR", ...lines.map((line) => `  ${line}`), ...classes(drawn), ""].join("\n")
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Mermaid writes special characters as `#number;`, which also keeps HTML and Markdown out of a label. */
const escape = (text: string): string =>
  plainText(text).replace(/[^\p{L}\p{N} .,:;/×→…✓✗●·~+()=_-]|[;]/gu, (found) => `#${found.codePointAt(0)};`)

/** An item, and what Mermaid calls it. */
interface Named {
  readonly item: GraphItem
  readonly name: string
}

/** The items of a graph and the edges between them. `path` begins the names. */
const draw = (graph: RunGraph, path: string, drawn: Array<Named>): ReadonlyArray<string> => {
  const names = new Map(graph.items.map((item, index) => [item.id, `${path}${index}`]))
  const nameOf = (item: GraphItem): string => names.get(item.id) ?? ""
  const lines = stepFrames(graph).flatMap(({ items, step }) => {
    const inside = items.flatMap((item) => drawItem(item, nameOf(item), drawn))
    return step === undefined ? inside : frame(`${path.replace(/^n/, "s")}${step}`, `step ${step}`, inside)
  })
  return [...lines, ...graph.edges.flatMap((edge) => renderEdge(edge, names))]
}

const drawItem = (item: GraphItem, name: string, drawn: Array<Named>): ReadonlyArray<string> => {
  drawn.push({ item, name })
  const inner = innerOf(item)
  return inner === undefined
    ? [renderItem(item, name)]
    : frame(name, labelOf(item), draw(inner, `${name}_`, drawn))
}

const frame = (name: string, label: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => [
  `subgraph ${name}["${label}"]`,
  ...lines.map((line) => `  ${line}`),
  "end"
]

const labelOf = (item: GraphItem): string =>
  [item.label, detailText(item), statusText(item), growthText(item)]
    .filter((line) => line !== undefined)
    .map(escape)
    .join("<br/>")

/** A double frame: there is more inside. */
const renderItem = (item: GraphItem, name: string): string => {
  const label = `"${labelOf(item)}"`
  if (item._tag === "Group" || item.flow !== undefined) return `${name}[[${label}]]`
  return item.grownBy === undefined ? `${name}[${label}]` : `${name}([${label}])`
}

const arrows: Readonly<Record<EdgeKind, string>> = {
  data: "-->",
  order: "-->",
  route: "==>",
  recovery: "==>",
  growth: "-.->",
  inside: "-.->"
}

const words: Readonly<Record<EdgeKind, string>> = {
  data: "",
  order: "",
  route: "route",
  recovery: "recovery",
  growth: "growth",
  inside: "inside"
}

const renderEdge = (edge: GraphEdge, names: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const { count, from, kind, to } = edge
  const source = names.get(from)
  const target = names.get(to)
  if (source === undefined || target === undefined) return []
  const condition = escape(conditionText(edge) ?? "")
  const label = [words[kind], condition, count > 1 ? `×${count}` : ""].filter((part) => part !== "").join(" ")
  return [
    `${source} ${edge.inactive === true ? "-.->" : arrows[kind]}${label === "" ? "" : `|"${label}"|`} ${target}`
  ]
}

/** One class per status that occurs, with its nodes. */
const classes = (drawn: ReadonlyArray<Named>): ReadonlyArray<string> => {
  const byStatus = Map.groupBy(drawn, ({ item }) => item.status)
  return [...byStatus].flatMap(([status, items]) => {
    if (status === undefined) return []
    const { family } = StatusMark.ofNode[status]
    const dashed = status === "pending" || status === "skipped" || status === "cancelled"
    const style = `stroke:${StatusMark.colours[family].light},stroke-width:2px${dashed ? ",stroke-dasharray:4" : ""}`
    return [`  classDef ${status} ${style}`, `  class ${items.map(({ name }) => name).join(",")} ${status}`]
  })
}
