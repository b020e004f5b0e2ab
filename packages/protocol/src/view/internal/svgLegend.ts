import * as NodeStatus from "../../state/NodeStatus.ts"
import type { EdgeKind, RunGraph } from "../RunGraph.ts"
import * as StatusMark from "../StatusMark.ts"
import { columnsOf } from "./plainText.ts"
import { iconPath, plusPath } from "./svgCard.ts"

interface Entry {
  readonly text: string
  /** The drawing in front of the text, in a space of 28 by 14 pixels. */
  readonly drawing: string
  readonly className: string
}

const statusEntries = (graph: RunGraph): ReadonlyArray<Entry> => {
  const used = new Set<string>()
  for (const item of graph.items) {
    if (item.status !== undefined) used.add(item.status)
    if (item._tag === "Group") for (const status of Object.keys(item.counts)) used.add(status)
  }
  return NodeStatus.all
    .filter((status) => used.has(status))
    .map((status) => {
      const { family, sign, word } = StatusMark.ofNode[status]
      return {
        text: `${sign} ${word}`,
        className: family,
        drawing: `<path class="icon" transform="translate(10 0)" d="${iconPath[status]}"/>`
      }
    })
}

const edgeWords: Readonly<Record<EdgeKind, readonly [className: string, text: string]>> = {
  data: ["edge data", "data: an input, its list or a condition reads it"],
  order: ["edge", "order: waits for it"],
  route: ["edge route", "route: led to it"],
  recovery: ["edge recovery", "recovery: added after its failure"],
  growth: ["edge growth-edge", "growth: added in answer to it"],
  inside: ["edge inside-edge", "inside: of the flow that it runs"]
}

const conditionWords = [
  ["edge conditional", "conditional: counts when its condition is true"],
  ["edge inactive", "inactive: its condition was false"]
] as const

const edgeEntries = (graph: RunGraph): ReadonlyArray<Entry> => {
  const used = new Set(graph.edges.map((edge) => edge.kind))
  const [conditional, inactive] = conditionWords
  const words = [
    ...Object.entries(edgeWords).flatMap(([kind, word]) => (used.has(kind as EdgeKind) ? [word] : [])),
    ...(graph.edges.some((edge) => edge.when !== undefined && edge.inactive !== true) ? [conditional] : []),
    ...(graph.edges.some((edge) => edge.inactive === true) ? [inactive] : [])
  ]
  return words.map(([className, text]) => ({
    text,
    className: "planned",
    drawing: `<path class="${className}" d="M0 7h26"/>`
  }))
}

const shapeEntries = (graph: RunGraph): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  if (graph.items.some((item) => (item._tag === "Node" ? item.grownBy !== undefined : item.grownCount > 0))) {
    entries.push({
      text: "cut corner: grown while the run went on",
      className: "planned",
      drawing: `<path class="badge" transform="translate(10 0)" d="${plusPath}"/>`
    })
  }
  if (graph.items.some((item) => item._tag === "Group")) {
    const card = (at: number) => `<rect class="card" x="${4 + at}" y="${at}" width="18" height="10" rx="2"/>`
    entries.push({ text: "several nodes as one", className: "planned", drawing: card(3) + card(0) })
  }
  return entries
}

const rowHeight = 22

/** Draws what the signs, shapes and lines of a picture mean, as far as it uses them, in rows of a width. */
export const drawLegend = (
  graph: RunGraph,
  left: number,
  top: number,
  width: number
): { readonly lines: ReadonlyArray<string>; readonly height: number } => {
  const entries = [...statusEntries(graph), ...shapeEntries(graph), ...edgeEntries(graph)]
  if (entries.length === 0) return { lines: [], height: 0 }
  let x = 0
  let row = 0
  const lines = entries.map(({ className, drawing, text }) => {
    const space = 34 + columnsOf(text) * 7.3 + 18
    if (x > 0 && x + space > width) {
      x = 0
      row++
    }
    const place = `translate(${left + Math.round(x)} ${top + row * rowHeight})`
    x += space
    return `<g class="legend ${className}" transform="${place}">${drawing}<text class="quiet" x="34" y="11">${text}</text></g>`
  })
  return { lines, height: (row + 1) * rowHeight + 8 }
}
