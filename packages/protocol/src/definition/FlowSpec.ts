/** The serialisable form of a flow: what YAML and code are read into, and what the log of a run records. */
import * as Schema from "effect/Schema"
import { flowHeader, InputSpec, InputType, isOfType } from "./flowHeader.ts"
import { NodeSpec } from "./NodeSpec.ts"

export { InputSpec, InputType, isOfType }

/** The serialisable form of a flow. */
export const FlowSpec = Schema.Struct({ ...flowHeader, nodes: Schema.Array(NodeSpec) })
/** The serialisable form of a flow. */
export type FlowSpec = typeof FlowSpec.Type
