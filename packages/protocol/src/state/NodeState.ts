/** What is known of one node, folded from the log of its run. */
import type * as Schema from "effect/Schema"
import type { Estimate } from "../definition/Budget.ts"
import type { NodeSpec } from "../definition/NodeSpec.ts"
import type { NodeError } from "../error/NodeError.ts"
import type { EventOf, Outputs, Usage } from "../message/Event.ts"
import type { BudgetAccount } from "./BudgetState.ts"
import type { ChannelState } from "./ChannelState.ts"
import type { PayloadState } from "./payload.ts"
import type { NodeStatus } from "./NodeStatus.ts"
import type { VisitState, WrittenState } from "./VisitState.ts"

/** A signal that was sent to a node. */
export interface SignalRecord {
  /** Number of the event that records it. */
  readonly sequence: number
  readonly atMillis: number
  readonly payload: Outputs
  readonly by: string | undefined
  readonly comment: string | undefined
  readonly commandId: string | undefined
  readonly commandHash: string | undefined
}

/** The wait that an attempt ended in. */
export interface WaitState {
  readonly opened: EventOf<"NodeWaiting">
  readonly sinceMillis: number
  /** When the deadline passes; `undefined` without one, and once it has paused the run. */
  untilMillis: number | undefined
  /** The deadline has passed and the wait goes on: it paused the run. */
  isOverdue: boolean
  /** The signal that answers it. */
  answer: SignalRecord | undefined
  endedAtMillis: number | undefined
  /** What ended it; `undefined` while it is open, and when it was cancelled. */
  end: "signal" | "deadline" | undefined
}

/** How one attempt went. */
export interface AttemptState {
  readonly number: number
  readonly role: "action" | "handler"
  readonly startedAtMillis: number
  endedAtMillis: number | undefined
  error: NodeError | undefined
  usage: Usage | undefined
  /** What budgets set aside for it. */
  readonly reserved: Estimate | undefined
  /** The child run that it goes on as; `undefined` for an attempt of an action. */
  readonly childRunId: string | undefined
  /** The wait that it ended in; the attempt itself was over when it opened. */
  wait: WaitState | undefined
}

/** What the conditions of a node came to. */
export interface RouteState {
  /** Dependencies whose edge does not count; they count as skipped. */
  readonly inactive: ReadonlySet<NodeState>
  /** Why a condition could not be evaluated; the node's attempt fails with it. */
  readonly error: NodeError | undefined
}

/** The items of a node that is mapped over a list, once the list is known. */
export interface ItemsState {
  /** In the order of the list. */
  readonly nodes: ReadonlyArray<NodeState>
  /** Items whose attempt goes on, in a slot or as a child run. */
  inFlight: number
  /** How many of these there may be. */
  readonly bound: number
  /** Items whose end does not count yet. */
  unsettled: number
}

/** What a node sees of the run that it is part of, however much happens while it goes on. */
export interface SeenState {
  /** The event by which it began; what ended later it does not see. */
  readonly sequence: number
  readonly channels: ReadonlyMap<string, ChannelState>
}

/** What is known of one node. The fold is the only writer; everybody else reads. */
export interface NodeState {
  /** Place in plan order; added nodes follow in the order in which they were added. */
  readonly index: number
  spec: NodeSpec
  readonly dependencies: Array<NodeState>
  readonly dependents: Array<NodeState>
  /** Sequence number of the event that added the node; 1 for the nodes of the definition. */
  readonly addedBySequence: number
  /** Dependencies that count as met although they failed: the node was added in answer to their failure. */
  readonly met: ReadonlySet<string> | undefined
  status: NodeStatus
  /** Number of the last attempt; 0 before the first. */
  attempt: number
  /** The last attempt goes on and holds a slot. */
  inFlight: boolean
  /** Attempts that use up `tries`: lost ones do not. */
  triesUsed: number
  lostAttempts: number
  /** All attempts so far, the current one last. */
  attempts: Array<AttemptState>
  outputs: Outputs | undefined
  metadata: Readonly<Record<string, Schema.Json>> | undefined
  usage: Usage | undefined
  recovered: boolean
  /** When the outputs were recorded that were used again, if they were. */
  cachedAtMillis: number | undefined
  /** The outputs were edited when the run was forked. */
  edited: boolean
  /** The error of the last failed attempt, or the first error once a failure handler has failed too. */
  error: NodeError | undefined
  handlerError: NodeError | undefined
  /** The failure handler is next, or it is running. */
  handling: boolean
  retryAtMillis: number | undefined
  /** The wait that is open, of the last attempt. */
  wait: WaitState | undefined
  /** Id of the child run that the last attempt goes on as, while it does. It holds no slot. */
  child: string | undefined
  /** Signals that came before a wait opened, in the order in which they came. */
  signals: Array<SignalRecord> | undefined
  enabled: boolean
  skip: EventOf<"NodeSkipped"> | undefined
  cancel: EventOf<"NodeCancelled"> | undefined
  endedAtMillis: number | undefined
  /** Sequence number of the event that ended the node; 0 before. */
  endedSequence: number
  /** The level that the node runs in by the strategy `level`; 0 by any other. */
  level: number
  /** The last step whose frontier the node was in; 0 when it was in none. */
  step: number
  /** Dependencies whose end does not count yet: they go on, or a gate hook still owes its answer. */
  unsettled: number
  readonly ends: { succeeded: number; failed: number; skipped: number }
  /** The dependency that settled last in a way that is not a success; it explains a skip. */
  lastUnsuccessful: NodeState | undefined
  /** What it wrote to channels and where it led, if either. */
  written: WrittenState | undefined
  /** Its part in routes and loops, once a route or a loop has touched it. */
  visits: VisitState | undefined
  /** What it sees since it has begun and until it ends; absent in runs without steps, where nothing changes for it. */
  seen: SeenState | undefined
  /** Whether the end of this node counts for its dependents. */
  settled: boolean
  /** What is known of it for payloads; absent as long as no node of the run has an intent. */
  payload: PayloadState | undefined
  /** The node or an edge to it has a condition. */
  isConditional: boolean
  /** What the conditions came to, once all dependencies have settled. */
  route: RouteState | undefined
  /** The node whose item this is; it has no dependencies of its own. */
  list: NodeState | undefined
  /** Its place in the list, from 0 on. */
  place: number
  /** The items that it has expanded to. */
  items: ItemsState | undefined
  /** The branches that somebody has named and that the node belongs to. */
  readonly branches: Array<BranchState>
  /** Paused branches that hold the node back. */
  pausedBranches: number
  /** The node belongs to a cancelled branch. */
  cancelledBranch: boolean
}

/** A branch that somebody has paused or cancelled. Its members are fixed by the dependencies of the nodes. */
export interface BranchState {
  readonly name: string
  status: "running" | "paused" | "cancelled"
  readonly members: Set<NodeState>
  reason: string | undefined
  /** What the branch may use up, if it has a budget of its own. */
  budget: BudgetAccount | undefined
}
