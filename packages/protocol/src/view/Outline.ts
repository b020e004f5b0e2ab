/**
 * The graph as a tree of plain text, for terminals, mails and whoever cannot see a picture.
 *
 * Every item stands in it once: below the last of the items that it waits for, where the others are named too.
 */
import { innerOf } from "./internal/frames.ts"
import { detailText, growthText, statusText, stepText, titleText } from "./internal/itemText.ts"
import { plainText } from "./internal/plainText.ts"
import type { GraphItem, RunGraph } from "./RunGraph.ts"

/** Steps to the right at most; deeper items show their depth instead, so that a long chain stays readable. */
export const depthMax = 24

/** How many of the other items that an item waits for are named. */
const namedMax = 3

/**
 * Writes a graph as a tree.
 *
 * **Example**
 * ```ts
 * Outline.render(graph)
 * // hello · 3 nodes
 * // ├─ fetch  http
 * // └─ count  words
 * //    └─ report  flow write (also after: fetch)
 * //       ┊ └─ draft  llm
 * ```
 */
export const render = (graph: RunGraph): string =>
  `${[plainText(titleText(graph)), ...branches(graph)].join("\n")}\n`

// -- internal -------------------------------------------------------------------------------------------------------

/** The lines of a graph, without its title. What is inside of an item follows it, behind a line of its own kind. */
const branches = (graph: RunGraph): ReadonlyArray<string> => {
  const { children, parents, roots } = tree(graph)
  const lines: Array<string> = []
  const open: Array<Line> = []
  const push = (items: ReadonlyArray<GraphItem>, depth: number, indent: string) => {
    for (let index = items.length - 1; index >= 0; index--) {
      const item = items[index]
      if (item !== undefined) open.push({ item, depth, indent, isLast: index === items.length - 1 })
    }
  }
  push(roots, 0, "")
  for (let line = open.pop(); line !== undefined; line = open.pop()) {
    const { depth, indent, isLast, item } = line
    const level = depth < depthMax ? "" : `(depth ${depth}) `
    lines.push(`${indent}${isLast ? "└─" : "├─"} ${level}${describe(item, parents.get(item.id) ?? [])}`)
    const below = depth < depthMax ? `${indent}${isLast ? "   " : "│  "}` : indent
    const inner = innerOf(item)
    if (inner !== undefined) lines.push(...branches(inner).map((inside) => `${below}┊ ${inside}`))
    push(children.get(item.id) ?? [], depth + 1, below)
  }
  return lines
}

interface Line {
  readonly item: GraphItem
  readonly depth: number
  readonly indent: string
  readonly isLast: boolean
}

interface Tree {
  readonly roots: ReadonlyArray<GraphItem>
  readonly children: ReadonlyMap<string, ReadonlyArray<GraphItem>>
  /** Items that an item waits for, the one that it stands below last. */
  readonly parents: ReadonlyMap<string, ReadonlyArray<GraphItem>>
}

/** An item goes below the item before it that comes last in the graph; on a cycle, only edges that lead on count. */
const tree = (graph: RunGraph): Tree => {
  const indexOf = new Map(graph.items.map((item, index) => [item.id, index]))
  const order = topologicalOrder(graph, indexOf)
  const sources = new Map<string, Set<GraphItem>>()
  for (const { from, to } of graph.edges) {
    const source = graph.items[indexOf.get(from) ?? -1]
    if (source === undefined || (order.get(from) ?? 0) >= (order.get(to) ?? 0)) continue
    const known = sources.get(to)
    if (known === undefined) sources.set(to, new Set([source]))
    else known.add(source)
  }
  const parents = new Map<string, ReadonlyArray<GraphItem>>()
  const roots: Array<GraphItem> = []
  const children = new Map<string, Array<GraphItem>>()
  for (const item of graph.items) {
    const above = [...(sources.get(item.id) ?? [])]
    above.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0))
    parents.set(item.id, above)
    const parent = above.at(-1)
    const list = parent === undefined ? roots : (children.get(parent.id) ?? [])
    if (parent !== undefined) children.set(parent.id, list)
    list.push(item)
  }
  return { roots, children, parents }
}

/** Per item its place in an order that follows the edges; the items of a cycle keep the order of the graph. */
const topologicalOrder = (
  graph: RunGraph,
  indexOf: ReadonlyMap<string, number>
): ReadonlyMap<string, number> => {
  const after = Map.groupBy(graph.edges, (edge) => edge.from)
  const waiting = new Map(graph.items.map((item) => [item.id, 0]))
  for (const { to } of graph.edges) waiting.set(to, (waiting.get(to) ?? 0) + 1)
  const ready = graph.items.filter((item) => waiting.get(item.id) === 0).map((item) => item.id)
  const order = new Map<string, number>()
  for (const id of ready) {
    order.set(id, order.size)
    for (const { to } of after.get(id) ?? []) {
      const left = (waiting.get(to) ?? 0) - 1
      waiting.set(to, left)
      if (left === 0 && indexOf.has(to)) ready.push(to)
    }
  }
  for (const { id } of graph.items) if (!order.has(id)) order.set(id, order.size)
  return order
}

const describe = (item: GraphItem, parents: ReadonlyArray<GraphItem>): string => {
  const error = item._tag === "Node" && item.error !== undefined ? item.error : undefined
  const others = parents.slice(0, -1)
  const named = others.slice(-namedMax).map((other) => other.label)
  const more = others.length > namedMax ? ` and ${others.length - namedMax} more` : ""
  const parts = [item.label, statusText(item), detailText(item), stepText(item), growthText(item), error]
  const also = others.length === 0 ? "" : ` (also after: ${named.join(", ")}${more})`
  return plainText(`${parts.filter((part) => part !== undefined).join("  ")}${also}`)
}
