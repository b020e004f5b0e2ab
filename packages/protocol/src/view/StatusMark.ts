/**
 * How a status looks wherever it is shown: a word, a sign and a colour, any one of which says it alone.
 *
 * The colours keep a contrast of at least 4.5 : 1 with their background and stay apart for people who do not see red,
 * green or blue.
 */
import type { NodeStatus } from "../state/NodeStatus.ts"
import type { RunStatus } from "../state/RunStatus.ts"

/** Statuses of one family have one colour; inside a family signs and borders differ. */
export type StatusFamily = "idle" | "running" | "attention" | "retry" | "done" | "failed"

/** The colour of a family on a light background (white) and on a dark one (`#0d1117`). */
export const colours: Readonly<Record<StatusFamily, { readonly light: string; readonly dark: string }>> = {
  idle: { light: "#464d59", dark: "#78818b" },
  running: { light: "#0048e7", dark: "#83adf5" },
  attention: { light: "#a06b01", dark: "#fcd732" },
  retry: { light: "#c92db9", dark: "#af4af8" },
  done: { light: "#088654", dark: "#41efab" },
  failed: { light: "#811b0e", dark: "#f43f1c" }
}

/** How a status looks. */
export interface StatusMark {
  readonly word: string
  /** One character, one column wide. */
  readonly sign: string
  /** The sign where only ASCII can be shown. */
  readonly asciiSign: string
  readonly family: StatusFamily
}

const mark = (word: string, sign: string, asciiSign: string, family: StatusFamily): StatusMark => ({
  word,
  sign,
  asciiSign,
  family
})

/** How the status of a node looks. */
export const ofNode: Readonly<Record<NodeStatus, StatusMark>> = {
  pending: mark("pending", "·", ".", "idle"),
  running: mark("running", "●", "*", "running"),
  retrying: mark("retrying", "~", "~", "retry"),
  waiting: mark("waiting", "?", "?", "attention"),
  completed: mark("completed", "✓", "+", "done"),
  failed: mark("failed", "✗", "x", "failed"),
  skipped: mark("skipped", "-", "-", "idle"),
  cancelled: mark("cancelled", "/", "/", "idle")
}

/** How the status of a run looks. */
export const ofRun: Readonly<Record<RunStatus, StatusMark>> = {
  running: ofNode.running,
  paused: mark("paused", "=", "=", "attention"),
  completed: ofNode.completed,
  failed: ofNode.failed,
  cancelled: ofNode.cancelled
}
