/** The expressions of a node: its own condition and those of the edges to it. */
import * as Result from "effect/Result"
import type * as Dependency from "./Dependency.ts"
import * as Expression from "./Expression.ts"
import type { NodeDraft } from "./NodeSpec.ts"

/** An expression of a node, and the steps that lead to its text inside of the node. */
export interface PlacedExpression {
  readonly text: string
  readonly path: ReadonlyArray<string | number>
}

/** The expressions of a node, in the order in which they are evaluated. */
export const ofNode = (node: Pick<NodeDraft, "dependencies" | "when">): ReadonlyArray<PlacedExpression> => {
  const { dependencies = [], when } = node
  const edges = dependencies.flatMap((dependency, index) =>
    typeof dependency === "string" ? [] : [{ text: dependency.when, path: ["dependencies", index, "when"] }]
  )
  return when === undefined ? edges : [...edges, { text: when, path: ["when"] }]
}

/** Whether any of the nodes has an expression, so that `Expression.load` has to run before they are checked. */
export const areIn = (nodes: Iterable<Pick<NodeDraft, "dependencies" | "when">>): boolean => {
  for (const { dependencies, when } of nodes) {
    if (when !== undefined) return true
    if (dependencies?.some((one) => typeof one !== "string") === true) return true
  }
  return false
}

/** The nodes whose outputs the expressions of a node read, each once. Texts that are no expressions read nothing. */
export const nodesRead = (node: Pick<NodeDraft, "dependencies" | "when">): ReadonlySet<string> => {
  const ids = new Set<string>()
  for (const { text } of ofNode(node)) {
    const expression = Expression.compile(text)
    if (Result.isFailure(expression)) continue
    for (const use of expression.success.uses) if (use._tag === "Output") ids.add(use.nodeId)
  }
  return ids
}

/** The same node whose expressions read nodes of other ids, as when the nodes of a file get a prefix. */
export const renameNodes = <A extends Pick<NodeDraft, "dependencies" | "when">>(
  node: A,
  rename: (nodeId: string) => string
): A => {
  const { dependencies, when } = node
  const changed = (dependency: Dependency.Dependency): Dependency.Dependency =>
    typeof dependency === "string"
      ? dependency
      : { ...dependency, when: Expression.renameNodes(dependency.when, rename) }
  return {
    ...node,
    ...(dependencies !== undefined && { dependencies: dependencies.map(changed) }),
    ...(when !== undefined && { when: Expression.renameNodes(when, rename) })
  }
}
