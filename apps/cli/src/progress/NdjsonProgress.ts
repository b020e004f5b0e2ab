/** Progress as data: every recorded event as one line of JSON on standard output. */
import { oneLine } from "../output/Phrase.ts"
import type { OutputShape } from "../output/Output.ts"
import type { Progress } from "./Progress.ts"

/** Makes progress that writes events as JSON. What is said in words, and what is logged, goes to standard error. */
export const make = (output: Pick<OutputShape, "redactor" | "quiet">): Progress => {
  const put: Progress["event"] = (envelope) =>
    void process.stdout.write(`${JSON.stringify(output.redactor.json(envelope))}\n`)
  const say = (text: string): void => void process.stderr.write(`${output.redactor.text(text)}\n`)
  const log: Progress["log"] = ({ attempt, nodeId, text }) =>
    say(`log ${oneLine(nodeId)} attempt=${attempt} | ${oneLine(text)}`)
  const nothing = (): void => {}
  return {
    tickMillis: 1000,
    recall: nothing,
    event: put,
    log: output.quiet ? nothing : log,
    write: output.quiet ? nothing : say,
    say,
    tick: nothing,
    close: nothing
  }
}
