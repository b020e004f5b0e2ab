/** Where a run by the strategy `superstep` pauses between two steps, so that somebody can look at it and let it go on. */
import * as Schema from "effect/Schema"
import { NodeId } from "../id/NodeId.ts"

/** Where a run pauses between two steps. A node stands for all of its visits in a loop too. */
export const Interrupts = Schema.Struct({
  /** The run pauses before its first step: nothing has started. Default false. */
  atStart: Schema.optionalKey(Schema.Boolean),
  /** The run pauses before a step with one of these nodes: nothing of that step has started. Letting it go on passes this. */
  before: Schema.optionalKey(Schema.Array(NodeId)),
  /** The run pauses after a step in which one of these nodes ran. */
  after: Schema.optionalKey(Schema.Array(NodeId)),
  /** The run pauses after every step; default false. */
  eachStep: Schema.optionalKey(Schema.Boolean)
})
/** Where a run pauses between two steps. */
export type Interrupts = typeof Interrupts.Type
