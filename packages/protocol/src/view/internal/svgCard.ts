import type { NodeStatus } from "../../state/NodeStatus.ts"
import type { Card } from "../GraphLayout.ts"
import type { GraphItem } from "../RunGraph.ts"
import { ofNode } from "../StatusMark.ts"
import { detailText, growthText, statusText, stepText } from "./itemText.ts"
import { fitText, plainText } from "./plainText.ts"

/** Width of every card. */
export const cardWidth = 232

/** Columns of text that fit into a card, at 7.3 pixels for each of the fixed-width characters. */
const columns = 26

const lineHeight = 16
const padding = 9
const textLeft = 30

/** Escapes a text for XML and takes out what XML cannot hold. */
export const escapeXml = (text: string): string =>
  plainText(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")

/** The sign of a status as a drawing in a square of 14 pixels, so that no font can lack it. */
export const iconPath: Readonly<Record<NodeStatus, string>> = {
  pending: "M12 7a5 5 0 1 1-10 0a5 5 0 1 1 10 0",
  running: "M4 2l8 5l-8 5z",
  retrying: "M12 7a5 5 0 1 1-2-4M10 0v3.5h-3.5",
  waiting: "M4 4.5a3 3 0 1 1 4.4 2.6q-1.4 .8 -1.4 2.2M7 12v.1",
  completed: "M2 8l3.5 3.5L12 3",
  failed: "M3 3l8 8M11 3l-8 8",
  skipped: "M2 3l4 4l-4 4M8 3l4 4l-4 4",
  cancelled: "M12 7a5 5 0 1 1-10 0a5 5 0 1 1 10 0M3.5 10.5l7-7"
}

/** A plus in a square of 14 pixels: the mark of what has grown. */
export const plusPath = "M7 3v8M3 7h8"

interface CardLine {
  readonly kind: "label" | "quiet" | "state" | "growth"
  readonly text: string
}

/** The status of a group in little space: its word, and per status sign and number. */
const shortStatus = (item: GraphItem): string | undefined => {
  if (item._tag === "Node" || item.status === undefined)
    return statusText(item)?.replace(/^\S+ (?=[a-z])/, "")
  const counts = Object.entries(item.counts).map(
    ([status, count]) => `${ofNode[status as NodeStatus].sign}${count}`
  )
  return `${ofNode[item.status].word}: ${counts.join(" ")}`
}

const shortGrowth = (item: GraphItem): string | undefined => {
  if (item._tag === "Group") return growthText(item)
  return item.grownBy && `+ grown at event ${item.grownBy.sequence}`
}

const linesOf = (item: GraphItem): ReadonlyArray<CardLine> => {
  const lines: ReadonlyArray<readonly [CardLine["kind"], string | undefined]> = [
    ["label", item.label],
    ["quiet", detailText(item)],
    ["quiet", stepText(item)],
    ["state", shortStatus(item)],
    ["state", item._tag === "Node" ? item.error : undefined],
    ["growth", shortGrowth(item)]
  ]
  return lines.flatMap(([kind, text]) => (text === undefined ? [] : [{ kind, text }]))
}

/** The height of an item's card. */
export const cardHeight = (item: GraphItem): number => linesOf(item).length * lineHeight + 2 * padding - 4

const isGrown = (item: GraphItem): boolean =>
  item._tag === "Node" ? item.grownBy !== undefined : item.grownCount > 0

/** The outline of a card: grown ones have a corner cut off, groups look like a stack. */
const outline = (item: GraphItem, { height, width, x, y }: Card): string => {
  const rectangle = (left: number, top: number, wide: number, high: number) =>
    `<rect class="card" x="${left}" y="${top}" width="${wide}" height="${high}" rx="6"/>`
  if (item._tag === "Group") {
    return rectangle(x + 4, y + 4, width - 4, height - 4) + rectangle(x, y, width - 4, height - 4)
  }
  if (!isGrown(item)) return rectangle(x, y, width, height)
  const cut = 12
  return `<path class="card" d="M${x} ${y}h${width - cut}l${cut} ${cut}v${height - cut}h${-width}z"/>`
}

/** The classes of an item: its status, and the family that its colour belongs to. */
const classesOf = (item: GraphItem): string => {
  const kind = item._tag === "Node" ? "node" : "node group"
  if (item.status === undefined) return `${kind} planned`
  const { family } = ofNode[item.status]
  const state = item.status === "running" ? "running-state" : item.status
  return [...new Set([kind, family, state])].join(" ")
}

const tooltip = (item: GraphItem): string => {
  const parts = [
    item.label,
    statusText(item),
    detailText(item),
    stepText(item),
    item._tag === "Node" ? item.description : undefined,
    item._tag === "Node" ? item.error : `nodes: ${item.nodeIds.slice(0, 50).join(", ")}`,
    growthText(item)
  ]
  return parts.filter((part) => part !== undefined).join(" · ")
}

/** Draws the card of an item. */
export const drawCard = (item: GraphItem, card: Card): string => {
  const { x, y } = card
  const texts = linesOf(item).map(({ kind, text }, index) => {
    const baseline = y + padding + 10 + index * lineHeight
    return `<text class="${kind}" x="${x + textLeft}" y="${baseline}">${escapeXml(fitText(text, columns))}</text>`
  })
  const icon =
    item.status === undefined
      ? ""
      : `<path class="icon" transform="translate(${x + 9} ${y + padding - 1})" d="${iconPath[item.status]}"/>`
  const badge = isGrown(item)
    ? `<path class="badge" transform="translate(${x + 9} ${y + padding + 15})" d="${plusPath}"/>`
    : ""
  const born =
    item._tag === "Node" && item.grownBy !== undefined ? ` data-born="${item.grownBy.sequence}"` : ""
  const state = item.status === undefined ? "" : ` data-state="${item.status}"`
  return [
    `<g class="${classesOf(item)}" data-node="${escapeXml(item.id)}"${state}${born}>`,
    `<title>${escapeXml(tooltip(item))}</title>`,
    outline(item, card),
    `<rect class="stripe" x="${x}" y="${y + 6}" width="4" height="${card.height - 12}"/>`,
    icon,
    badge,
    ...texts,
    "</g>"
  ].join("")
}
