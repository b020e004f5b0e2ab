/** How a run ended, or why it does not go on, for people and as the last line of a stream of JSON. */
import {
  ErrorText,
  Payload,
  RunError,
  type NodeError,
  type RunReport,
  type RunState
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { codeFrame } from "../output/codeFrame.ts"
import { helpOf } from "../output/commandName.ts"
import type { Told } from "../output/Told.ts"
import type { ResultLine } from "../output/Documents.ts"
import { ExitCode } from "../output/ExitCode.ts"
import type { OutputShape } from "../output/Output.ts"
import { clip, count, duration, number, oneLine } from "../output/Phrase.ts"
import { exitOfReason, exitOfReport } from "./exitOfReason.ts"
import type { Followed } from "./Follow.ts"
import * as SourceMap from "./SourceMap.ts"
import { exitOf } from "./Signals.ts"
import * as WaitText from "./WaitText.ts"

/** What the ending suggests to do next. */
export interface NextCommands {
  /** Goes on with the run. */
  readonly resume: string
  /** Shows the run, or a node of it. */
  readonly show: (nodeId?: string) => string
  /** Answers what a run asks, or lists what all runs ask. */
  readonly approve: (asked?: WaitText.Question) => string
  readonly cancel: string
}

/** An ending ready to be printed. */
export interface Ending {
  readonly exit: ExitCode
  readonly state: (typeof ResultLine.Type)["state"]
  /** The answer, for standard output. */
  readonly answer: string
  /** What went wrong, for standard error. */
  readonly trouble: Told | undefined
}

/** Describes how following a run ended. */
export const describe = (
  followed: Followed,
  output: OutputShape,
  next: NextCommands | undefined,
  sources: SourceMap.SourceMap
): Ending => {
  const { interruption, report, result } = followed
  if (report === undefined && Result.isFailure(result)) {
    return given(followed, result.failure, interruption, output, next)
  }
  if (report === undefined) return completed(followed, output, next)
  if (report.result === undefined) return waiting(followed, report, output, next)
  if (Result.isSuccess(result)) return completed(followed, output, next)
  const exit = exitOfReport(report)
  if (report.result._tag === "Cancelled") {
    const why = report.result.reason === undefined ? "" : `: ${oneLine(report.result.reason)}`
    const answer = head("cancelled", "cancelled", followed, output, why)
    return { exit, state: "cancelled", answer, trouble: undefined }
  }
  const answer = head("failed", "failed", followed, output, `   ${tally(report.totals)}`)
  return { exit, state: "failed", answer, trouble: troubleOf(result.failure, exit, output, next, sources) }
}

/** What went wrong with a run, in words and as a document. */
export const troubleOf = (
  error: RunError,
  exit: ExitCode,
  output: OutputShape,
  next: NextCommands | undefined,
  sources: SourceMap.SourceMap
): Told => {
  const { context, reason } = error
  const nodeId = reason._tag === "NodesFailed" ? reason.nodes[0]?.nodeId : undefined
  const at = nodeId === undefined ? undefined : sources.positionOf(nodeId)
  const document = {
    code: reason._tag === "CommandRejected" ? reason.rejection._tag : reason._tag,
    message: error.message,
    next: next === undefined ? [] : [...wayOn(error, next), next.show(nodeId)],
    ...(nodeId !== undefined && { node: nodeId }),
    ...(at !== undefined && { at }),
    ...(context !== undefined && { frontier: context })
  }
  return { exit, text: failureText(error, output, next, sources), document }
}

/** The text of a failed run: what failed and where in its source, where the run stood, what to do, the last log lines. */
const failureText = (
  error: RunError,
  output: OutputShape,
  next: NextCommands | undefined,
  sources: SourceMap.SourceMap
): string => {
  const { styleErr } = output
  const failed = error.reason._tag === "NodesFailed" ? error.reason.nodes : []
  const mode = output.capabilities.colorErr ? "colour" : "plain"
  const [first = "", ...rest] = ErrorText.render(withoutLogs(error), { mode, pages: helpOf })
    .trimEnd()
    .split("\n")
  const frames = failed.slice(0, framesMax).flatMap(({ error: { message, tag }, nodeId }) => {
    const at = sources.positionOf(nodeId)
    return at === undefined ? [] : codeFrame(at, `${tag}: ${oneLine(message)}`).split("\n")
  })
  const nodeId = failed[0]?.nodeId
  const shows = nodeId === undefined ? [undefined] : [nodeId, undefined]
  const commands =
    next === undefined
      ? []
      : [...wayOn(error, next), ...shows.map((id) => next.show(id))].map((one) => `  ${one}`)
  const logged = failed[0]?.error.logs ?? []
  return [
    first,
    ...frames,
    ...rest,
    ...(commands.length === 0 ? [] : [styleErr("faint", "commands"), ...commands]),
    ...(logged.length === 0 ? [] : [styleErr("faint", `last lines logged by ${nodeId}`)]),
    ...logged.map((line) => `  | ${oneLine(line)}`)
  ].join("\n")
}

/** The last line of a stream of JSON. */
export const resultLine = (followed: Followed, ending: Ending): typeof ResultLine.Type => {
  const payload = Payload.ofRun(followed.state)
  return {
    type: "cli.result",
    runId: followed.runId,
    state: ending.state,
    sequence: followed.state.sequence,
    exit: ending.exit,
    ...(Result.isSuccess(followed.result) && {
      outputs: followed.result.success as Readonly<Record<string, Schema.Json>>
    }),
    ...(payload !== undefined && { payload })
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** A run whose store failed has not ended: it goes on once the store takes writes again. */
const wayOn = ({ reason }: RunError, next: NextCommands): ReadonlyArray<string> =>
  reason._tag === "StoreFailed" ? [next.resume] : []

/** Failed nodes whose source is shown. */
const framesMax = 3

/** Outputs that the answer shows, and how long a value may be. */
const outputsMax = 8

const withoutLogs = (error: RunError): RunError => {
  const { context, reason, runId } = error
  if (reason._tag !== "NodesFailed") return error
  const nodes = reason.nodes.map((node) => {
    const { logs: _, ...rest } = node.error
    return { ...node, error: rest satisfies NodeError.NodeError }
  })
  return new RunError({ runId, reason: { ...reason, nodes }, ...(context !== undefined && { context }) })
}

const took = (state: RunState.RunState): number =>
  Math.max(0, (state.endedAtMillis ?? state.startedAtMillis) - state.startedAtMillis)

const head = (
  sign: "completed" | "failed" | "cancelled" | "paused",
  word: string,
  { runId, state }: Followed,
  { glyphs, styleOut }: OutputShape,
  rest: string
): string => {
  const tone = sign === "cancelled" ? "idle" : sign === "paused" ? "attention" : sign
  const time = state.endedAtMillis === undefined ? "" : ` in ${duration(took(state))}`
  return `${styleOut(tone, glyphs.sign[sign])} ${styleOut("strong", runId)} ${styleOut(tone, word)}${time}${rest}`
}

const tally = (totals: RunReport.Totals): string => {
  const by = Object.entries(totals.byStatus)
    .filter(([, nodes]) => nodes > 0)
    .map(([status, nodes]) => `${number(nodes)} ${status}`)
  const retried = totals.retries === 0 ? "" : ` (${count(totals.retries, "retry", "retries")})`
  const grown = totals.grown === 0 ? "" : `, ${number(totals.grown)} grown`
  const ends = by.length === 0 ? "" : `: ${by.join(", ")}`
  return `${count(totals.nodes, "node")}${grown}${ends}${retried}`
}

const completed = (followed: Followed, output: OutputShape, next: NextCommands | undefined): Ending => {
  const { report, result } = followed
  const { styleOut } = output
  const lines = [
    head("completed", "completed", followed, output, report === undefined ? "" : `   ${tally(report.totals)}`)
  ]
  if (report !== undefined && report.totals.attempts > 1)
    lines.push(styleOut("faint", timing(report, output)))
  for (const { error, nodeId } of failuresOf(report)) {
    const what = `${error.tag}: ${oneLine(error.message)}`
    lines.push(`  ${styleOut("failed", `${output.glyphs.sign.failed} failed`)}  ${nodeId}  ${what}`)
  }
  const firstFailed = failuresOf(report)[0]?.nodeId
  if (firstFailed !== undefined && next !== undefined) lines.push(`  ${next.show(firstFailed)}`)
  if (Result.isSuccess(result)) lines.push(...outputLines(result.success, output))
  return { exit: ExitCode.ok, state: "completed", answer: lines.join("\n"), trouble: undefined }
}

const failuresOf = (report: RunReport.RunReport | undefined) =>
  report?.result?._tag === "Completed" ? (report.result.failed ?? []) : []

const timing = ({ elapsedMillis, metrics }: RunReport.RunReport, { glyphs }: OutputShape): string => {
  const { criticalPath, slowest } = metrics
  const share =
    elapsedMillis === 0 ? "" : ` (${Math.round((100 * criticalPath.durationMillis) / elapsedMillis)}%)`
  const longest =
    slowest === undefined
      ? ""
      : `slowest: ${slowest.nodeId} ${duration(slowest.durationMillis)} ${glyphs.dot} `
  return `  ${longest}critical path ${duration(criticalPath.durationMillis)}${share}`
}

/** What the run gives, one output per line, as far as it fits a line. */
const outputLines = (
  outputs: Readonly<Record<string, unknown>>,
  { columns, glyphs, redactor, styleOut }: OutputShape
): ReadonlyArray<string> => {
  const values = Object.entries(outputs).flatMap(([key, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([name, one]) => [`${key}.${name}`, one] as const)
      : [[key, value] as const]
  )
  const lines = values.slice(0, outputsMax).map(([name, value]) => {
    const text = oneLine(redactor.text(JSON.stringify(value) ?? ""))
    return clip(`  ${styleOut("faint", oneLine(name))} ${text}`, Math.max(40, columns() - 1), glyphs.more)
  })
  const hidden = values.length - lines.length
  return hidden > 0 ? [...lines, `  ${glyphs.more} ${count(hidden, "more output")}`] : lines
}

const nextLines = (
  next: NextCommands | undefined,
  answers: ReadonlyArray<string> = []
): ReadonlyArray<string> =>
  next === undefined
    ? [
        "  the run was kept in memory only: it is lost with this process (use --store sqlite:PATH to keep runs)"
      ]
    : [...answers, next.resume, next.cancel].map(
        (command, index) => `${index === 0 ? "  next  " : "        "}${command}`
      )

/** The run waits for somebody. */
const waiting = (
  followed: Followed,
  report: RunReport.RunReport,
  output: OutputShape,
  next: NextCommands | undefined
): Ending => {
  const { interruption } = followed
  const reasons = WaitText.lines(report, output)
  // A run that is asked to be answered is not one that somebody has stopped.
  const state = report.status === "paused" ? "paused" : "waiting"
  const lines = [head("paused", state, followed, output, `   ${tally(report.totals)}`), ...reasons]
  const exit = interruption === undefined ? ExitCode.parked : exitOfInterruption(interruption)
  const failures = report.nodes.filter((node) => node.status === "failed").slice(0, 1)
  const answers = next === undefined ? [] : WaitText.answers(followed.runId, report.waiting, next.approve)
  const shown = next === undefined ? [] : failures.map((node) => `        ${next.show(node.nodeId)}`)
  return {
    exit,
    state,
    answer: [...lines, ...nextLines(next, answers), ...shown].join("\n"),
    trouble: undefined
  }
}

const exitOfInterruption = (interruption: NonNullable<Followed["interruption"]>): ExitCode =>
  interruption === "timeout" ? ExitCode.timedOut : exitOf(interruption)

/** This process has let go of the run, or has lost it. */
const given = (
  followed: Followed,
  error: RunError,
  interruption: Followed["interruption"],
  output: OutputShape,
  next: NextCommands | undefined
): Ending => {
  const { runId, state } = followed
  if (error.reason._tag === "Parked" && interruption !== undefined) {
    const { glyphs, styleOut } = output
    const sign = styleOut("attention", glyphs.sign.paused)
    const answer = [
      `${sign} ${styleOut("strong", runId)} parked at event ${state.sequence}`,
      ...nextLines(next)
    ].join("\n")
    return { exit: exitOfInterruption(interruption), state: "parked", answer, trouble: undefined }
  }
  const exit = exitOfReason(error.reason)
  const trouble = troubleOf(error, exit, output, next, SourceMap.empty)
  return { exit, state: "parked", answer: "", trouble }
}
