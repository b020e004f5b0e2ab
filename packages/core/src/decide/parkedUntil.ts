/** Whether all that remains of a run waits, and until when. */
import { neverMillis, type NodeState, RunStatus, type RunState } from "@dagflow/protocol"
import { childTimeoutAt } from "./decideSubFlow.ts"
import type { Frontier } from "./Frontier.ts"
import { areListsHeld, isHeldByChildren } from "./heldByChildren.ts"

type Node = NodeState.NodeState

/**
 * Whether a barrier holds back all that is ready until a retry comes, as the strategy says. Only a retry ends that by itself:
 * what else holds a barrier is in work.
 */
const isHeldByRetry = (state: RunState.RunState, frontier: Frontier): boolean => {
  const { first } = frontier
  return state.counts.retrying > 0 && first !== undefined && frontier.holds(state, first)
}

/** Whether nothing of a run is in work and nothing of it may start: somebody has to do something, or a time has to come. */
export const rests = (state: RunState.RunState, frontier: Frontier): boolean =>
  state.inFlight === 0 &&
  state.owed.size === 0 &&
  state.interrupted === undefined &&
  state.result === undefined &&
  frontier.awaited.size === 0 &&
  areListsHeld(state, frontier) &&
  (frontier.size === 0 ||
    state.status === "paused" ||
    isHeldByRetry(state, frontier) ||
    isHeldByChildren(state, frontier)) &&
  !RunStatus.isEnded(state.status)

/** When a node goes on by itself. A pause holds retries back, and deadlines not. */
const dueOf = (state: RunState.RunState, node: Node): number => {
  switch (node.status) {
    case "waiting":
      return node.wait?.untilMillis ?? neverMillis
    case "running":
      return node.child === undefined
        ? neverMillis
        : (childTimeoutAt(state.config.nodeTimeoutMillis, node) ?? neverMillis)
    case "retrying":
      return state.status === "paused" || node.pausedBranches > 0 ? neverMillis : (node.retryAtMillis ?? 0)
    default:
      return neverMillis
  }
}

/** The time at which a run is over, whatever it does. */
export const timeoutOf = ({ config, fork, startedAtMillis }: RunState.RunState): number | undefined =>
  config.timeoutMillis === undefined ? undefined : (fork?.atMillis ?? startedAtMillis) + config.timeoutMillis

/** When a run that rests has to go on by itself: its first deadline, retry or end of a sleep; else `neverMillis`. */
export const parkedUntil = (state: RunState.RunState): number => {
  let first = timeoutOf(state) ?? neverMillis
  if (state.counts.waiting + state.counts.retrying + state.children.size > 0) {
    for (const node of state.nodes) first = Math.min(first, dueOf(state, node))
  }
  return Math.max(0, first)
}
