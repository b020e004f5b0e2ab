/** No progress: only what the command itself says, and what the flow's own code prints. */
import { harmless } from "../output/Phrase.ts"
import type { OutputShape } from "../output/Output.ts"
import type { Progress, ProgressStreams } from "./Progress.ts"

const nothing = (): void => {}

/** Makes progress that shows none. */
export const make = (
  output: Pick<OutputShape, "redactor">,
  streams: Pick<ProgressStreams, "err">
): Progress => {
  const say = (text: string): void => streams.err(`${output.redactor.text(harmless(text))}\n`)
  return {
    tickMillis: 1000,
    recall: nothing,
    event: nothing,
    log: nothing,
    write: say,
    say,
    tick: nothing,
    close: nothing
  }
}
