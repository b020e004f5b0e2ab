/** The fingerprint of a flow's definition. */
import type * as Schema from "effect/Schema"
import * as ContentHash from "./ContentHash.ts"
import type { FlowSpec } from "./FlowSpec.ts"

/**
 * The fingerprint of a flow: equal for definitions that differ only in the order of nodes, keys, dependencies or tags,
 * different for any other change.
 */
export const make = (flow: FlowSpec): string => {
  const nodes = Object.fromEntries(
    flow.nodes.map((node) => [
      node.id,
      node.dependencies === undefined ? node : { ...node, dependencies: [...node.dependencies].sort() }
    ])
  )
  const permuted = { ...flow, nodes, ...(flow.tags === undefined ? {} : { tags: [...flow.tags].sort() }) }
  return ContentHash.ofJson(permuted as unknown as Schema.Json)
}
