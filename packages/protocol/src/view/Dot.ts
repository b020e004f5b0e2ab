/** The graph in DOT, the language of Graphviz. */
import { endsOf, innerId, innerOf, stepFrames } from "./internal/frames.ts"
import { conditionText, detailText, growthText, statusText, titleText } from "./internal/itemText.ts"
import { plainText } from "./internal/plainText.ts"
import type { EdgeKind, GraphEdge, GraphItem, RunGraph } from "./RunGraph.ts"
import * as StatusMark from "./StatusMark.ts"

/**
 * Writes a graph in DOT. Node names are the ids; every text is quoted, so that none can end its string or its line. The nodes of a
 * step, and what is inside of a node, stand in a frame of their own; the latter are named by a path: `review/check`.
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
    `  graph [${attributes(graphAttributes(graph))}]`,
    `  node [shape=box, style=rounded, fontname="Helvetica"]`,
    `  edge [fontname="Helvetica", fontsize=10]`,
    ...draw(graph, "").map((line) => `  ${line}`),
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

const graphAttributes = (graph: RunGraph): ReadonlyArray<Attribute> => [
  ["rankdir", "LR"],
  ["label", quote(titleText(graph))],
  ["labelloc", "t"],
  ["fontname", '"Helvetica"'],
  // Edges may end at a frame.
  ...(graph.items.some((item) => innerOf(item) !== undefined) ? [["compound", "true"] as const] : [])
]

/** The items of a graph and the edges between them. `path` goes before the ids of what is inside of a node. */
const draw = (graph: RunGraph, path: string): ReadonlyArray<string> => {
  const byId = new Map(graph.items.map((item) => [item.id, item]))
  return [
    ...stepFrames(graph).flatMap(({ items, step }) => {
      const lines = items.flatMap((item) => drawItem(item, path))
      return step === undefined ? lines : frame(`${path}step ${step}`, stepAttributes(step), lines)
    }),
    ...graph.edges.map((edge) => renderEdge(edge, (id) => byId.get(id), path))
  ]
}

const drawItem = (item: GraphItem, path: string): ReadonlyArray<string> => {
  const inner = innerOf(item)
  const id = `${path}${item.id}`
  if (inner === undefined) return [`${quote(id)} [${attributes(nodeAttributes(item))}]`]
  return frame(id, frameAttributes(item), draw(inner, innerId(id, "")))
}

const frame = (
  name: string,
  found: ReadonlyArray<Attribute>,
  lines: ReadonlyArray<string>
): ReadonlyArray<string> => [
  `subgraph ${quote(`cluster ${name}`)} {`,
  `  graph [${attributes(found)}]`,
  ...lines.map((line) => `  ${line}`),
  "}"
]

const stepAttributes = (step: number): ReadonlyArray<Attribute> => [
  ["label", `"step ${step}"`],
  ["style", '"rounded,dashed"'],
  ["color", '"gray"'],
  ["fontsize", "12"]
]

const labelOf = (item: GraphItem): Attribute => {
  const lines = [item.label, detailText(item), statusText(item), growthText(item)]
  const label = lines.filter((line) => line !== undefined).map(escape)
  return ["label", `"${label.join("\\n")}"`]
}

const statusAttributes = ({ status }: GraphItem): ReadonlyArray<Attribute> => {
  if (status === undefined) return []
  const { family } = StatusMark.ofNode[status]
  return [
    ["style", `"rounded,${styles[status]}"`],
    ["color", `"${StatusMark.colours[family].light}"`]
  ]
}

/** How the frame of a node looks. A frame takes what its graph has, unless it says otherwise. */
const frameAttributes = (item: GraphItem): ReadonlyArray<Attribute> => {
  const status = statusAttributes(item)
  return [
    labelOf(item),
    ["fontsize", "14"],
    ...(status.length > 0 ? status : [["style", '"rounded"'] as const])
  ]
}

const nodeAttributes = (item: GraphItem): ReadonlyArray<Attribute> => {
  const found: Array<Attribute> = [labelOf(item)]
  if (growthText(item) !== undefined) found.push(["shape", "component"])
  else if (item._tag === "Group") found.push(["shape", "box3d"])
  if (item._tag === "Node" && item.flow !== undefined) found.push(["peripheries", "2"])
  found.push(...statusAttributes(item))
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
  ],
  inside: [["style", "dashed"]]
}

const inactiveStyle: ReadonlyArray<Attribute> = [
  ["style", "dotted"],
  ["color", '"gray"'],
  ["arrowhead", "odot"]
]

/** Where an edge begins or ends: at a node, or at the frame of one, which then has to be said in two ways. */
const endAt = (
  item: GraphItem | undefined,
  path: string,
  end: "first" | "last"
): { readonly id: string; readonly frame: string | undefined } => {
  let id = `${path}${item?.id ?? ""}`
  const frame = item === undefined || innerOf(item) === undefined ? undefined : `cluster ${id}`
  for (let inner = item && innerOf(item); inner !== undefined;) {
    const next = endsOf(inner)?.[end]
    id = innerId(id, next?.id ?? "")
    inner = next && innerOf(next)
  }
  return { id, frame }
}

const renderEdge = (edge: GraphEdge, itemOf: (id: string) => GraphItem | undefined, path: string): string => {
  const { count, kind } = edge
  const from = endAt(itemOf(edge.from), path, "last")
  const to = endAt(itemOf(edge.to), path, "first")
  const condition = conditionText(edge)
  const style = attributes([
    ...(edge.inactive === true ? inactiveStyle : edgeStyles[kind]),
    ...(condition === undefined ? [] : [["label", quote(condition)] as const]),
    ...(count > 1 ? [["xlabel", `"×${count}"`] as const] : []),
    ...(from.frame === undefined ? [] : [["ltail", quote(from.frame)] as const]),
    ...(to.frame === undefined ? [] : [["lhead", quote(to.frame)] as const])
  ])
  return `${quote(from.id)} -> ${quote(to.id)}${style === "" ? "" : ` [${style}]`}`
}
