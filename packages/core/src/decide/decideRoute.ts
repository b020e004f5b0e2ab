/** What the conditions of a node come to, once its dependencies have ended. */
import { Expression, type NodeError, type NodeState, type RunState, TriggerRule } from "@dagflow/protocol"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { isStub } from "../action/artifactStub.ts"
import { givenOutputs } from "./decideItems.ts"
import type { Turn } from "./Turn.ts"
import { visitSeenBy } from "./visitSeenBy.ts"

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
  const edges = conditionalEdges(node)
  // What is skipped whatever its conditions say needs none of them, and what they read may be missing for the same reason.
  if (!edges.some((_, count) => isTriggered(node, count)) && !isTriggered(node, edges.length)) {
    skip(turn, node, "trigger_rule")
    return false
  }
  for (const { dependency, when } of edges) {
    const isActive = scope.test(when)
    if (Result.isFailure(isActive)) return route(turn, nodeId, inactive, isActive.failure)
    if (!isActive.success) inactive.push(dependency.spec.id)
  }
  if (!isTriggered(node, inactive.length)) {
    const reason = isTriggered(node, 0) ? "not_routed" : "trigger_rule"
    if (inactive.length > 0) route(turn, nodeId, inactive, undefined)
    skip(turn, node, reason)
    return false
  }
  const isWanted = node.spec.when === undefined ? Result.succeed(true) : scope.test(node.spec.when)
  if (Result.isFailure(isWanted)) return route(turn, nodeId, inactive, isWanted.failure)
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
    return when !== undefined && countsAsSuccess(node, dependency) ? [{ dependency, when }] : []
  })
}

const countsAsSuccess = (node: Node, dependency: Node): boolean =>
  (dependency.status === "completed" && node.visits?.inactive.has(dependency) !== true) ||
  node.met?.has(dependency.spec.id) === true

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

/** The data of a run as its expressions read it. */
class ReadScope {
  readonly #state: RunState.RunState
  readonly #node: Node

  constructor(state: RunState.RunState, node: Node) {
    this.#state = state
    this.#node = node
  }

  #seen(nodeId: string): Node | undefined {
    return visitSeenBy(this.#state, this.#node, nodeId)
  }

  /** What the channels hold while the step goes on; one that has no value yet is not there. */
  get #channels(): Readonly<Record<string, Schema.Json>> {
    const held = [...this.#state.channels]
    return Object.fromEntries(
      held.flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]]))
    )
  }

  /** Evaluates a condition, or says as an error of the node why that cannot be done. */
  test(when: string): Result.Result<boolean, NodeError.NodeError> {
    const { inputs } = this.#state
    const channels = this.#channels
    const tested = Result.flatMap(this.#whole(when), () =>
      Expression.test(when, { inputs, channels, outputs: (nodeId) => givenOutputs(this.#seen(nodeId)) })
    )
    return Result.mapError(tested, (message): NodeError.NodeError => ({
      cause: "InvalidExpression",
      tag: "InvalidExpression",
      message: `the condition ${message}`,
      isRetryable: false
    }))
  }

  /** An output that is kept outside the log is not at hand, and what stands for it in the log is not the value. */
  #whole(when: string): Result.Result<void, string> {
    const expression = Expression.compile(when)
    if (Result.isFailure(expression)) return Result.void
    for (const use of expression.success.uses) {
      if (use._tag !== "Output") continue
      const node = this.#seen(use.nodeId)
      const outputs = givenOutputs(node) ?? {}
      const named = use.output === undefined ? Object.values(outputs) : [outputs[use.output]]
      // What the items of a list gave may each be kept outside.
      const read = node?.items === undefined ? named : named.flat()
      if (read.some((value) => isStub(value))) {
        const message = `"${when}": "${use.text}" is kept outside the log because of its size; let "${use.nodeId}" give a small output to decide by`
        return Result.fail(message)
      }
    }
    return Result.void
  }
}
