/** How the items of a list stand, on one line. */
import type { NodeView } from "@dagflow/protocol"
import { count, number } from "../output/Phrase.ts"

/** States in which an item needs nobody's eye: a list of thousands is told of by how many items are in each. */
const quiet: ReadonlySet<NodeView.NodeView["status"]> = new Set([
  "pending",
  "completed",
  "skipped",
  "cancelled"
])

/** How many items there are, and how many of them have which status: `40 items: 39 completed, 1 failed`. */
export const counts = ({ byStatus, count: items }: NodeView.ItemsView): string => {
  const parts = Object.entries(byStatus).map(([status, nodes]) => `${number(nodes)} ${status}`)
  return parts.length === 0 ? count(items, "item") : `${count(items, "item")}: ${parts.join(", ")}`
}

/** Whether the line of its list tells enough of a node. */
export const isToldByList = ({ itemOf, status }: NodeView.NodeView): boolean =>
  itemOf !== undefined && quiet.has(status)
