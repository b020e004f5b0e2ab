/** What a node waits for: another node, and the condition, if any, on which that node's success counts as one. */
import * as Schema from "effect/Schema"
import { DependencyId } from "../id/NodeId.ts"
import { Expression } from "./Expression.ts"

/** An edge that counts only when its condition is true; else it counts as skipped. */
export const ConditionalDependency = Schema.Struct({ node: DependencyId, when: Expression })
/** An edge that counts only when its condition is true; else it counts as skipped. */
export type ConditionalDependency = typeof ConditionalDependency.Type

/** What a node waits for: the id of another node, alone or with a condition. */
export const Dependency = Schema.Union([DependencyId, ConditionalDependency])
/** What a node waits for: the id of another node, alone or with a condition. */
export type Dependency = typeof Dependency.Type

/** The id of the node that is waited for. */
export const nodeOf = (dependency: Dependency): string =>
  typeof dependency === "string" ? dependency : dependency.node

/** The condition of an edge; `undefined` when it always counts. */
export const conditionOf = (dependency: Dependency): string | undefined =>
  typeof dependency === "string" ? undefined : dependency.when

/** The same edge from a node of another id. */
export const withNode = (dependency: Dependency, node: string): Dependency =>
  typeof dependency === "string" ? node : { ...dependency, node }

/** Adds edges from nodes that are not among these dependencies yet, and leaves out repeated ones. */
export const withNodes = (
  dependencies: ReadonlyArray<Dependency> | undefined,
  nodes: Iterable<string>
): ReadonlyArray<Dependency> => {
  const byNode = new Map<string, Dependency>()
  for (const dependency of dependencies ?? []) {
    const id = nodeOf(dependency)
    if (!byNode.has(id)) byNode.set(id, dependency)
  }
  for (const id of nodes) if (!byNode.has(id)) byNode.set(id, id)
  return [...byNode.values()]
}
