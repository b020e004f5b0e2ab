/** The alarms of nodes between their attempts: when the next one is due, and when a wait has lasted for long enough. */
import type { NodeState, RunState } from "@dagflow/protocol"
import type { Alarms } from "./Alarms.ts"
import type { Alarm } from "./Message.ts"

/** Sets the alarm for the next attempt of a node. */
export const setRetry = (alarms: Alarms<Alarm>, node: NodeState.NodeState): void => {
  if (node.retryAtMillis === undefined) return
  alarms.set(node.retryAtMillis, { _tag: "Retry", node, attempt: node.attempt })
}

/** Sets the alarm for the deadline of a node's open wait, if it has one. */
export const setDeadline = (alarms: Alarms<Alarm>, node: NodeState.NodeState): void => {
  const untilMillis = node.wait?.untilMillis
  if (untilMillis === undefined) return
  alarms.set(untilMillis, { _tag: "WaitDeadline", node, attempt: node.attempt })
}

/** Sets the alarms of a run that another coordinator had before. */
export const restoreAlarms = (alarms: Alarms<Alarm>, state: RunState.RunState): void => {
  for (const node of state.nodes) {
    if (node.status === "retrying") setRetry(alarms, node)
    if (node.status === "waiting") setDeadline(alarms, node)
  }
}
