/** How attempts begin that go on as child runs. */
import { type Budget, type NodeState, SubFlow } from "@dagflow/protocol"
import type { Turn } from "./Turn.ts"

type Node = NodeState.NodeState

/** Lets the next attempt of a node go on as a child run. It takes no slot: the attempts of that run do. */
export const startSubFlow = (
  turn: Turn,
  { attempt, spec }: Node,
  reserved: Budget.Estimate | undefined
): void => {
  const next = attempt + 1
  turn.record({
    _tag: "SubFlowStarted",
    nodeId: spec.id,
    attempt: next,
    runId: SubFlow.childRunId(turn.state.runId, spec.id, next),
    ...(reserved !== undefined && Object.keys(reserved).length > 0 && { reserved })
  })
}

/** Whether the child run of an attempt is not this run's: the log was copied from another one. */
export const isForeign = (turn: Turn, { attempt, child, spec }: Node): boolean =>
  child !== undefined && child !== SubFlow.childRunId(turn.state.runId, spec.id, attempt)

/** When an attempt that goes on as a child run has taken too long; `undefined` without a limit. */
export const childTimeoutAt = (
  nodeTimeoutMillis: number | undefined,
  { attempts, spec }: Node
): number | undefined => {
  const limit = spec.timeoutMillis ?? nodeTimeoutMillis
  return limit === undefined ? undefined : (attempts.at(-1)?.startedAtMillis ?? 0) + limit
}
