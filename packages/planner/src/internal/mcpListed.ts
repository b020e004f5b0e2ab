/** What a server says of a tool, as far as a model is shown it and calls are checked by it. */
import * as Schema from "effect/Schema"
import type * as McpSchema from "effect/ai/McpSchema"

/** A tool as its server lists it. */
export const Listed = Schema.Struct({
  name: Schema.String,
  description: Schema.optionalKey(Schema.String),
  inputSchema: Schema.Record(Schema.String, Schema.Json)
})
/** A tool as its server lists it. */
export type Listed = typeof Listed.Type

/** That part of a tool's description. */
export const listedOf = ({ description, inputSchema, name }: McpSchema.Tool): Listed => ({
  name,
  ...(description !== undefined && { description }),
  inputSchema: inputSchema as Listed["inputSchema"]
})
