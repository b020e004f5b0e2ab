/**
 * A flow inside of a node.
 *
 * `NodeSpec` holds it, and its nodes are `NodeSpec` again, so that TypeScript has to write its name wherever it writes out what a
 * flow is: it is to be found in the package itself. (@spread)
 */
import type * as Schema from "effect/Schema"
import type { flowHeader } from "./flowHeader.ts"
import type { NodeSpec } from "./NodeSpec.ts"

/** Everything about a flow inside of a node but its nodes. */
interface HeaderSpec extends Schema.Struct.Type<typeof flowHeader> {}

/** A flow inside of a node. It is what `FlowSpec` is. */
export interface SubFlowSpec extends HeaderSpec {
  readonly nodes: ReadonlyArray<NodeSpec>
}
