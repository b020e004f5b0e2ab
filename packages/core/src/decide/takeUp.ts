/** What a new owner settles before the run goes on: attempts and answers that were lost with the last one. */
import type { Event, NodeError, NodeState } from "@dagflow/protocol"
import { cancelAttempt } from "./decideReport.ts"
import type { Turn } from "./Turn.ts"

const lost: NodeError.NodeError = {
  cause: "OwnerLost",
  tag: "OwnerLost",
  message: "the process that ran this attempt ended before it could record how it went",
  isRetryable: true
}

const settleLost = (turn: Turn, node: NodeState.NodeState): void => {
  const { state } = turn
  if (state.interrupted !== undefined || node.cancelledBranch) return cancelAttempt(turn, node, "interrupted")
  const base = { _tag: "NodeFailed", nodeId: node.spec.id, attempt: node.attempt, error: lost } as const
  const mayRunAgain = node.lostAttempts < state.config.maxLostAttempts
  if (node.handling) {
    if (mayRunAgain) return turn.record({ ...base, handling: true })
    return turn.record({ ...base, error: node.error ?? lost, handlerError: lost })
  }
  if (mayRunAgain) return turn.record({ ...base, retryAtMillis: turn.nowMillis })
  if (node.spec.failure !== undefined) return turn.record({ ...base, handling: true })
  return turn.record(base)
}

/**
 * Records that a process owns the run, and settles what its last owner left open: attempts in flight are lost and run
 * again without using up a try, and a hook that is not registered any more owes nothing.
 */
export const takeUp = (turn: Turn, owner: string, hooks: ReadonlyArray<Event.GateHook>): void => {
  const { state } = turn
  turn.record({ _tag: "RunOwned", owner, hooks })
  const names = new Set(hooks.map((hook) => hook.name))
  for (const owed of state.owed.values()) {
    for (const hook of owed.hooks.filter((one) => !names.has(one))) {
      const message = "it is not registered in the process that took the run up"
      turn.record({ _tag: "HookFailed", hook, sequence: owed.sequence, cause: "Missing", message })
    }
  }
  if (state.inFlight === 0) return
  for (const node of state.nodes) if (node.inFlight) settleLost(turn, node)
}
