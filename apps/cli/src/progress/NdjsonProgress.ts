/** Progress as data: every recorded event as one line of JSON on standard output, and what is emitted if that is asked for. */
import { harmless, oneLine } from "../output/Phrase.ts"
import type { OutputShape } from "../output/Output.ts"
import type { Progress, ProgressOptions, ProgressStreams } from "./Progress.ts"

const nothing = (): void => {}

/** Makes progress that writes events as JSON. What is said in words, and what is logged, goes to standard error. */
export const make = (
  output: Pick<OutputShape, "redactor" | "quiet">,
  { live }: Pick<ProgressOptions, "live">,
  streams: ProgressStreams
): Progress => {
  const { quiet, redactor } = output
  const say = (text: string): void => streams.err(`${redactor.text(harmless(text))}\n`)
  const log: Progress["log"] = ({ attempt, nodeId, text }) =>
    say(`log ${oneLine(nodeId)} attempt=${attempt} | ${oneLine(text)}`)
  const line = (value: unknown): void => streams.out(`${JSON.stringify(redactor.json(value))}\n`)
  return {
    tickMillis: 1000,
    recall: nothing,
    event: line,
    // Like the last line, these have a `type` and no sequence number: they are nowhere in the log.
    emitted: live
      ? ({ _tag, ...message }) => line({ type: `cli.${_tag[0]?.toLowerCase()}${_tag.slice(1)}`, ...message })
      : undefined,
    log: quiet ? nothing : log,
    write: say,
    say,
    tick: nothing,
    close: nothing
  }
}
