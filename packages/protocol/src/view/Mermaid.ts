/** The graph as a Mermaid flowchart, which GitHub and many editors draw inside Markdown. */
import { conditionText, detailText, growthText, statusText } from "./internal/itemText.ts"
import { plainText } from "./internal/plainText.ts"
import type { EdgeKind, GraphEdge, GraphItem, RunGraph } from "./RunGraph.ts"
import * as StatusMark from "./StatusMark.ts"

/**
 * Writes a graph as a Mermaid flowchart. Nodes are named `n0`, `n1` … in the order of the graph's items, because Mermaid
 * reads words such as `end` inside ids; the real names are in the labels.
 */
export const render = (graph: RunGraph): string => {
  const names = new Map(graph.items.map((item, index) => [item.id, `n${index}`]))
  return [
    "flowchart LR",
    ...graph.items.map((item) => `  ${renderItem(item, names.get(item.id) ?? "")}`),
    ...graph.edges.flatMap((edge) => renderEdge(edge, names)),
    ...classes(graph, names),
    ""
  ].join("\n")
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Mermaid writes special characters as `#number;`, which also keeps HTML and Markdown out of a label. */
const escape = (text: string): string =>
  plainText(text).replace(/[^\p{L}\p{N} .,:;/×→…✓✗●·~+()=_-]|[;]/gu, (found) => `#${found.codePointAt(0)};`)

const renderItem = (item: GraphItem, name: string): string => {
  const lines = [item.label, detailText(item), statusText(item), growthText(item)]
  const label = `"${lines
    .filter((line) => line !== undefined)
    .map(escape)
    .join("<br/>")}"`
  if (item._tag === "Group") return `${name}[[${label}]]`
  return item.grownBy === undefined ? `${name}[${label}]` : `${name}([${label}])`
}

const arrows: Readonly<Record<EdgeKind, string>> = {
  data: "-->",
  order: "-->",
  route: "==>",
  recovery: "==>",
  growth: "-.->"
}

const words: Readonly<Record<EdgeKind, string>> = {
  data: "",
  order: "",
  route: "route",
  recovery: "recovery",
  growth: "growth"
}

const renderEdge = (edge: GraphEdge, names: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const { count, from, kind, to } = edge
  const source = names.get(from)
  const target = names.get(to)
  if (source === undefined || target === undefined) return []
  const condition = escape(conditionText(edge) ?? "")
  const label = [words[kind], condition, count > 1 ? `×${count}` : ""].filter((part) => part !== "").join(" ")
  return [
    `  ${source} ${edge.inactive === true ? "-.->" : arrows[kind]}${label === "" ? "" : `|"${label}"|`} ${target}`
  ]
}

/** One class per status that occurs, with its nodes. */
const classes = (graph: RunGraph, names: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const byStatus = Map.groupBy(graph.items, (item) => item.status)
  return [...byStatus].flatMap(([status, items]) => {
    if (status === undefined) return []
    const { family } = StatusMark.ofNode[status]
    const dashed = status === "pending" || status === "skipped" || status === "cancelled"
    const style = `stroke:${StatusMark.colours[family].light},stroke-width:2px${dashed ? ",stroke-dasharray:4" : ""}`
    return [
      `  classDef ${status} ${style}`,
      `  class ${items.map((item) => names.get(item.id)).join(",")} ${status}`
    ]
  })
}
