/** What is known of a run, folded from its log. */
import type { ResolvedConfig } from "../definition/FlowConfig.ts"
import type { FlowSpec } from "../definition/FlowSpec.ts"
import type { Rejection } from "../error/Rejection.ts"
import type { ContinuedRun, EventOf, ForkOrigin, ParentRun } from "../message/Event.ts"
import type { RunResult } from "../message/RunResult.ts"
import type { Interrupt } from "../message/Step.ts"
import type * as Schema from "effect/Schema"
import type { BudgetState } from "./BudgetState.ts"
import type { ChannelState } from "./ChannelState.ts"
import type { BranchState, NodeState } from "./NodeState.ts"
import type * as NodeStatus from "./NodeStatus.ts"
import type { RunStatus } from "./RunStatus.ts"
import type { StepState } from "./StepState.ts"

/** Answers that gate hooks owe to one event, in the order in which the hooks are asked. */
export interface OwedAnswers {
  readonly sequence: number
  readonly hooks: Array<string>
  /** The node that the event is about. */
  readonly nodeId: string | undefined
  /** The node whose end waits for the answers. */
  node: NodeState | undefined
  /** A node was added in answer to the failure: no failure policy fires. */
  handled: boolean
}

/** One event that added nodes to the run, with what it goes back to. */
export interface GrowthRecord {
  readonly sequence: number
  readonly atMillis: number
  /** Place of the first added node in `nodes`; the others follow it without a gap. */
  readonly firstIndex: number
  readonly nodeCount: number
  /** Number of the round of growth that it belongs to, from 1 on; for items of a list, of the last round before them. */
  readonly round: number
  /** The nodes are later visits of others. */
  readonly isLoop: boolean
  /** The hook whose answer added the nodes; neither hook nor command id: a command without an id did. */
  readonly hook: string | undefined
  readonly commandId: string | undefined
  /** The node whose event the hook answered to; without a hook, the node whose list the nodes are the items of. */
  readonly nodeId: string | undefined
}

/** What became of a command that had an id. */
export interface CommandRecord {
  readonly hash: string
  readonly sequence: number
  readonly rejection: Rejection | undefined
  /** It was a signal, and is kept for a wait that is to come. */
  readonly isKept: boolean
}

/** Where a run stands. The fold is the only writer; everybody else reads. */
export interface RunState {
  runId: string
  /** Number of the last folded event; 0 for the state of an empty log. */
  sequence: number
  epoch: number
  owner: string | undefined
  /** The span of the run in the process that traced it first. */
  traceparent: string | undefined
  status: RunStatus
  flow: FlowSpec | undefined
  hash: string
  config: ResolvedConfig
  inputs: Readonly<Record<string, Schema.Json>>
  seed: number
  actions: Readonly<Record<string, string>>
  /** Versions of the reducers that have one, by name. */
  reducers: Readonly<Record<string, string>>
  startedAtMillis: number
  /** The run that this one was forked from. */
  fork: ForkOrigin | undefined
  /** The node that this run is an attempt of, in its parent run. */
  parent: ParentRun | undefined
  /** The ended run that this one continues. */
  continues: ContinuedRun | undefined
  endedAtMillis: number | undefined
  /** Every node, by `index`. */
  readonly nodes: Array<NodeState>
  readonly byId: Map<string, NodeState>
  /** The nodes that carry the label of a branch, by label. */
  readonly labelled: Map<string, Array<NodeState>>
  /** Nodes by status. */
  readonly counts: Record<NodeStatus.NodeStatus, number>
  /** Nodes that are going to be retried. */
  readonly retrying: Set<NodeState>
  /** Nodes that wait for a time alone. */
  readonly sleeping: Set<NodeState>
  /** Attempts that go on; each holds a slot. */
  inFlight: number
  /** Nodes whose attempt goes on as a child run. */
  readonly children: Set<NodeState>
  /** The most attempts that ever went on at once. */
  inFlightMax: number
  /** Highest number among ids of the form `<action>_<n>`, by action; the next generated id takes the next number. */
  readonly generated: Map<string, number>
  /** The deepest level of which a node has started; -1 before the first start. */
  level: number
  /** Where the run stands between its steps; only runs by the strategy `superstep` have some. */
  step: StepState | undefined
  /** What the channels hold while the step goes on, by name. */
  channels: ReadonlyMap<string, ChannelState>
  /** Values that somebody has set since the last step ended and that count from the next one on. */
  readonly edits: Map<string, Schema.Json>
  /** Nodes that are later visits of others. */
  visitCount: number
  /** Nodes that a dependency has led past, in the order in which that came out. */
  readonly passedOver: Set<NodeState>
  /** Rounds of growth: commands and answers of hooks that added nodes, each counted once. */
  iterations: number
  /** The answer that grew the run last, as `<hook>:<sequence>`; its further commands are the same round. */
  lastGrowth: string | undefined
  /** Every event that added nodes after the start of the run, by its sequence number, in the order of the log. */
  readonly growth: Map<number, GrowthRecord>
  /** Nodes that have failed for good, in the order of their failures. */
  readonly failures: Array<NodeState>
  /** Failed nodes to which a hook has found an answer. */
  readonly handled: Set<NodeState>
  readonly branches: Map<string, BranchState>
  /** What the run and its branches may use up and have; `undefined` without any budget. */
  budget: BudgetState | undefined
  /** The run is being brought to its end. */
  interrupted: EventOf<"RunInterrupted"> | undefined
  /** Why nothing starts. `isCommanded`: somebody asked for it; otherwise only failures did. */
  pause:
    | {
        readonly reason: string | undefined
        readonly isCommanded: boolean
        readonly interrupt: Interrupt | undefined
      }
    | undefined
  /** What paused the run besides commands: failed nodes by their policy, and nodes that wait past their deadline. */
  readonly pausedBy: Set<NodeState>
  /** Present once a node has an intent: the completed transform that gives the final payload, if there is one. */
  payload: { from: NodeState | undefined } | undefined
  /** The settled result, once nothing remains to be done. */
  result: RunResult | undefined
  /** Gate hooks of the owner, in the order in which they are asked, by the event tag they listen to. */
  readonly gates: Map<string, ReadonlyArray<string>>
  /** Owed answers by the sequence number of the event; an entry goes when its last answer has come. */
  readonly owed: Map<number, OwedAnswers>
  readonly commands: Map<string, CommandRecord>
  /**
   * Nodes whose dependencies have all settled, in the order in which they did, and nodes whose wait may be answered; the
   * scheduler takes them from here.
   */
  readonly due: Array<NodeState>
  /** Nodes whose final failure has settled unhandled and whose policy has not fired yet. */
  readonly unhandled: Array<NodeState>
  /** Nodes that have ended with signals kept for them; each signal is refused, and then forgotten. */
  readonly leftovers: Array<NodeState>
  /** What the log says that the tables of legal transitions do not allow. Empty unless there is a defect. */
  readonly violations: Array<string>
}
