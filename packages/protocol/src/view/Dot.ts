/** The graph in DOT, the language of Graphviz. */
import { conditionText, detailText, growthText, statusText, titleText } from "./internal/itemText.ts"
import { plainText } from "./internal/plainText.ts"
import type { EdgeKind, GraphEdge, GraphItem, RunGraph } from "./RunGraph.ts"
import * as StatusMark from "./StatusMark.ts"

/**
 * Writes a graph in DOT. Node names are the ids; every text is quoted, so that none can end its string or its line.
 *
 * **Example**
 * ```ts
 * Dot.render(RunGraph.ofFlow({ name: "hello", nodes: [{ id: "greet", action: "print" }] }))
 * // => digraph "hello" { … "greet" [label="greet\nprint"] … }
 * ```
 */
export const render = (graph: RunGraph): string =>
  [
    `digraph ${quote(graph.flow)} {`,
    `  graph [rankdir=LR, label=${quote(titleText(graph))}, labelloc=t, fontname="Helvetica"]`,
    `  node [shape=box, style=rounded, fontname="Helvetica"]`,
    `  edge [fontname="Helvetica", fontsize=10]`,
    ...graph.items.map((item) => `  ${quote(item.id)} [${attributes(nodeAttributes(item))}]`),
    ...graph.edges.map(renderEdge),
    "}",
    ""
  ].join("\n")

// -- internal -------------------------------------------------------------------------------------------------------

/** Quotes a text. A backslash is doubled, since one alone would begin an escape sequence of a label. */
const quote = (text: string): string => `"${escape(text)}"`

const escape = (text: string): string => plainText(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')

type Attribute = readonly [name: string, value: string]

const attributes = (all: ReadonlyArray<Attribute>): string =>
  all.map(([name, value]) => `${name}=${value}`).join(", ")

const styles: Readonly<Record<NonNullable<GraphItem["status"]>, string>> = {
  pending: "dotted",
  running: "bold",
  retrying: "bold",
  waiting: "bold",
  completed: "solid",
  failed: "bold",
  skipped: "dashed",
  cancelled: "dashed"
}

const nodeAttributes = (item: GraphItem): ReadonlyArray<Attribute> => {
  const lines = [item.label, detailText(item), statusText(item), growthText(item)]
  const label = lines.filter((line) => line !== undefined).map(escape)
  const family = item.status === undefined ? undefined : StatusMark.ofNode[item.status].family
  const isGrown = growthText(item) !== undefined
  const found: Array<Attribute> = [["label", `"${label.join("\\n")}"`]]
  if (isGrown) found.push(["shape", "component"])
  else if (item._tag === "Group") found.push(["shape", "box3d"])
  if (item.status !== undefined) found.push(["style", `"rounded,${styles[item.status]}"`])
  if (family !== undefined) found.push(["color", `"${StatusMark.colours[family].light}"`])
  if (item._tag === "Node" && item.error !== undefined) found.push(["tooltip", quote(item.error)])
  return found
}

const edgeStyles: Readonly<Record<EdgeKind, ReadonlyArray<Attribute>>> = {
  data: [["penwidth", "2"]],
  order: [],
  route: [
    ["style", "bold"],
    ["label", '"route"']
  ],
  recovery: [
    ["style", "dashed"],
    ["label", '"recovery"']
  ],
  growth: [
    ["style", "dotted"],
    ["label", '"growth"'],
    ["arrowhead", "empty"]
  ]
}

const inactiveStyle: ReadonlyArray<Attribute> = [
  ["style", "dotted"],
  ["color", '"gray"'],
  ["arrowhead", "odot"]
]

const renderEdge = (edge: GraphEdge): string => {
  const { count, from, kind, to } = edge
  const condition = conditionText(edge)
  const labels: ReadonlyArray<Attribute> = condition === undefined ? [] : [["label", quote(condition)]]
  const weight: ReadonlyArray<Attribute> = count > 1 ? [["xlabel", `"×${count}"`]] : []
  const style = attributes([
    ...(edge.inactive === true ? inactiveStyle : edgeStyles[kind]),
    ...labels,
    ...weight
  ])
  return `  ${quote(from)} -> ${quote(to)}${style === "" ? "" : ` [${style}]`}`
}
