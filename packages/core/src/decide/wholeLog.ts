/**
 * Where a log may end, so that whoever goes on from there finds nothing decided by half. The appends of an engine always end so; a
 * log that is cut at some event, by a fork or by hand, may not.
 */
import { type Envelope, Evolve, StepState, VisitState } from "@dagflow/protocol"
import { passes } from "./decideRoute.ts"
import { pointAfter } from "./strategy/Superstep.ts"

type Log = ReadonlyArray<Envelope.Envelope>

/** How many of the first events of a log stay when it is cut after so many: as many, or fewer where the cut tears something apart. */
export const wholeUntil = (log: Log, at: number = log.length): number =>
  wholeSteps(log, wholeDecisions(log, wholeFailures(log, wholeAnswers(log, at))))

// -- internal -------------------------------------------------------------------------------------------------------

const fold = (log: Log) => Evolve.fold(log[0]?.runId ?? "", log)

/**
 * An answer of a hook is one append: its commands, then `HookAnswered`. A log that ends between them would have the hook
 * asked again and its commands carried out twice, so such a log ends before the answer.
 */
const wholeAnswers = (log: Log, at: number): number => {
  const { owed } = fold(log.slice(0, at))
  if (owed.size === 0) return at
  const begun = log.findIndex(({ cause, sequence }) => {
    if (sequence > at || cause?.hook === undefined || cause.sequence === undefined) return false
    return owed.get(cause.sequence)?.hooks.includes(cause.hook) === true
  })
  return begun < 0 ? at : begun
}

/**
 * That a gate hook failed, and that the run ends by it, is one decision. A log that ends between both would have the run go on as if
 * the hook had nothing to say, so such a log ends before the failure, and the hook is asked again.
 */
const wholeFailures = (log: Log, at: number): number => {
  const last = log[at - 1]?.event
  if (last?._tag !== "HookFailed") return at
  const { config, interrupted, owed, result } = fold(log.slice(0, at - 1))
  const isFatal = config.onHookFailure === "fail" && interrupted === undefined && result === undefined
  return isFatal && owed.get(last.sequence)?.hooks.includes(last.hook) === true ? at - 1 : at
}

/**
 * What conditions came to, and that the node is skipped for it, is one decision. A log that ends between both would have the node
 * start, as one does whose conditions let it, so such a log ends before the decision.
 */
const wholeDecisions = (log: Log, at: number): number => {
  const last = log[at - 1]?.event
  if (last?._tag !== "NodeRouted") return at
  const next = log[at]?.event
  const isTorn =
    next === undefined
      ? isSkipped(log.slice(0, at - 1), last.nodeId)
      : next._tag === "NodeSkipped" && next.nodeId === last.nodeId
  return isTorn ? at - 1 : at
}

/**
 * The end of a step, and the visits to which its routes lead, the limit that they go beyond, or the pause after it, are one decision. A
 * log that ends between both would go on without the loop or the pause, so such a log ends before the end of the step.
 */
const wholeSteps = (log: Log, at: number): number => {
  const last = log[at - 1]
  if (last?.event._tag !== "StepCompleted") return at
  const state = fold(log.slice(0, at - 1))
  const { step } = state
  if (step === undefined) return at
  const { ran } = step
  const inOrder = StepState.inOrder(step)
  Evolve.evolve(state, last)
  if (state.interrupted !== undefined) return at
  const isPaused = state.status === "running" && pointAfter(state, step, ran) !== undefined
  return isPaused || VisitState.visitsAfter(state, inOrder).length > 0 ? at - 1 : at
}

/** Whether the conditions of a node skip it at the end of a log. */
const isSkipped = (log: Log, nodeId: string): boolean => {
  const state = fold(log)
  const node = state.byId.get(nodeId)
  return node !== undefined && !passes(state, node)
}
