import * as Growth from "../Growth.ts"
import type { GraphEdge, GraphGroup, GraphItem, GraphNode, RunGraph } from "../RunGraph.ts"
import * as StatusMark from "../StatusMark.ts"
import { ofNode } from "../StatusMark.ts"

const countsOf = ({ counts, nodeIds }: GraphGroup): string => {
  const parts = Object.entries(counts).map(([status, count]) => `${count} ${status}`)
  return parts.length === 0 ? `${nodeIds.length} nodes` : parts.join(", ")
}

/** The sign and word of an item's status, with what belongs to it; `undefined` in the graph of a definition. */
export const statusText = (item: GraphItem): string | undefined => {
  if (item.status === undefined) return item._tag === "Group" ? countsOf(item) : undefined
  const { sign, word } = ofNode[item.status]
  if (item._tag === "Group") return `${sign} ${countsOf(item)}`
  const attempts = item.attempts !== undefined && item.attempts > 1 ? `, ${item.attempts} attempts` : ""
  return `${sign} ${word}${attempts}`
}

/** Who grew an item; `undefined` for one of the definition, and for one of a loop, which says which visit it is. */
export const growthText = (item: GraphItem): string | undefined => {
  if (item._tag === "Node" && item.visitOf !== undefined) return undefined
  if (item._tag === "Node") return item.grownBy && `+ grown by ${Growth.describe(item.grownBy)}`
  if (item.grownCount === 0) return undefined
  return item.grownCount === item.nodeIds.length ? "+ grown" : `+ ${item.grownCount} of them grown`
}

const workText = ({ action, flow, label }: GraphNode): string | undefined =>
  flow === undefined ? (action === label ? undefined : action) : `flow ${flow}`

/** Which visit of a node a node of a loop is. It does what that does. */
const visitText = ({ id, visitOf }: GraphNode): string | undefined =>
  visitOf === undefined ? undefined : `visit ${/#(\d+)$/.exec(id)?.[1] ?? ""} of ${visitOf}`

/** The step that an item was in, where no frame shows it. */
export const stepText = ({ step }: GraphItem): string | undefined =>
  step === undefined ? undefined : `step ${step}`

/** What else there is to know about an item, apart from its errors: for a tooltip, or for the line below its label. */
export const detailText = (item: GraphItem): string | undefined => {
  if (item._tag === "Group") return undefined
  const parts = [
    visitText(item) ?? workText(item),
    item.childRunId === undefined ? undefined : `run ${item.childRunId}`,
    item.branch === undefined ? undefined : `branch ${item.branch}`,
    item.trigger === undefined ? undefined : `trigger ${item.trigger}`,
    item.when === undefined ? undefined : `when ${item.when}`,
    item.disabled === true && item.status !== "skipped" ? "disabled" : undefined
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(" · ")
}

/** Longest condition that is written at an edge. */
const conditionMax = 40

/** The condition of an edge, and whether it was false; `undefined` for an edge that always counts. */
export const conditionText = ({ inactive, when }: GraphEdge): string | undefined => {
  if (when === undefined) return undefined
  const text = when.length > conditionMax ? `${when.slice(0, conditionMax - 1)}…` : when
  return inactive === true ? `${text} (inactive)` : text
}

/** One line about the whole graph. */
export const titleText = ({ flow, hiddenCount, nodeCount, runId, sequence, status }: RunGraph): string => {
  const run = runId === undefined ? "" : ` · run ${runId} · ${StatusMark.ofRun[status ?? "running"].word}`
  const at = sequence === undefined ? "" : ` · event ${sequence}`
  const hidden = hiddenCount === 0 ? "" : ` (${hiddenCount} not shown)`
  return `${flow}${run}${at} · ${nodeCount} ${nodeCount === 1 ? "node" : "nodes"}${hidden}`
}
