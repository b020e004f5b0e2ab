import { NodeStatus, type RunReason, type RunState } from "@dagflow/protocol"
import type { ActionRegistry } from "../action/Actions.ts"

/**
 * Tells why a process cannot go on with a run: it lacks actions that the run still needs, or has other versions of them.
 * Nodes that have ended need nothing any more. A node whose action is missing and was allowed to be fails once it is its turn.
 */
export const checkActions = (
  state: RunState.RunState,
  actions: ActionRegistry,
  allowChanged: ReadonlyArray<string>
): RunReason | undefined => {
  const needed = new Set<string>()
  for (const node of state.nodes) {
    if (NodeStatus.isEnded(node.status)) continue
    needed.add(node.spec.action)
    if (node.spec.failure !== undefined) needed.add(node.spec.failure)
  }
  const names = [...needed].sort()
  const missing = names.filter((name) => !actions.has(name) && !allowChanged.includes(name))
  const changed = names.flatMap((action) => {
    const recorded = state.actions[action] ?? ""
    const registered = actions.get(action)?.version ?? ""
    const isSame = recorded === registered || !actions.has(action) || allowChanged.includes(action)
    return isSame ? [] : [{ action, recorded, registered }]
  })
  return missing.length === 0 && changed.length === 0
    ? undefined
    : { _tag: "ActionsMissing", missing, changed }
}
