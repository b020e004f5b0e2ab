import { NodeStatus, type RunReason, type RunState } from "@dagflow/protocol"
import type { ActionRegistry } from "../action/Actions.ts"
import type { ReducerRegistry } from "../action/ChannelReducers.ts"
import { reducerNames } from "../plan/internal/channelProblems.ts"

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
    // What a child run needs is asked for when that is taken up.
    if (node.spec.flow === undefined) needed.add(node.spec.action)
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
    ? checkReducers(state, actions.reducers)
    : { _tag: "ActionsMissing", missing, changed }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** Channels are merged at every step, so none of their reducers may be missing or another one. */
const checkReducers = (
  { flow, reducers }: RunState.RunState,
  known: ReducerRegistry
): RunReason | undefined => {
  if (flow?.channels === undefined) return undefined
  const names = reducerNames(flow)
  const missing = names.filter((name) => !known.has(name))
  const changed = names.flatMap((reducer) => {
    const recorded = reducers[reducer] ?? ""
    const registered = known.get(reducer)?.version ?? ""
    return recorded === registered || !known.has(reducer) ? [] : [{ reducer, recorded, registered }]
  })
  return missing.length === 0 && changed.length === 0
    ? undefined
    : { _tag: "ReducersMissing", missing, changed }
}
