/** The part of the fold that lets attempts go on as child runs. */
import type { EventOf } from "../message/Event.ts"
import { reserve } from "./evolveBudget.ts"
import { moveNode, openAttempt } from "./moveNode.ts"
import type { RunState } from "./RunState.ts"

/** An attempt goes on as a child run. It holds no slot, and ends once that run has. */
export const startSubFlow = (state: RunState, event: EventOf<"SubFlowStarted">, at: number): void => {
  const { attempt, nodeId, reserved, runId } = event
  const node = state.byId.get(nodeId)
  const complain = (message: string): void => {
    state.violations.push(`${event._tag} at ${state.sequence}: ${message}`)
  }
  if (node === undefined) return complain(`there is no node "${nodeId}"`)
  if (node.spec.flow === undefined || node.spec.forEach !== undefined) {
    return complain(
      `"${nodeId}" ${node.spec.flow === undefined ? "has no flow" : "has no attempts, its items do"}`
    )
  }
  if (attempt !== node.attempt + 1)
    return complain(`attempt ${attempt} of "${nodeId}" follows ${node.attempt}`)
  if (node.status === "running") return complain(`node "${nodeId}" is running`)
  if (moveNode(state, node, "running", event._tag) === undefined) return
  openAttempt(node, attempt, "action", at, reserved, runId)
  node.child = runId
  state.children.add(node)
  if (node.level > state.level) state.level = node.level
  if (node.list?.items !== undefined) node.list.items.inFlight++
  if (state.budget !== undefined) reserve(state, node, reserved ?? {})
}
