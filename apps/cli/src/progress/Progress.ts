/** Shows how a run goes, in one of four ways. Whoever follows the run tells it what happens; it decides what to show. */
import type { RunHandle } from "@dagflow/core"
import type { Envelope, RunState } from "@dagflow/protocol"
import type { LogLine } from "./LogGate.ts"

/** Shows how a run goes. */
export interface Progress {
  /** Takes in an event of the time before this process had the run; nothing is shown. */
  readonly recall: (envelope: Envelope.Envelope, state: RunState.RunState) => void
  /** Shows an event, which has been folded into the state. */
  readonly event: (envelope: Envelope.Envelope, state: RunState.RunState) => void
  /** Shows what an attempt emits; where it is left out, nobody has to listen to that. */
  readonly emitted?: ((message: RunHandle.EmittedMessage, atMillis: number) => void) | undefined
  /** Shows a line that an attempt logged. */
  readonly log: (line: LogLine) => void
  /** Shows lines of others: what was logged by no attempt, and what other code has printed. */
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
  /** Whether all that attempts emit is told, and not only shown in the window while it comes. */
  readonly live: boolean
}

/** What progress is written to. */
export interface ProgressStreams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}
