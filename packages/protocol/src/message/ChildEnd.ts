/**
 * What a child run tells its parent before it ends, as mail. Its result is settled by then, so that whoever tells it again
 * after a crash tells the same.
 */
import * as Schema from "effect/Schema"
import { NodeError } from "../error/NodeError.ts"
import { Usage } from "./Event.ts"
import { Outputs } from "./Wait.ts"

/** What a child run tells its parent before it ends. */
export const ChildEnd = Schema.TaggedStruct("ChildEnd", {
  /** Id of the child run. */
  runId: Schema.String,
  /** The node and the attempt that it is, in its parent. */
  nodeId: Schema.String,
  attempt: Schema.Int,
  end: Schema.Union([
    /** Large outputs are kept for the parent, and are told as their stubs. */
    Schema.TaggedStruct("Completed", { outputs: Outputs }),
    Schema.TaggedStruct("Failed", { error: NodeError }),
    Schema.TaggedStruct("Cancelled", { reason: Schema.optionalKey(Schema.String) })
  ]),
  /** What all of its attempts used up. */
  usage: Schema.optionalKey(Usage)
})
/** What a child run tells its parent before it ends. */
export type ChildEnd = typeof ChildEnd.Type
