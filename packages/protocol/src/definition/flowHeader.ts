/** What the definition of a flow says besides its nodes. It stands alone, since nodes may hold flows. */
import * as Schema from "effect/Schema"
import { ChannelSpecs } from "./ChannelSpec.ts"
import { FlowConfig } from "./FlowConfig.ts"

/** The kinds of values an input of a run may be declared as. */
export const InputType = Schema.Literals(["string", "number", "integer", "boolean", "array", "object", "any"])
/** The kinds of values an input of a run may be declared as. */
export type InputType = typeof InputType.Type

/** Whether a JSON value is of the type that an input of a flow declares. */
export const isOfType = (type: InputType, value: Schema.Json): boolean => {
  switch (type) {
    case "any":
      return true
    case "integer":
      return Number.isInteger(value)
    case "array":
      return Array.isArray(value)
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value)
    case "string":
    case "number":
    case "boolean":
      return typeof value === type
  }
}

/** An input of a run. */
export const InputSpec = Schema.Struct({
  description: Schema.optionalKey(Schema.String),
  /** Kind of the value; default `any`. */
  type: Schema.optionalKey(InputType),
  /** Whether a run may start without it; default true, unless there is a `default`. */
  required: Schema.optionalKey(Schema.Boolean),
  /** The value when the start of the run gives none. */
  default: Schema.optionalKey(Schema.Json),
  /** The value must be given as a text that names variables of the environment, and only that text is stored. */
  secret: Schema.optionalKey(Schema.Boolean)
})
/** An input of a run. */
export type InputSpec = typeof InputSpec.Type

/** Everything about a flow but its nodes. */
export const flowHeader = {
  name: Schema.String.pipe(Schema.check(Schema.isBetweenLength(1, 256))),
  version: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  author: Schema.optionalKey(Schema.String),
  signature: Schema.optionalKey(Schema.String),
  tags: Schema.optionalKey(Schema.Array(Schema.String)),
  instructions: Schema.optionalKey(Schema.String),
  config: Schema.optionalKey(FlowConfig),
  /** The inputs a run takes. When left out, a run takes any; when given, an input that is not listed is refused. */
  inputs: Schema.optionalKey(Schema.Record(Schema.String, InputSpec)),
  /** What the nodes of a run share besides outputs, by name; only runs in supersteps have channels. */
  channels: Schema.optionalKey(ChannelSpecs),
  metadata: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
}
