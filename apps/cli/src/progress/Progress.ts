/** Shows how a run goes, in one of four ways. Whoever follows the run tells it what happens; it decides what to show. */
import type { Envelope, RunState } from "@dagflow/protocol"
import type { OutputShape } from "../output/Output.ts"
import type { LogLine } from "./LogGate.ts"
import * as NdjsonProgress from "./NdjsonProgress.ts"
import * as PlainProgress from "./PlainProgress.ts"
import * as WindowProgress from "./WindowProgress.ts"

/** Shows how a run goes. */
export interface Progress {
  /** Takes in an event of the time before this process had the run; nothing is shown. */
  readonly recall: (envelope: Envelope.Envelope, state: RunState.RunState) => void
  /** Shows an event, which has been folded into the state. */
  readonly event: (envelope: Envelope.Envelope, state: RunState.RunState) => void
  /** Shows a line that an attempt logged. */
  readonly log: (line: LogLine) => void
  /** Shows a line that was logged, and not by an attempt. */
  readonly write: (text: string) => void
  /** Says something about what the command does, such as that it parks the run. */
  readonly say: (text: string) => void
  /** Time has passed. */
  readonly tick: (nowMillis: number) => void
  /** Shows what is left and leaves the terminal as it was. Nothing happens the second time. */
  readonly close: (nowMillis: number) => void
  /** How often `tick` wants to be called. */
  readonly tickMillis: number
}

/** What is shown with the start of a run. */
export interface ProgressOptions {
  /** For instance `store=sqlite:flow.db`. */
  readonly about: string
  /** What the last line of the window says that the user may do. */
  readonly hint: string
}

const nothing = (): void => {}

/** Shows nothing but what `say` is told. */
const quiet = (output: OutputShape): Progress => ({
  recall: nothing,
  event: nothing,
  log: nothing,
  write: nothing,
  say: (text) => {
    process.stderr.write(`${output.redactor.text(text)}\n`)
  },
  tick: nothing,
  close: nothing,
  tickMillis: 1000
})

/** Makes what shows a run in the way that the command line and the terminal ask for. */
export const make = (output: OutputShape, options: ProgressOptions): Progress => {
  if (output.json) return NdjsonProgress.make(output)
  if (output.quiet || output.capabilities.progress === "quiet") return quiet(output)
  return output.capabilities.progress === "tty"
    ? WindowProgress.make(output, options)
    : PlainProgress.make(output, options)
}
