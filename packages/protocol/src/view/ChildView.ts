/** A child run as the views of its parent show it: its id follows from the log of the parent, where it stands from its own. */
import * as Schema from "effect/Schema"

/** A child run that an attempt goes on as, or went on as. */
export const ChildView = Schema.Struct({
  runId: Schema.String,
  /**
   * Where the run stands. Absent when nobody looked, as in a view that is made of the log of the parent alone, and when the
   * store has no such run: it was pruned, or is not created yet.
   */
  status: Schema.optionalKey(Schema.Literals(["running", "paused", "completed", "failed", "cancelled"])),
  /** It goes on, and nothing in it or below it moves before somebody or the clock ends a wait. */
  onlyWaits: Schema.optionalKey(Schema.Boolean)
})
/** A child run that an attempt goes on as, or went on as. */
export type ChildView = typeof ChildView.Type
