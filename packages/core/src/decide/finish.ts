/** Whether anything remains to be done in a run, and how it ends when nothing does. */
import { type Budget, type NodeState, Payload, type RunResult, type RunState } from "@dagflow/protocol"
import type { Frontier } from "./Frontier.ts"
import { interruptRun } from "./interruptRun.ts"
import { areListsHeld, isHeldByChildren } from "./heldByChildren.ts"
import type { Turn } from "./Turn.ts"

type Result = RunResult.RunResult

const listFailures = (state: RunState.RunState): ReadonlyArray<RunResult.FailedNode> =>
  state.failures.flatMap((node) =>
    node.error === undefined || state.handled.has(node)
      ? []
      : [{ nodeId: node.spec.id, attempts: node.attempt, error: node.error }]
  )

/** The budgets that are used up. Of a branch whose budget stopped it, the rest of the run has gone on. */
const shortagesOf = ({ budget }: RunState.RunState): ReadonlyArray<Budget.Shortage> =>
  [budget?.run, ...(budget?.branches.values() ?? [])].flatMap((account) => account?.shortage ?? [])

const failed = (failure: RunResult.RunFailure): Result => ({ _tag: "Failed", failure })

/** How a run that was interrupted ends. */
const interruptedResult = (state: RunState.RunState): Result | undefined => {
  const { interrupted } = state
  if (interrupted?.failure !== undefined) return failed(interrupted.failure)
  switch (interrupted?.cause) {
    case undefined:
    case "channel_failed":
    case "limit_reached":
    case "stalled":
      return undefined
    case "cancelled":
      return interrupted?.reason === undefined
        ? { _tag: "Cancelled" }
        : { _tag: "Cancelled", reason: interrupted.reason }
    case "timed_out":
      return failed({ _tag: "TimedOut", timeoutMillis: state.config.timeoutMillis ?? 0 })
    case "hook_failed":
      return failed({
        _tag: "HookFailed",
        hook: interrupted?.hook ?? "",
        message: interrupted?.reason ?? "it failed"
      })
    case "budget_exhausted":
      return failed({ _tag: "BudgetExhausted", shortages: shortagesOf(state) })
    case "halted":
      return failed({ _tag: "NodesFailed", nodes: listFailures(state) })
  }
}

/** A run completes with the final payload, if its nodes take part in one. */
const completed = (state: RunState.RunState): Result & { readonly _tag: "Completed" } => {
  const payload = Payload.ofRun(state)
  return payload === undefined ? { _tag: "Completed" } : { _tag: "Completed", payload }
}

/** How a run ends whose nodes have all ended by themselves. */
const ownResult = (state: RunState.RunState): Result => {
  const failures = listFailures(state)
  const shortages = state.budget === undefined ? [] : shortagesOf(state)
  if (failures.length === 0) {
    return shortages.length === 0 ? completed(state) : failed({ _tag: "BudgetExhausted", shortages })
  }
  const isForgiven = state.failures.every(
    (node) => state.handled.has(node) || (node.spec.onFailure ?? state.config.onFailure) === "best_effort"
  )
  return isForgiven
    ? { ...completed(state), failed: failures }
    : failed({ _tag: "NodesFailed", nodes: failures })
}

/**
 * Whether somebody has to do something before anything can happen: the run or one of its branches is paused, or a node
 * waits for an answer.
 */
export const isWaiting = (state: RunState.RunState): boolean => {
  if (state.status === "paused" || state.counts.waiting > 0) return true
  for (const branch of state.branches.values()) {
    if (branch.status !== "paused") continue
    for (const node of branch.members) {
      if (node.status === "pending" || node.status === "retrying" || node.status === "running") return true
    }
  }
  return false
}

/**
 * Whether a retry or the end of a sleep is due at some time, with nobody holding it back. A retry that is ready, and has to wait
 * all the same, is no matter of time any more.
 */
export const hasTimer = (
  { retrying, sleeping, status }: RunState.RunState,
  isReady: (node: NodeState.NodeState) => boolean = () => false
): boolean => {
  if (status === "paused") return false
  if (sleeping.size > 0) return true
  for (const node of retrying) if (node.pausedBranches === 0 && !isReady(node)) return true
  return false
}

/** Whether the run itself has nothing to do: no attempt, no answer, no timer and no start is outstanding. */
export const isQuiet = (state: RunState.RunState, frontier: Frontier): boolean =>
  state.children.size === 0 && isStill(state, frontier)

/** Whether all that goes on in a run does in its child runs; `nowMillis`: by then, what waits for a time later than that goes on. */
export const isStill = (state: RunState.RunState, frontier: Frontier, nowMillis = -Infinity): boolean =>
  state.inFlight === 0 &&
  frontier.awaited.size === 0 &&
  (areListsHeld(state, frontier) || state.interrupted !== undefined) &&
  state.owed.size === 0 &&
  (frontier.size === 0 ||
    state.status === "paused" ||
    state.interrupted !== undefined ||
    isHeldByChildren(state, frontier)) &&
  !hasTimer(state, (node) => frontier.size > 0 && (node.retryAtMillis ?? Infinity) <= nowMillis)

const end = (turn: Turn, result: Result): void => {
  switch (result._tag) {
    case "Completed":
      return turn.record({ _tag: "RunCompleted" })
    case "Failed":
      return turn.record({ _tag: "RunFailed", failure: result.failure })
    case "Cancelled":
      return turn.record(
        result.reason === undefined
          ? { _tag: "RunCancelled" }
          : { _tag: "RunCancelled", reason: result.reason }
      )
  }
}

const settleResult = (turn: Turn): Result => {
  const { state } = turn
  const interrupted = interruptedResult(state)
  if (interrupted !== undefined) return interrupted
  const stuck = state.nodes.filter((node) => node.status === "pending" || node.status === "running")
  if (stuck.length === 0) return ownResult(state)
  interruptRun(turn, { cause: "stalled" })
  return failed({ _tag: "Stalled", nodeIds: stuck.map((node) => node.spec.id) })
}

/**
 * Brings the run to its end once nothing remains: first the result is settled and `onComplete` of the hooks asked, then,
 * when they have answered, the last event is recorded. `mayEnd`: the last event may be recorded; that of a child run comes after
 * its parent has been told.
 */
export const finish = (turn: Turn, frontier: Frontier, mayEnd = true): void => {
  const { state } = turn
  if (!isQuiet(state, frontier)) return
  if (state.result === undefined) {
    if (state.interrupted === undefined && isWaiting(state)) return
    turn.record({ _tag: "RunEnding", result: settleResult(turn) })
  }
  if (mayEnd && state.owed.size === 0 && state.result !== undefined) end(turn, state.result)
}
