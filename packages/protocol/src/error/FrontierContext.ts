/** Where a run stood when something went wrong. */
import * as Schema from "effect/Schema"

/** How many node ids each list holds at most; the counts tell the rest. */
export const listMax = 20

/** Nodes of one kind: how many, and the first of them in plan order. */
export const NodeList = Schema.Struct({ count: Schema.Int, first: Schema.Array(Schema.String) })
/** Nodes of one kind: how many, and the first of them in plan order. */
export type NodeList = typeof NodeList.Type

/** Where a run stood when something went wrong. */
export const FrontierContext = Schema.Struct({
  runId: Schema.String,
  flow: Schema.String,
  /** The last event that the run had recorded. */
  sequence: Schema.Int,
  /** The last step that had begun, of a run by the strategy `superstep`. */
  step: Schema.optionalKey(Schema.Int),
  /** Nodes that could start at that moment. */
  frontier: NodeList,
  running: NodeList,
  retrying: NodeList,
  waiting: NodeList,
  pending: NodeList,
  failed: NodeList,
  completed: Schema.Int,
  skipped: Schema.Int,
  cancelled: Schema.Int
})
/** Where a run stood when something went wrong. */
export type FrontierContext = typeof FrontierContext.Type
