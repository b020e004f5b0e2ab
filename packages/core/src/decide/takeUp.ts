/** What a new owner settles before the run goes on: attempts and answers that were lost with the last one. */
import type { Event, NodeState } from "@dagflow/protocol"
import { cancelAttempt, failLost, lost } from "./decideReport.ts"
import { isForeign } from "./decideSubFlow.ts"
import type { Turn } from "./Turn.ts"

const settleLost = (turn: Turn, node: NodeState.NodeState): void => {
  const { state } = turn
  if (state.interrupted !== undefined || node.cancelledBranch) return cancelAttempt(turn, node, "interrupted")
  const nodeId = node.spec.id
  const { attempt } = node
  if (node.spec.recovery === "at_most_once") {
    return turn.record({ _tag: "NodeWaiting", nodeId, attempt, wait: { _tag: "Recovery" } })
  }
  if (node.lostAttempts < state.config.maxLostAttempts) return failLost(turn, node)
  const base = { _tag: "NodeFailed", nodeId, attempt, error: lost } as const
  if (node.handling) return turn.record({ ...base, error: node.error ?? lost, handlerError: lost })
  if (node.spec.failure !== undefined) return turn.record({ ...base, handling: true })
  return turn.record(base)
}

/**
 * Records that a process owns the run, and settles what its last owner left open: attempts in flight are lost and run
 * again without using up a try (child runs go on, unless they are those of the run that this one is a fork of), or wait for somebody's word where they must not run twice, and a hook that is not registered any more owes nothing.
 */
export const takeUp = (
  turn: Turn,
  owner: string,
  hooks: ReadonlyArray<Event.GateHook>,
  traceparent?: string
): void => {
  const { state } = turn
  turn.record({ _tag: "RunOwned", owner, hooks, ...(traceparent !== undefined && { traceparent }) })
  const names = new Set(hooks.map((hook) => hook.name))
  for (const owed of state.owed.values()) {
    for (const hook of owed.hooks.filter((one) => !names.has(one))) {
      const message = "it is not registered in the process that took the run up"
      turn.record({ _tag: "HookFailed", hook, sequence: owed.sequence, cause: "Missing", message })
    }
  }
  for (const node of state.children) if (isForeign(turn, node)) settleLost(turn, node)
  if (state.inFlight === 0) return
  for (const node of state.nodes) if (node.inFlight) settleLost(turn, node)
}
