/** Where a run by the strategy `superstep` stands between its steps. */
import type { EventOf } from "../message/Event.ts"
import type { NodeState } from "./NodeState.ts"
import { isEnded } from "./NodeStatus.ts"

/** A step that has begun. */
export interface StepRecord {
  readonly started: EventOf<"StepStarted">
  readonly startedAtMillis: number
  /** How it ended, once it has. */
  completed: EventOf<"StepCompleted"> | undefined
  completedAtMillis: number | undefined
  /** Number of the event by which it ended; 0 before. */
  completedSequence: number
  /** The interrupt at which the run paused after it. */
  pause: EventOf<"RunPaused"> | undefined
}

/** Where a run stands between its steps. */
export interface StepState {
  /** Number of the last step that has begun; 0 before the first one. */
  number: number
  /** The step has not ended. */
  isOpen: boolean
  /** Sequence number of the event by which the step began. */
  startedSequence: number
  /** The nodes of the step, in their order. */
  frontier: ReadonlyArray<NodeState>
  /** Nodes that ran and ended since a step has completed last, in the order in which they ended. */
  ran: Array<NodeState>
  /** Nodes that were skipped or cancelled since a step has completed last. */
  skipped: Array<NodeState>
  /** Nodes before which the run was paused and that may start in the next step, since somebody has let the run go on. */
  passed: ReadonlySet<string> | undefined
  /** The run pauses once so many further steps have completed. */
  stepsLeft: number | undefined
  /** Every step so far, in order. */
  readonly records: Array<StepRecord>
}

/** The nodes of the step that have not ended. */
export const unended = ({ frontier }: StepState): ReadonlyArray<NodeState> =>
  frontier.filter(({ status }) => !isEnded(status))

/**
 * The nodes that ran, in the order in which what they wrote and where they led counts: first those that began in an earlier
 * step, in plan order, then those of this one in the order of its frontier. In what order they ended makes no difference.
 */
export const inOrder = ({ frontier, ran }: StepState): ReadonlyArray<NodeState> => {
  const ended = new Set(ran)
  const place = new Map(frontier.map((node, index) => [node, index]))
  const rank = (node: NodeState) => place.get(node) ?? -1
  return [...ended].sort((a, b) => rank(a) - rank(b) || a.index - b.index)
}
