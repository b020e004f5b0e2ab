/**
 * The graph as a picture that needs nothing but an SVG viewer: no scripts, no fonts, no network. It follows the light or
 * dark setting of whoever looks at it, and says every status by word, sign and colour.
 */
import * as GraphLayout from "./GraphLayout.ts"
import { flatten } from "./internal/frames.ts"
import { titleText } from "./internal/itemText.ts"
import { cardHeight, cardWidth, drawCard, escapeXml } from "./internal/svgCard.ts"
import { drawLegend } from "./internal/svgLegend.ts"
import { styleSheet } from "./internal/svgStyle.ts"
import type { EdgeKind, GraphEdge, RunGraph } from "./RunGraph.ts"

/** Space around the picture. */
const margin = 24
const titleHeight = 32

/** Narrowest picture, so that title and legend have room. */
const widthMin = 480

/**
 * Draws a graph. Equal graphs give equal pictures, byte for byte.
 *
 * What is inside of a node is drawn beside it, and an edge says where it belongs. Cards hold the first characters of a text and show the whole of it as a tooltip. From some hundred nodes on a picture
 * is better of a graph that `GraphFold` has folded.
 */
export const render = (given: RunGraph): string => {
  const graph = flatten(given)
  const indexOf = new Map(graph.items.map((item, index) => [item.id, index]))
  const edges = graph.edges.flatMap((edge) => {
    const from = indexOf.get(edge.from)
    const to = indexOf.get(edge.to)
    return from === undefined || to === undefined ? [] : [{ edge, ends: [from, to] as const }]
  })
  const layout = GraphLayout.make(
    graph.items.map((item) => ({ width: cardWidth, height: cardHeight(item) })),
    edges.map(({ ends }) => ends)
  )
  const width = Math.max(widthMin, layout.width + 2 * margin)
  const legend = drawLegend(graph, margin, titleHeight + layout.height + 2 * margin, width - 2 * margin)
  const height = titleHeight + layout.height + 2 * margin + legend.height
  const title = escapeXml(titleText(graph))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="dagflow" role="img" aria-label="${title}" ` +
      `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${title}</title>`,
    `<style>${styleSheet}</style>`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">` +
      `<path class="arrow" d="M0 0l8 4l-8 4z"/></marker></defs>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="title" x="${margin}" y="${margin + 4}">${title}</text>`,
    `<g transform="translate(${margin} ${titleHeight + margin})">`,
    ...edges.map(({ edge }, index) => drawEdge(edge, layout.edges[index] ?? [])),
    ...graph.items.map((item, index) => {
      const card = layout.cards[index]
      return card === undefined ? "" : drawCard(item, card)
    }),
    "</g>",
    ...legend.lines,
    "</svg>",
    ""
  ].join("\n")
}

// -- internal -------------------------------------------------------------------------------------------------------

const edgeClass: Readonly<Record<EdgeKind, string>> = {
  data: "edge data",
  order: "edge",
  route: "edge route",
  recovery: "edge recovery",
  growth: "edge growth-edge",
  inside: "edge inside-edge"
}

/** Curves between the columns, straight lines through them: the points come in pairs, one pair per lane. */
const drawEdge = (edge: GraphEdge, points: ReadonlyArray<GraphLayout.Point>): string => {
  const { count, from, inactive, kind, to, when } = edge
  const [start] = points
  if (start === undefined) return ""
  const parts = [`M${start.x} ${start.y}`]
  points.slice(1).forEach((point, index) => {
    const previous = points[index] ?? start
    if (index % 2 === 1) parts.push(`H${point.x}`)
    else {
      const reach = Math.max(24, Math.abs(point.x - previous.x) / 2)
      parts.push(`C${previous.x + reach} ${previous.y} ${point.x - reach} ${point.y} ${point.x} ${point.y}`)
    }
  })
  const times = count > 1 ? ` (×${count})` : ""
  const condition = when === undefined ? "" : `, when ${when}${inactive === true ? " (inactive)" : ""}`
  const className = `${edgeClass[kind]}${inactive === true ? " inactive" : when === undefined ? "" : " conditional"}`
  return (
    `<path class="${className}" data-from="${escapeXml(from)}" data-to="${escapeXml(to)}" ` +
    `marker-end="url(#arrow)" d="${parts.join("")}"><title>${escapeXml(`${from} → ${to}: ${kind}${times}${condition}`)}</title></path>`
  )
}
