import type { OutputShape } from "../output/Output.ts"
import { captureWrites } from "./captureWrites.ts"
import * as NdjsonProgress from "./NdjsonProgress.ts"
import * as PlainProgress from "./PlainProgress.ts"
import type { Progress, ProgressOptions, ProgressStreams } from "./Progress.ts"
import * as QuietProgress from "./QuietProgress.ts"
import * as WindowProgress from "./WindowProgress.ts"

/**
 * Makes what shows a run in the way that the command line and the terminal ask for. Until it is closed, what other code
 * prints goes through it, and every way out of the process leads through its closing.
 */
export const openProgress = (output: OutputShape, options: ProgressOptions): Progress => {
  const capture = captureWrites((text) => progress.write(text))
  const progress: Progress = choose(output, options, capture)
  const close = (nowMillis: number): void => {
    capture.release()
    progress.close(nowMillis)
    process.off("exit", leave)
  }
  const leave = () => close(Date.now())
  process.once("exit", leave)
  return { ...progress, close }
}

const choose = (output: OutputShape, options: ProgressOptions, streams: ProgressStreams): Progress => {
  if (output.json) return NdjsonProgress.make(output, options, streams)
  if (output.quiet || output.capabilities.progress === "quiet") return QuietProgress.make(output, streams)
  return output.capabilities.progress === "tty"
    ? WindowProgress.make(output, options, streams)
    : PlainProgress.make(output, options, streams)
}
