/** The fingerprint of a flow's definition. */
import type * as Schema from "effect/Schema"
import * as ContentHash from "./ContentHash.ts"
import * as Dependency from "./Dependency.ts"
import type { FlowSpec } from "./FlowSpec.ts"

const byNode = (a: Dependency.Dependency, b: Dependency.Dependency): number =>
  Dependency.nodeOf(a) < Dependency.nodeOf(b) ? -1 : 1

/**
 * The fingerprint of a flow: equal for definitions that differ only in the order of nodes, keys, dependencies or tags,
 * different for any other change.
 */
export const make = (flow: FlowSpec): string => {
  const nodes = Object.fromEntries(
    flow.nodes.map((node) => [
      node.id,
      node.dependencies === undefined ? node : { ...node, dependencies: node.dependencies.toSorted(byNode) }
    ])
  )
  const permuted = { ...flow, nodes, ...(flow.tags === undefined ? {} : { tags: [...flow.tags].sort() }) }
  return ContentHash.ofJson(permuted as unknown as Schema.Json)
}
