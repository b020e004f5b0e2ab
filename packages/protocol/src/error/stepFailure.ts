/** Why a run fails between two steps, where no attempt failed. */
import * as Schema from "effect/Schema"

/** What the nodes of a step wrote to a channel could not be put together; `nodeId` wrote what did not fit. */
export const ChannelFailed = Schema.TaggedStruct("ChannelFailed", {
  channel: Schema.String,
  step: Schema.Int,
  nodeId: Schema.String,
  message: Schema.String
})

/** A loop wanted to go on beyond a limit. */
export const LimitReached = Schema.TaggedStruct("LimitReached", {
  limit: Schema.Literals(["maxIterations", "nodesMax"]),
  maximum: Schema.Int,
  /** The last step. */
  step: Schema.Int,
  /** The nodes that the loop would have gone to, in their order. */
  frontier: Schema.Array(Schema.String)
})
