/** What the conditions of a node come to, once its dependencies have ended. */
import { type NodeError, type NodeState, TriggerRule, VisitState } from "@dagflow/protocol"
import * as Result from "effect/Result"
import { ReadScope } from "./readScope.ts"
import type { Turn } from "./Turn.ts"

type Node = NodeState.NodeState

/**
 * Evaluates the conditions of a node once and records what they came to. Answers whether the node may start.
 *
 * An edge counts when its dependency counts as a success and its condition is true; the others are inactive and count as
 * skipped. The node's own condition is asked when the trigger rule is met. What cannot be evaluated is no "false": the node
 * starts, and fails with the reason.
 */
export const decideRoute = (turn: Turn, node: Node): boolean => {
  if (node.route !== undefined) return true
  const scope = new ReadScope(turn.state, node)
  const nodeId = node.spec.id
  const inactive: Array<string> = []
  // What led past it may come back, and decide otherwise.
  const isLedPast = VisitState.isLedPast(node)
  const edges = conditionalEdges(node)
  // What is skipped whatever its conditions say needs none of them, and what they read may be missing for the same reason.
  if (!edges.some((_, count) => isTriggered(node, count)) && !isTriggered(node, edges.length)) {
    if (isLedPast) return false
    skip(turn, node, "trigger_rule")
    return false
  }
  for (const { dependency, when } of edges) {
    const isActive = scope.test(when)
    if (Result.isFailure(isActive)) return route(turn, nodeId, inactive, isActive.failure)
    if (!isActive.success) inactive.push(dependency.spec.id)
  }
  if (!isTriggered(node, inactive.length)) {
    if (isLedPast) return false
    const reason = isTriggered(node, 0) ? "not_routed" : "trigger_rule"
    if (inactive.length > 0) route(turn, nodeId, inactive, undefined)
    skip(turn, node, reason)
    return false
  }
  const isWanted = node.spec.when === undefined ? Result.succeed(true) : scope.test(node.spec.when)
  if (Result.isFailure(isWanted)) return route(turn, nodeId, inactive, isWanted.failure)
  if (!isWanted.success && isLedPast) return false
  if (isWanted.success || inactive.length > 0) route(turn, nodeId, inactive, undefined)
  if (isWanted.success) return true
  turn.record({ _tag: "NodeSkipped", nodeId, reason: "condition_false" })
  return false
}

// -- internal -------------------------------------------------------------------------------------------------------

/** The edges that have a condition and come from a dependency that counts as a success. */
const conditionalEdges = (
  node: Node
): ReadonlyArray<{ readonly dependency: Node; readonly when: string }> => {
  const conditions = new Map<string, string>()
  for (const one of node.spec.dependencies ?? []) {
    if (typeof one !== "string") conditions.set(one.node, one.when)
  }
  return node.dependencies.flatMap((dependency) => {
    const when = conditions.get(dependency.spec.id)
    return when !== undefined && VisitState.countsAsSuccess(node, dependency) ? [{ dependency, when }] : []
  })
}

/** Whether the trigger rule is met when so many edges that count as successes are inactive. */
const isTriggered = (node: Node, inactive: number): boolean => {
  const { failed, skipped, succeeded } = node.ends
  const ends = { failed, skipped: skipped + inactive, succeeded: succeeded - inactive }
  return TriggerRule.isMet(node.spec.trigger ?? "all_success", ends)
}

const route = (
  turn: Turn,
  nodeId: string,
  inactive: ReadonlyArray<string>,
  error: NodeError.NodeError | undefined
): true => {
  turn.record({
    _tag: "NodeRouted",
    nodeId,
    ...(inactive.length > 0 && { inactive }),
    ...(error !== undefined && { error })
  })
  return true
}

const skip = (turn: Turn, node: Node, reason: "not_routed" | "trigger_rule"): void => {
  const causeNodeId = node.lastUnsuccessful?.spec.id
  turn.record({
    _tag: "NodeSkipped",
    nodeId: node.spec.id,
    reason,
    ...(causeNodeId !== undefined && { causeNodeId })
  })
}
