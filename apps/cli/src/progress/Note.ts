/** What progress has to say: one change of the run, before anybody decides how it looks. */

/** The first word of a line: the state that something reached, or what is told about the run. */
export type NoteWord =
  | "run"
  | "pending"
  | "running"
  | "completed"
  | "failed"
  | "retrying"
  | "handling"
  | "waiting"
  | "skipped"
  | "cancelled"
  | "grew"
  | "progress"
  | "paused"
  | "resumed"
  | "hook"
  | "refused"
  | "event"
  | "log"
  | "alive"

/** One change of the run. */
export interface Note {
  readonly word: NoteWord
  /** Milliseconds since 1970. */
  readonly atMillis: number
  /** The node, group or run that it is about. */
  readonly subject: string
  /** The rest of the line, in words. */
  readonly detail: string
  /** How long the attempt or the node took. */
  readonly durationMillis?: number
}
