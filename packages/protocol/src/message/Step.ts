/** The steps of a run by the strategy `superstep`, and the places between them where a run can be told to pause. */
import * as Schema from "effect/Schema"

const nodeIds = Schema.Array(Schema.String)

/** Steps are numbered from 1 on. */
const step = Schema.Int

/** Two nodes of one step that wrote the same thing: the same channel, or the same key of it. */
export const StepConflict = Schema.Struct({
  channel: Schema.String,
  key: Schema.optionalKey(Schema.String),
  /** The writers, in the order of the frontier. */
  nodeIds
})
/** Two nodes of one step that wrote the same thing. */
export type StepConflict = typeof StepConflict.Type

/** A step begins: these nodes start in it, in this order as slots are free, and nothing else does before it has ended. */
export const StepStarted = Schema.TaggedStruct("StepStarted", { step, frontier: nodeIds })

/** A step has ended: nothing of it runs or will be retried. The next one begins only after this. */
export const StepCompleted = Schema.TaggedStruct("StepCompleted", {
  step,
  /** Nodes that ran and ended since the step before, in the order in which they ended. */
  ran: nodeIds,
  /** Nodes that were skipped or cancelled since the step before, in that order. */
  skipped: nodeIds,
  /** Nodes of the frontier that have not ended: they wait for somebody, or their branch is paused. */
  waiting: Schema.optionalKey(nodeIds),
  /** Channels whose content the step has changed. */
  updated: Schema.optionalKey(nodeIds),
  /** Versions of those channels after the step. */
  versions: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int)),
  /** What those channels hold after the step whose reducer is one of the user's own. */
  values: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  conflicts: Schema.optionalKey(Schema.Array(StepConflict)),
  /** What the nodes wrote could not be put together: the channels are as before, and the run comes to its end. */
  unmerged: Schema.optionalKey(Schema.Boolean)
})

/**
 * Where a run pauses between two steps.
 *
 * - `before`: nodes of the next step are among those that somebody wants to look at first, or it is the first step; nothing of
 *   it has started.
 * - `after`: nodes that ran in the step are among those that somebody wants to look at.
 * - `each_step`: the flow pauses after every step.
 * - `steps`: as many steps were asked for as have completed now.
 */
export const Interrupt = Schema.Struct({
  when: Schema.Literals(["before", "after", "each_step", "steps"]),
  /** The last step that has completed; 0 before the first one. */
  step,
  /** The nodes that it is about; none for the start of the run, `each_step` and `steps`. */
  nodeIds,
  /** The nodes that may start next, in their order. */
  frontier: nodeIds
})
/** Where a run pauses between two steps. */
export type Interrupt = typeof Interrupt.Type
