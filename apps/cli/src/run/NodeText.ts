/** How one node of a run stands: its attempts, what it got, what it gave, why it failed. */
import { type Binding, type NodeView, WaitReason } from "@dagflow/protocol"
import type { OutputShape } from "../output/Output.ts"
import { clip, duration, harmless, oneLine, shellWord } from "../output/Phrase.ts"
import { toneOf } from "../output/Style.ts"
import { commandName } from "../output/commandName.ts"
import * as ItemsText from "./ItemsText.ts"
import { approveCommand } from "./NextCommand.ts"
import * as WaitText from "./WaitText.ts"

/** How the view of a node is written. */
export interface NodeOptions {
  /** Values are written out in full. */
  readonly all: boolean
  /** Repeated in suggested commands, such as ` --store sqlite:flow.db`. */
  readonly option: string
  /** The run of the node, which suggested commands name. */
  readonly runId: string
  readonly nowMillis: number
}

/** Writes the view of a node. `inputs` are as the flow states them: secrets are named there, not held. */
export const format = (
  node: NodeView.NodeView,
  inputs: Readonly<Record<string, Binding.Binding>>,
  output: OutputShape,
  { all, nowMillis, option, runId }: NodeOptions
): string => {
  const { glyphs, styleOut } = output
  const state = styleOut(toneOf(node.status), `${glyphs.sign[node.status]} ${node.status}`)
  const by = originOf(node)
  const lines = [`${state} ${styleOut("strong", oneLine(node.nodeId))} (${workOf(node)}${by})`]
  if (node.description !== undefined) lines.push(`  ${oneLine(node.description)}`)
  if (node.waitsFor !== undefined) lines.push(`  waits for ${node.waitsFor.first.join(", ")}`)
  const waits = node.wait && WaitReason.ofWait(node.wait)
  if (waits !== undefined) lines.push(`  ${WaitReason.describe(waits, nowMillis)}`)
  if (node.skipped?.causeNodeId !== undefined) lines.push(`  skipped because of ${node.skipped.causeNodeId}`)
  if (node.cancelled !== undefined) lines.push(`  cancelled: ${node.cancelled.reason.replaceAll("_", " ")}`)
  const section = (title: string, rows: ReadonlyArray<string>): void => {
    if (rows.length > 0) lines.push(styleOut("faint", title), ...rows.map((row) => `  ${row}`))
  }
  section(
    "attempts",
    node.attempts.map((attempt) => attemptLine(attempt, output))
  )
  if (node.items !== undefined) section("items", [ItemsText.counts(node.items)])
  section(
    "inputs",
    values(
      Object.entries(inputs).map(([name, one]) => [name, bindingOf(one)]),
      output,
      all
    )
  )
  section("outputs", values(Object.entries(node.outputs ?? {}), output, all))
  section("error", errorLines(node, output))
  section("last lines logged", (node.error?.logs ?? []).map(oneLine))
  const children = node.attempts.flatMap(({ child }) => child ?? []).slice(-childrenMax)
  section("next", [
    ...(waits === undefined || waits.kind === "timer"
      ? []
      : [approveCommand({ runId, nodeId: node.nodeId }, option)]),
    ...children.reverse().map((child) => `${commandName()} show ${shellWord(child.runId)}${option}`)
  ])
  return lines.join("\n")
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Child runs whose commands are suggested, the last one first. */
const childrenMax = 3

const workOf = ({ action, flow }: NodeView.NodeView): string =>
  flow === undefined ? `action ${oneLine(action)}` : `flow ${oneLine(flow)}`

const originOf = ({ grownBy, itemOf }: NodeView.NodeView): string => {
  if (itemOf !== undefined) return `, item ${itemOf.index} of ${oneLine(itemOf.nodeId)}`
  if (grownBy === undefined) return ""
  return `, added by ${grownBy.hook === undefined ? "a command" : `hook ${grownBy.hook}`}`
}

const attemptLine = (attempt: NodeView.AttemptView, { glyphs, styleOut }: OutputShape): string => {
  const signs = {
    running: "running",
    waiting: "waiting",
    succeeded: "completed",
    failed: "failed",
    interrupted: "cancelled"
  } as const
  const sign = signs[attempt.outcome]
  const role = attempt.role === "handler" ? " (failure handler)" : ""
  const why = attempt.error === undefined ? "" : `  ${attempt.error.tag}: ${oneLine(attempt.error.message)}`
  const used = Object.entries(attempt.usage ?? {}).map(([name, amount]) => ` ${name}=${amount}`)
  const child = attempt.child === undefined ? "" : ` as ${WaitText.childText(attempt.child)}`
  return `${attempt.number} ${styleOut(toneOf(sign), `${glyphs.sign[sign]} ${attempt.outcome}`)} ${duration(attempt.durationMillis)}${role}${child}${used.join("")}${why}`
}

const bindingOf = (binding: Binding.Binding): unknown => {
  if ("list" in binding) return binding.list.map(bindingOf)
  if ("ref" in binding)
    return `${binding.ref}${binding.default === undefined ? "" : ` or ${JSON.stringify(binding.default)}`}`
  return "template" in binding ? binding.template : binding.value
}

const values = (
  entries: ReadonlyArray<readonly [string, unknown]>,
  { columns, glyphs, redactor, styleOut }: OutputShape,
  all: boolean
): ReadonlyArray<string> =>
  entries.map(([name, value]) => {
    const text = redactor.text(typeof value === "string" ? value : (JSON.stringify(value) ?? ""))
    const line = `${styleOut("faint", `${oneLine(name)}:`)} ${all ? harmless(text) : oneLine(text)}`
    return all ? line : clip(line, Math.max(60, columns() - 3), glyphs.more)
  })

const errorLines = (node: NodeView.NodeView, { styleOut }: OutputShape): ReadonlyArray<string> => {
  const { error, handlerError } = node
  if (error === undefined) return []
  const lines = harmless(`${error.tag}: ${error.message}`).split("\n")
  const chain = (error.chain ?? []).map((link) => `caused by ${link.tag}: ${oneLine(link.message)}`)
  const stack = (error.stack ?? []).map((line) => styleOut("faint", oneLine(line)))
  const handler =
    handlerError === undefined
      ? []
      : [`its failure handler failed too: ${handlerError.tag}: ${oneLine(handlerError.message)}`]
  return [...lines, ...chain, ...stack, ...handler]
}
