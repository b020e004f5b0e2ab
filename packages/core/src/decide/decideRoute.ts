/** What the conditions of a node come to, once its dependencies have ended. */
import { type NodeError, type NodeState, type RunState, TriggerRule, VisitState } from "@dagflow/protocol"
import * as Result from "effect/Result"
import { ReadScope } from "./readScope.ts"
import type { Turn } from "./Turn.ts"

type Node = NodeState.NodeState

/** What the conditions of a node come to. */
type Verdict = {
  /** Dependencies whose edge does not count. */
  readonly inactive: ReadonlyArray<string>
} & (
  | { readonly _tag: "Passes" }
  | { readonly _tag: "Fails"; readonly error: NodeError.NodeError }
  | { readonly _tag: "Skips"; readonly reason: "condition_false" | "not_routed" | "trigger_rule" }
)

/**
 * Evaluates the conditions of a node once and records what they came to. Answers whether the node may start.
 *
 * An edge counts when its dependency counts as a success and its condition is true; the others are inactive and count as
 * skipped. The node's own condition is asked when the trigger rule is met. What cannot be evaluated is no "false": the node
 * starts, and fails with the reason.
 */
export const decideRoute = (turn: Turn, node: Node): boolean => {
  if (node.route !== undefined) return true
  const nodeId = node.spec.id
  const verdict = judge(turn.state, node)
  // What led past it may come back, and decide otherwise.
  if (verdict._tag === "Skips" && VisitState.isLedPast(node)) return false
  const { inactive } = verdict
  if (verdict._tag === "Fails") return route(turn, nodeId, inactive, verdict.error)
  if (verdict._tag === "Passes" || inactive.length > 0) route(turn, nodeId, inactive, undefined)
  if (verdict._tag === "Passes") return true
  if (verdict.reason === "condition_false")
    turn.record({ _tag: "NodeSkipped", nodeId, reason: verdict.reason })
  else skip(turn, node, verdict.reason)
  return false
}

/**
 * Whether the conditions of a node have to wait for the end of the step that goes on, so that they see what its nodes wrote. What
 * is skipped whatever they say does not.
 */
export const mustWait = ({ state }: Turn, node: Node): boolean =>
  state.step?.isOpen === true && node.route === undefined && isPossible(node, conditionalEdges(node))

/** Whether a node may start by its conditions as they are now; nothing is recorded. */
export const passes = (state: RunState.RunState, node: Node): boolean =>
  node.route !== undefined || VisitState.isRouted(node) || judge(state, node)._tag !== "Skips"

// -- internal -------------------------------------------------------------------------------------------------------

const judge = (state: RunState.RunState, node: Node): Verdict => {
  const scope = new ReadScope(state, node)
  const inactive: Array<string> = []
  const edges = conditionalEdges(node)
  // What they read may be missing for the same reason for which the node is skipped.
  if (!isPossible(node, edges)) return { _tag: "Skips", inactive, reason: "trigger_rule" }
  for (const { dependency, when } of edges) {
    const isActive = scope.test(when)
    if (Result.isFailure(isActive)) return { _tag: "Fails", inactive, error: isActive.failure }
    if (!isActive.success) inactive.push(dependency.spec.id)
  }
  if (!isTriggered(node, inactive.length)) {
    return { _tag: "Skips", inactive, reason: isTriggered(node, 0) ? "not_routed" : "trigger_rule" }
  }
  const isWanted = node.spec.when === undefined ? Result.succeed(true) : scope.test(node.spec.when)
  if (Result.isFailure(isWanted)) return { _tag: "Fails", inactive, error: isWanted.failure }
  return isWanted.success
    ? { _tag: "Passes", inactive }
    : { _tag: "Skips", inactive, reason: "condition_false" }
}

/** Whether the trigger rule is met with some of the conditional edges, or all or none of them. */
const isPossible = (node: Node, edges: ReadonlyArray<unknown>): boolean =>
  isTriggered(node, edges.length) || edges.some((_, count) => isTriggered(node, count))

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
