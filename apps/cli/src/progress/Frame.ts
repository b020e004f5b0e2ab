/** The window at the bottom of a terminal: how the run stands and what it is doing, in a few lines. */
import type { RunState } from "@dagflow/protocol"
import { clipStart, clock, duration, number, oneLine, width } from "../output/Phrase.ts"
import { toneOf } from "../output/Style.ts"
import * as Group from "./Group.ts"
import type { Narrator } from "./Narrator.ts"
import * as WindowLine from "./WindowLine.ts"

/** Most lines of the window, however large the terminal is. */
export const linesMax = 12

/** What the window shows. */
export interface Scene {
  readonly state: RunState.RunState
  readonly narrator: Narrator
  readonly nowMillis: number
  readonly startMillis: number
  readonly rows: number
  /** What the user may do, or what is being done because they did it. */
  readonly hint: string
  /** The end of what a running node has emitted. */
  readonly tailOf: (nodeId: string) => string | undefined
}

/** Lines that a terminal of so many rows has room for. */
export const height = (rows: number): number => Math.max(1, Math.min(linesMax, rows - 2))

/** The lines of the window; never more than the terminal has room for. */
export const draw = (scene: Scene, drawing: WindowLine.Drawing): ReadonlyArray<string> => {
  const room = height(scene.rows)
  const rule = drawing.style("faint", drawing.glyphs.rule.repeat(WindowLine.lineCells(drawing.columns)))
  const header = [summary(scene, drawing), known(scene, drawing)]
  const rows = activity(scene)
  // The rule, the header and the last line; what is left is for what runs.
  const fits = Math.max(0, room - 2 - header.length)
  const shown = rows.slice(0, rows.length > fits ? fits : rows.length)
  const hidden = rows.length - shown.length
  const more = hidden === 0 ? "" : `  ${drawing.glyphs.more} ${number(hidden)} more`
  const last = WindowLine.spread(more, drawing.style("faint", scene.hint), drawing)
  return [rule, ...header, ...shown.map((row) => rowLine(row, drawing)), last].slice(0, room)
}

// -- internal -------------------------------------------------------------------------------------------------------

/** With less room than this beside a node, what it emits is not shown. */
const tailCellsMin = 12

interface Row {
  readonly sign: "running" | "retrying"
  readonly subject: string
  readonly right: string
  readonly tail?: string | undefined
}

const summary = ({ narrator, nowMillis, startMillis, state }: Scene, drawing: WindowLine.Drawing): string => {
  const { counts } = state
  const { glyphs, style } = drawing
  const sign = state.status === "paused" ? "paused" : "running"
  const parts = [
    counts.completed > 0 && style("completed", `${number(counts.completed)} completed`),
    narrator.running.size > 0 && style("running", `${number(narrator.running.size)} running`),
    counts.retrying > 0 && style("retrying", `${number(counts.retrying)} retrying`),
    counts.waiting > 0 && style("attention", `${number(counts.waiting)} waiting`),
    counts.failed > 0 && style("failed", `${number(counts.failed)} failed`),
    counts.skipped > 0 && `${number(counts.skipped)} skipped`,
    counts.cancelled > 0 && `${number(counts.cancelled)} cancelled`,
    counts.pending > 0 && `${number(counts.pending)} pending`
  ]
  const time = clock(nowMillis - startMillis)
  const head = style(toneOf(sign), `${glyphs.sign[sign]} ${state.status.padEnd(9)}`)
  return WindowLine.spread(
    `${head} ${time}   ${parts.filter((part) => part !== false).join("  ")}`,
    "",
    drawing
  )
}

const known = ({ state }: Scene, drawing: WindowLine.Drawing): string => {
  const declared = state.flow?.nodes.length ?? 0
  const grown = state.nodes.length - declared
  const nodes = `${number(state.nodes.length)} known${grown === 0 ? "" : ` (${number(declared)} declared, ${number(grown)} grown)`}`
  const slots = `slots ${state.inFlight}/${state.config.maxParallel}`
  const left = `${" ".repeat(11)}${nodes}   ${slots}`
  return WindowLine.spread(drawing.style("faint", left), "", drawing)
}

/** What goes on: retries first, then what has run for longest; a large group is one row. */
const activity = ({ narrator, nowMillis, tailOf }: Scene): ReadonlyArray<Row> => {
  const rows: Array<Row & { readonly since: number }> = []
  for (const [nodeId, at] of narrator.retrying) {
    const right = `in ${duration(Math.max(0, at - nowMillis))}`
    rows.push({ sign: "retrying", subject: nodeId, right, since: at - Number.MAX_SAFE_INTEGER })
  }
  const groups = new Map<Group.Group, number>()
  for (const [nodeId, since] of narrator.running) {
    const group = narrator.groupOf(nodeId)
    if (group !== undefined && Group.isLarge(group)) {
      groups.set(group, Math.min(since, groups.get(group) ?? since))
    } else {
      const right = duration(nowMillis - since)
      rows.push({ sign: "running", subject: nodeId, right, tail: tailOf(nodeId), since })
    }
  }
  for (const [group, since] of groups) {
    const subject = `${group.label}  ${Group.describe(group)}`
    rows.push({ sign: "running", subject, right: duration(nowMillis - since), since })
  }
  return rows.sort((a, b) => a.since - b.since)
}

const rowLine = ({ right, sign, subject, tail = "" }: Row, drawing: WindowLine.Drawing): string => {
  const head = WindowLine.head(sign, sign, oneLine(subject), drawing)
  const room = WindowLine.lineCells(drawing.columns) - width(head) - width(right) - 4
  // The end is what is new.
  const said =
    room < tailCellsMin || tail === ""
      ? ""
      : `  ${drawing.style("faint", clipStart(oneLine(tail), room, drawing.glyphs.more))}`
  return WindowLine.spread(`${head}${said}`, drawing.style("faint", right), drawing)
}
