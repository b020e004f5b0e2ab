/** The expressions of a node: the conditions of the edges to it and its own, and the one that makes the list it is mapped over. */
import * as Result from "effect/Result"
import type * as Dependency from "./Dependency.ts"
import * as Expression from "./Expression.ts"
import { isMade } from "./ForEach.ts"
import type { NodeDraft } from "./NodeSpec.ts"

/** The parts of a node that hold expressions. */
export type Expressive = Pick<NodeDraft, "dependencies" | "when" | "forEach">

/** An expression of a node, and the steps that lead to its text inside of the node. */
export interface PlacedExpression {
  /** What it is for: a condition is true or false. */
  readonly use: "condition" | "list"
  readonly text: string
  readonly path: ReadonlyArray<string | number>
}

/** The expressions of a node, in the order in which they are evaluated. */
export const ofNode = (node: Expressive): ReadonlyArray<PlacedExpression> => {
  const { dependencies = [], when } = node
  const found = dependencies.flatMap((dependency, index): ReadonlyArray<PlacedExpression> =>
    typeof dependency === "string"
      ? []
      : [{ use: "condition", text: dependency.when, path: ["dependencies", index, "when"] }]
  )
  if (when !== undefined) found.push({ use: "condition", text: when, path: ["when"] })
  const list = listOf(node)
  if (list !== undefined) found.push({ use: "list", text: list, path: ["forEach", "items", "expression"] })
  return found
}

/** The expression that makes the list of a node, if one does. */
export const listOf = ({ forEach }: Expressive): Expression.Expression | undefined =>
  isMade(forEach?.items) ? forEach.items.expression : undefined

/**
 * Whether any of the nodes, or of those in their flows, has an expression, so that `Expression.load` has to run before they are
 * checked.
 */
export const areIn = (nodes: Iterable<Expressive & Pick<NodeDraft, "flow">>): boolean => {
  for (const node of nodes) if (isIn(node) || (node.flow !== undefined && areIn(node.flow.nodes))) return true
  return false
}

/** Whether a node itself has an expression. */
export const isIn = (node: Expressive): boolean =>
  node.when !== undefined ||
  listOf(node) !== undefined ||
  node.dependencies?.some((one) => typeof one !== "string") === true

/** What an expression would have to give and never does, in words; `undefined` when it may. */
export const neverGives = (
  { use }: Pick<PlacedExpression, "use">,
  kind: Expression.ResultKind
): string | undefined => {
  if (kind === "unknown" || kind === (use === "list" ? "list" : "boolean")) return undefined
  return use === "list" ? "a list" : "true or false"
}

/** The nodes whose outputs the expressions of a node read, each once. Texts that are no expressions read nothing. */
export const nodesRead = (node: Expressive): ReadonlySet<string> => {
  const ids = new Set<string>()
  for (const { text } of ofNode(node)) {
    const expression = Expression.compile(text)
    if (Result.isFailure(expression)) continue
    for (const use of expression.success.uses) if (use._tag === "Output") ids.add(use.nodeId)
  }
  return ids
}

/** The same node whose expressions read nodes of other ids, as when the nodes of a file get a prefix. */
export const renameNodes = <A extends Expressive>(node: A, rename: (nodeId: string) => string): A => {
  const { dependencies, forEach, when } = node
  const list = listOf(node)
  const changed = (dependency: Dependency.Dependency): Dependency.Dependency =>
    typeof dependency === "string"
      ? dependency
      : { ...dependency, when: Expression.renameNodes(dependency.when, rename) }
  return {
    ...node,
    ...(dependencies !== undefined && { dependencies: dependencies.map(changed) }),
    ...(when !== undefined && { when: Expression.renameNodes(when, rename) }),
    ...(list !== undefined && {
      forEach: { ...forEach, items: { expression: Expression.renameNodes(list, rename) } }
    })
  }
}
