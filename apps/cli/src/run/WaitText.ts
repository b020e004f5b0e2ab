/** What holds a run up and the runs below it, in lines, and the commands that let them go on. */
import { type ChildView, type RunReport, WaitReason } from "@dagflow/protocol"
import type { OutputShape } from "../output/Output.ts"
import { count, oneLine } from "../output/Phrase.ts"

type Waiting = RunReport.RunReport["waiting"]

/** Runs below a run that are told of one by one. */
const runsMax = 5

/** Questions whose commands are suggested one by one. */
const commandsMax = 3

/** A line for each thing that holds the run up; those of a run below it stand together, under its id. */
export const lines = (report: RunReport.RunReport, output: OutputShape): ReadonlyArray<string> => {
  const { elapsedMillis, startedAtMillis, unseenRuns = 0, waiting } = report
  const { glyphs, styleOut } = output
  const sign = styleOut("attention", glyphs.sign.paused)
  const own: Array<string> = []
  const below = new Map<string, Array<string>>()
  for (const { reason, text } of waiting) {
    if (reason._tag !== "ChildWaits") {
      own.push(`  ${sign} ${text}`)
      continue
    }
    const title = `  ${sign} "${oneLine(reason.nodeId)}" waits for run ${oneLine(reason.runId)}`
    const inner = `      ${WaitReason.describe(reason.reason, startedAtMillis + elapsedMillis)}`
    const known = below.get(title)
    if (known === undefined) below.set(title, [inner])
    else known.push(inner)
  }
  const shown = [...below].slice(0, runsMax).flatMap(([title, inner]) => [title, ...inner])
  const hidden = below.size - runsMax
  return [
    ...own,
    ...shown,
    ...(hidden > 0 ? [`  ${glyphs.more} and for ${count(hidden, "more run")} below it`] : []),
    ...(unseenRuns > 0 ? [`  ${glyphs.more} ${count(unseenRuns, "more run")} below it not looked at`] : [])
  ]
}

/** What is asked: the run and the node. */
export interface Question {
  readonly runId: string
  readonly nodeId: string
}

/** What a run, and those below it, ask people. */
export const questions = (runId: string, waiting: Waiting): ReadonlyArray<Question> =>
  waiting.flatMap(({ reason }) => {
    const isBelow = reason._tag === "ChildWaits"
    const own = isBelow ? reason.reason : reason
    return isAsked(own) ? [{ runId: isBelow ? reason.runId : runId, nodeId: own.nodeId }] : []
  })

/** The commands that answer what a run, and those below it, ask; of many questions, the one that lists them all. */
export const answers = (
  runId: string,
  waiting: Waiting,
  approve: (question?: Question) => string
): ReadonlyArray<string> => {
  const asked = questions(runId, waiting)
  return asked.length > commandsMax ? [approve()] : asked.map((one) => approve(one))
}

/** A child run, and where it stands if that is known. */
export const childText = ({ onlyWaits, runId, status }: ChildView.ChildView): string => {
  const state = onlyWaits === true && status === "running" ? "waiting" : status
  return `run ${oneLine(runId)}${state === undefined ? "" : ` (${state})`}`
}

// -- internal -------------------------------------------------------------------------------------------------------

const isAsked = (
  reason: WaitReason.WaitReason
): reason is WaitReason.OwnReason & { readonly _tag: "NodeWaits" } =>
  reason._tag === "NodeWaits" && reason.kind !== "timer"
