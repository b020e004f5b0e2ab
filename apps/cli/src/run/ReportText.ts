/** How a run stands, in sentences and a list of nodes. */
import type { BudgetView, ChannelView, ChildView, NodeView, RunReport } from "@dagflow/protocol"
import type { Sign } from "../output/Glyphs.ts"
import type { OutputShape } from "../output/Output.ts"
import { clip, count, duration, number, oneLine, padEnd, shellWord, width } from "../output/Phrase.ts"
import { toneOf } from "../output/Style.ts"
import { commandName } from "../output/commandName.ts"
import * as ItemsText from "./ItemsText.ts"
import { approveCommand } from "./NextCommand.ts"
import * as WaitText from "./WaitText.ts"

/** Nodes that are listed unless all are asked for: first those that need somebody's eye. */
export const nodesMax = 30

/** How a report is written. */
export interface ReportOptions {
  readonly all: boolean
  /** Repeated in suggested commands, such as ` --store sqlite:flow.db`. */
  readonly option: string
  /** Lines about what was refused. */
  readonly refused: ReadonlyArray<string>
}

/** Writes a report. */
export const format = (report: RunReport.RunReport, output: OutputShape, options: ReportOptions): string =>
  [
    headline(report, output),
    ...facts(report, output),
    ...options.refused,
    ...WaitText.lines(report, output),
    "",
    ...nodeLines(report, output, options.all),
    ...next(report, options.option)
  ].join("\n")

// -- internal -------------------------------------------------------------------------------------------------------

const headline = (report: RunReport.RunReport, { glyphs, styleOut }: OutputShape): string => {
  const { elapsedMillis, flow, runId, status } = report
  const sign: Sign = status
  const time = status === "running" || status === "paused" ? "for" : "after"
  const state = styleOut(toneOf(sign), `${glyphs.sign[sign]} ${status}`)
  return `${state} ${styleOut("strong", oneLine(runId))} of flow ${oneLine(flow)}, ${time} ${duration(elapsedMillis)}`
}

const facts = (report: RunReport.RunReport, { glyphs }: OutputShape): ReadonlyArray<string> => {
  const { metrics, totals } = report
  const by = Object.entries(totals.byStatus)
    .filter(([, nodes]) => nodes > 0)
    .map(([status, nodes]) => `${number(nodes)} ${status}`)
  const grown =
    totals.grown === 0 ? "" : ` (${number(totals.declared)} declared, ${number(totals.grown)} grown)`
  const lines = [...parentLines(report), `  ${count(totals.nodes, "node")}${grown}: ${by.join(", ")}`]
  const work = [
    count(totals.attempts, "attempt"),
    totals.retries > 0 && count(totals.retries, "retry", "retries"),
    totals.lostAttempts > 0 && `${number(totals.lostAttempts)} lost with their process`,
    totals.recovered > 0 && `${number(totals.recovered)} recovered`,
    totals.cached > 0 && `${number(totals.cached)} cached`,
    metrics.parallelPeak > 0 && `at most ${number(metrics.parallelPeak)} at once`
  ]
  if (totals.attempts > 0) lines.push(`  ${work.filter((part) => part !== false).join(", ")}`)
  if (metrics.slowest !== undefined) {
    const { durationMillis, nodeIds } = metrics.criticalPath
    const path = nodeIds.length > 4 ? [...nodeIds.slice(0, 2), glyphs.more, nodeIds.at(-1) ?? ""] : nodeIds
    lines.push(`  critical path ${duration(durationMillis)}: ${path.join(` ${glyphs.arrow} `)}`)
  }
  const { steps } = report
  if (steps !== undefined) {
    const open = steps.at(-1)
    const now = open?.status === "running" ? `, step ${open.step} goes on` : ""
    lines.push(`  ${count(steps.length, "step")}${now}`)
  }
  const usage = Object.entries(totals.usage).map(([name, amount]) => `${number(amount)} ${name}`)
  if (usage.length > 0) lines.push(`  used ${usage.join(", ")}`)
  lines.push(...(report.budgets ?? []).flatMap(budgetLines))
  const channels = report.channels ?? []
  if (channels.length > 0) lines.push(`  channels ${channels.map(channelText).join(", ")}`)
  const owner = report.owner === undefined ? "" : `, last taken up by ${report.owner}`
  return [...lines, `  log: ${count(report.sequence, "event")}${owner}`]
}

/** What a child run is a part of. */
const parentLines = ({ parent }: RunReport.RunReport): ReadonlyArray<string> => {
  if (parent === undefined) return []
  return [`  attempt ${parent.attempt} of node ${oneLine(parent.nodeId)} in run ${oneLine(parent.runId)}`]
}

/** What of a budget is spent, what is set aside for attempts that go on, and what it is. */
const budgetLines = ({ branch, lines }: BudgetView.BudgetView): ReadonlyArray<string> => {
  const whose = branch === undefined ? "budget" : `budget of branch ${oneLine(branch)}`
  const written = lines.map(({ limit, reserved, resource, spent }) => {
    const amount = resource === "timeMillis" ? duration : number
    const held = reserved === 0 ? "" : `, ${amount(reserved)} reserved`
    const what = resource === "timeMillis" ? "of attempts" : resource
    return `${amount(spent)} of ${amount(limit)} ${what} spent${held}`
  })
  return written.length === 0 ? [] : [`  ${whose}: ${written.join("; ")}`]
}

