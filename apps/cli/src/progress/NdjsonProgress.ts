/** Progress as data: every recorded event as one line of JSON on standard output. */
import { harmless, oneLine } from "../output/Phrase.ts"
import type { OutputShape } from "../output/Output.ts"
import type { Progress, ProgressStreams } from "./Progress.ts"

const nothing = (): void => {}

/** Makes progress that writes events as JSON. What is said in words, and what is logged, goes to standard error. */
export const make = (output: Pick<OutputShape, "redactor" | "quiet">, streams: ProgressStreams): Progress => {
  const { quiet, redactor } = output
  const say = (text: string): void => streams.err(`${redactor.text(harmless(text))}\n`)
  const log: Progress["log"] = ({ attempt, nodeId, text }) =>
    say(`log ${oneLine(nodeId)} attempt=${attempt} | ${oneLine(text)}`)
  return {
    tickMillis: 1000,
    recall: nothing,
    event: (envelope) => streams.out(`${JSON.stringify(redactor.json(envelope))}\n`),
    log: quiet ? nothing : log,
    write: say,
    say,
    tick: nothing,
    close: nothing
  }
}