/** The flag that doubles what is used up, to begin with. */
const raise = (budgets: RunReport.RunReport["budgets"] = []): string => {
  const [shortage] = budgets.flatMap((one) => one.shortage ?? [])
  if (shortage === undefined) return ""
  const { branch, limit, needed = 0, resource } = shortage
  const name = resource === "timeMillis" ? "time" : resource
  const wanted = Math.max(limit * 2, limit + needed, 1)
  const amount = resource === "timeMillis" ? `${wanted}ms` : wanted
  return ` --budget ${shellWord(`${branch === undefined ? "" : `${branch}.`}${name}=${amount}`)}`
}

const channelText = ({ conflicts, name, version }: ChannelView.ChannelView): string =>
  `${oneLine(name)} v${number(version)}${conflicts.length === 0 ? "" : ` (${count(conflicts.length, "conflict")})`}`

const rank: Readonly<Record<NodeView.NodeView["status"], number>> = {
  failed: 0,
  waiting: 1,
  running: 2,
  retrying: 3,
  cancelled: 4,
  skipped: 5,
  pending: 6,
  completed: 7
}

const nodeLines = (
  { nodes }: RunReport.RunReport,
  output: OutputShape,
  all: boolean
): ReadonlyArray<string> => {
  const isShort = all || nodes.length <= nodesMax
  const shown = isShort
    ? nodes
    : nodes
        .filter((node) => !ItemsText.isToldByList(node))
        .sort((a, b) => rank[a.status] - rank[b.status])
        .slice(0, nodesMax)
  const cells = Math.min(40, Math.max(0, ...shown.map((node) => width(node.nodeId))))
  const hidden = nodes.length - shown.length
  return [
    ...shown.map((node) => nodeLine(node, cells, output)),
    ...(hidden > 0 ? [`  ${output.glyphs.more} ${count(hidden, "more node")} (--all lists them)`] : [])
  ]
}

const nodeLine = (node: NodeView.NodeView, cells: number, output: OutputShape): string => {
  const { glyphs, styleOut } = output
  const state = styleOut(toneOf(node.status), `${glyphs.sign[node.status]} ${node.status.padEnd(9)}`)
  const time = node.attempts.length === 0 ? "" : duration(node.durationMillis)
  const items = node.items === undefined || node.items.count === 0 ? [] : [ItemsText.counts(node.items)]
  const remarks = [...items, about(node)].join("  ")
  const line = `${state} ${padEnd(clip(oneLine(node.nodeId), cells, glyphs.more), cells)} ${time.padStart(7)}  ${remarks}`
  return clip(line.trimEnd(), process.stdout.isTTY ? output.columns() : 1000, glyphs.more)
}

/** What is worth knowing of a node on one line. */
const about = (node: NodeView.NodeView): string => {
  const attempts = node.attempts.length > 1 ? `${node.attempts.length} attempts ` : ""
  if (node.error !== undefined && node.status !== "completed") {
    return `${attempts}${node.error.tag}: ${oneLine(node.error.message)}`
  }
  if (node.skipped !== undefined) {
    const cause = node.skipped.causeNodeId === undefined ? "" : ` because of ${node.skipped.causeNodeId}`
    return `${node.skipped.reason.replace("_", " ")}${cause}`
  }
  if (node.cancelled !== undefined) return node.cancelled.reason.replaceAll("_", " ")
  if (node.waitsFor !== undefined) {
    const more = node.waitsFor.count > 3 ? ` and ${node.waitsFor.count - 3} more` : ""
    return `waits for ${node.waitsFor.first.slice(0, 3).join(", ")}${more}`
  }
  if (node.cachedAtMillis !== undefined) return "cached"
  if (node.edited === true) return "edited"
  const child = node.attempts.at(-1)?.child
  const as = child === undefined ? "" : `as ${WaitText.childText(child)} `
  return `${attempts}${as}${node.recovered === true ? "recovered" : ""}`.trimEnd()
}

/** The run to look at: the child that failed, else the first that goes on, else the parent. */
const related = (
  { nodes, parent }: RunReport.RunReport,
  failed: NodeView.NodeView | undefined
): ReadonlyArray<string> | undefined => {
  const child = failed?.attempts.at(-1)?.child ?? openChild(nodes)
  if (child !== undefined) return [child.runId]
  return parent && [parent.runId, parent.nodeId]
}

const openChild = (nodes: RunReport.RunReport["nodes"]): ChildView.ChildView | undefined =>
  nodes
    .flatMap(({ attempts }) => attempts.filter(({ outcome }) => outcome === "running"))
    .find(({ child }) => child !== undefined)?.child

const next = (report: RunReport.RunReport, option: string): ReadonlyArray<string> => {
  const { budgets, nodes, parent, runId, status, waiting } = report
  const id = shellWord(runId)
  const failed = nodes.find((node) => node.status === "failed")
  const places = related(report, failed)
  const commands = [
    ...WaitText.answers(runId, waiting, (asked) => approveCommand(asked, option)),
    failed === undefined ? undefined : `${commandName()} show ${id} ${shellWord(failed.nodeId)}${option}`,
    places && `${commandName()} show ${places.map(shellWord).join(" ")}${option}`,
    // A child goes on with the run that it is a part of.
    status === "running" || status === "paused"
      ? `${commandName()} resume ${parent === undefined ? id : shellWord(parent.runId)}${raise(budgets)}${option}`
      : undefined
  ].filter((command) => command !== undefined)
  return commands.length === 0 ? [] : ["", "next", ...commands.map((command) => `  ${command}`)]
}
