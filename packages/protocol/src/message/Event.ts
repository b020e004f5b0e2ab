/**
 * Events say what happened in a run. A run's state is the fold of its events, so what is not an event did not happen.
 *
 * An event is never renamed or given another type: it gains optional fields, or a new event takes its place.
 */
import * as Schema from "effect/Schema"
import { Estimate, limits, Shortage } from "../definition/Budget.ts"
import { Binding } from "../definition/Binding.ts"
import { ResolvedConfig } from "../definition/FlowConfig.ts"
import { FlowSpec } from "../definition/FlowSpec.ts"
import { NodeSpec } from "../definition/NodeSpec.ts"
import { HookFailureCause } from "../error/HookFailureCause.ts"
import { NodeError } from "../error/NodeError.ts"
import { Rejection } from "../error/Rejection.ts"
import { RunFailure, RunResult } from "./RunResult.ts"
import { Interrupt, StepCompleted, StepStarted } from "./Step.ts"
import { Deadline, Outputs, Wait, WaitEnd } from "./Wait.ts"

export { Outputs, StepCompleted, StepStarted }

const nodeId = Schema.String
const attempt = Schema.Int
const reason = Schema.optionalKey(Schema.String)

/** What an attempt used up, as its action reports it. Budgets look at `tokens` and `cost`. */
export const Usage = Schema.Record(Schema.String, Schema.Finite)
/** What an attempt used up, as its action reports it. */
export type Usage = typeof Usage.Type

/** A gate hook of the process that owns a run: the run waits for its answers to events of these tags. */
export const GateHook = Schema.Struct({ name: Schema.String, on: Schema.Array(Schema.String) })
/** A gate hook of the process that owns a run. */
export type GateHook = typeof GateHook.Type

/** Where a run comes from that did not begin anew: its first events are those of another run. */
export const ForkOrigin = Schema.Struct({
  /** The run whose events were copied. */
  runId: Schema.String,
  /** The last event of it that was looked at. */
  sequence: Schema.Int,
  /** When it was copied, in milliseconds since 1970; the time-out of the run counts from here. */
  atMillis: Schema.Finite,
  /** Nodes that were to run again, with all that depends on them; absent when the log was copied as it was. */
  rerun: Schema.optionalKey(Schema.Array(Schema.String))
})
/** Where a run comes from that did not begin anew. */
export type ForkOrigin = typeof ForkOrigin.Type

/** The ended run that this one continues: its durable channels go on, and so does the count of its steps. */
export const ContinuedRun = Schema.Struct({
  runId: Schema.String,
  /** Its last step; the first one here is the next. */
  step: Schema.Int,
  /** What its durable channels held at its end, and their versions, by name. */
  channels: Schema.Record(
    Schema.String,
    Schema.Struct({ value: Schema.optionalKey(Schema.Json), version: Schema.Int })
  )
})
/** The ended run that this one continues. */
export type ContinuedRun = typeof ContinuedRun.Type

/** The node that a child run is an attempt of. */
export const ParentRun = Schema.Struct({
  runId: Schema.String,
  nodeId: Schema.String,
  attempt: Schema.Int,
  /** How many runs are above this one: 1 for a child of a run that has no parent. */
  depth: Schema.Int,
  /** The nodes of this run that give the outputs of that node, by the name of the output. */
  returns: Schema.Record(Schema.String, Schema.String)
})
/** The node that a child run is an attempt of. */
export type ParentRun = typeof ParentRun.Type

/** A node runs once more, as a node of its own: `of` is the node, and `by` lists the nodes that led here. */
export const Visit = Schema.Struct({ id: Schema.String, of: Schema.String, by: Schema.Array(Schema.String) })
/** A node runs once more, as a node of its own. */
export type Visit = typeof Visit.Type

/** Where a node led: to these nodes, in this order, and with `edges` also to those that depend on it. */
export const Routes = Schema.Struct({ to: Schema.Array(Schema.String), edges: Schema.Boolean })
/** Where a node led. */
export type Routes = typeof Routes.Type

/** The first event of every run: what it runs, with what, and how. Its nodes are those of the definition. */
export const RunStarted = Schema.TaggedStruct("RunStarted", {
  /** The flow as planned: every node has its id, and the nodes stand in plan order. */
  flow: FlowSpec,
  /** Fingerprint of the flow's definition. */
  hash: Schema.String,
  inputs: Schema.Record(Schema.String, Schema.Json),
  config: ResolvedConfig,
  /** Start of every random choice of the run. */
  seed: Schema.Int,
  /** Versions of the actions that have one, by action name. */
  actions: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** Versions of the reducers that have one, by reducer name. */
  reducers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  fork: Schema.optionalKey(ForkOrigin),
  continues: Schema.optionalKey(ContinuedRun),
  /** The run is a child: what it comes to is told to its parent before it ends. */
  parent: Schema.optionalKey(ParentRun)
})
/** A process took the run up; `epoch` of the envelope is its fencing token. */
export const RunOwned = Schema.TaggedStruct("RunOwned", {
  owner: Schema.String,
  hooks: Schema.Array(GateHook),
  /** The span of the run in that process, by the W3C header of that name. */
  traceparent: Schema.optionalKey(Schema.String)
})
/**
 * No node starts from here on. `nodeId`: the failure, or the wait past its deadline, that paused the run; `interrupt`: where
 * between two steps it was told to pause; `exhausted`: its budget did, as `BudgetExhausted` has just told.
 */
export const RunPaused = Schema.TaggedStruct("RunPaused", {
  reason,
  nodeId: Schema.optionalKey(nodeId),
  interrupt: Schema.optionalKey(Interrupt),
  exhausted: Schema.optionalKey(Schema.Boolean)
})
/** Nodes may start again; failures that paused the run have been set back before. */
export const RunResumed = Schema.TaggedStruct("RunResumed", {
  reason,
  /** The run pauses again once so many steps have completed. */
  steps: Schema.optionalKey(Schema.Int)
})
/** The run is being brought to its end: nothing starts any more and running attempts are interrupted. */
export const RunInterrupted = Schema.TaggedStruct("RunInterrupted", {
  cause: Schema.Literals([
    "halted",
    "cancelled",
    "timed_out",
    "hook_failed",
    "stalled",
    "channel_failed",
    "limit_reached",
    "budget_exhausted"
  ]),
  reason,
  /** The node whose failure halted the run. */
  nodeId: Schema.optionalKey(nodeId),
  /** The hook whose failure ended the run. */
  hook: Schema.optionalKey(Schema.String),
  /** How the run ends, for causes that no node and no hook explains. */
  failure: Schema.optionalKey(RunFailure)
})
/** Nothing remains to be done and the result is settled; `onComplete` of the hooks is asked. */
export const RunEnding = Schema.TaggedStruct("RunEnding", { result: RunResult })
/** The last event of a run that completed. */
export const RunCompleted = Schema.TaggedStruct("RunCompleted", {})
/** The last event of a run that failed, with why. */
export const RunFailed = Schema.TaggedStruct("RunFailed", { failure: RunFailure })
/** The last event of a run that somebody cancelled. */
export const RunCancelled = Schema.TaggedStruct("RunCancelled", { reason })

/** The run grew. `met` lists, by added node, dependencies that count as met although they failed. */
export const NodesAdded = Schema.TaggedStruct("NodesAdded", {
  nodes: Schema.Array(NodeSpec),
  met: Schema.optionalKey(Schema.Record(Schema.String, Schema.Array(Schema.String))),
  /** `"same"`: it belongs to the round of growth that goes on, and is none of its own. */
  round: Schema.optionalKey(Schema.Literal("same")),
  /** Versions of the actions that have one and that the run had no version of, by action name. */
  actions: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** Nodes that run once more, since a loop has come back to them. */
  visits: Schema.optionalKey(Schema.Array(Visit))
})
/** Named inputs of a pending node were replaced; its others stay. */
export const NodeInputsSet = Schema.TaggedStruct("NodeInputsSet", {
  nodeId,
  inputs: Schema.Record(Schema.String, Binding)
})
/**
 * An attempt holds a slot and starts. `role: handler`: it is the node's failure handler. `reserved`: what its budgets have set
 * aside for it; what they limit and nobody has estimated is missing there.
 */
export const NodeStarted = Schema.TaggedStruct("NodeStarted", {
  nodeId,
  attempt,
  role: Schema.optionalKey(Schema.Literals(["handler"])),
  reserved: Schema.optionalKey(Estimate)
})
/**
 * The list of a node is known, and the node goes on as that many items, `name[0]`, `name[1]` …, each a node of its own. The
 * attempt is over once all of them have ended; it holds no slot.
 */
export const NodeExpanded = Schema.TaggedStruct("NodeExpanded", {
  nodeId,
  attempt,
  count: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))
})
/**
 * An attempt goes on as a child run of that id, which whoever owns this run creates unless it is there. The attempt holds no
 * slot, and is over once the child run has told how it ended.
 */
export const SubFlowStarted = Schema.TaggedStruct("SubFlowStarted", {
  nodeId,
  attempt,
  runId: Schema.String,
  reserved: Schema.optionalKey(Estimate)
})
/** An attempt succeeded, and with it the node. Its outputs never change again. */
export const NodeCompleted = Schema.TaggedStruct("NodeCompleted", {
  nodeId,
  attempt,
  outputs: Outputs,
  metadata: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  usage: Schema.optionalKey(Usage),
  /** The outputs are those of the failure handler. */
  recovered: Schema.optionalKey(Schema.Boolean),
  /** The outputs are those that the same action gave to the same inputs at this time; the action was not asked. */
  cachedAtMillis: Schema.optionalKey(Schema.Finite),
  /** Somebody put these outputs in the place of those that the node had in the run that this one was forked from. */
  edited: Schema.optionalKey(Schema.Boolean),
  /** What it wrote to channels, by name; the step's end merges it. */
  updates: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  /** Where it chose to lead; absent: to the nodes that depend on it. */
  routes: Schema.optionalKey(Routes),
  /** What ended the wait that the attempt was in. */
  waitEnd: Schema.optionalKey(WaitEnd)
})
/**
 * An attempt failed. The node has failed for good unless `retryAtMillis` (it will be tried again) or `handling` (its
 * failure handler is next) is there.
 */
export const NodeFailed = Schema.TaggedStruct("NodeFailed", {
  nodeId,
  attempt,
  error: NodeError,
  retryAtMillis: Schema.optionalKey(Schema.Finite),
  handling: Schema.optionalKey(Schema.Boolean),
  /** Why the failure handler failed; `error` is then the error that it was to handle. */
  handlerError: Schema.optionalKey(NodeError),
  usage: Schema.optionalKey(Usage),
  /** What ended the wait that the attempt was in. */
  waitEnd: Schema.optionalKey(WaitEnd)
})
/** The attempt's code is over, its slot is free, and the node waits: for an answer, for a time, or for both. */
export const NodeWaiting = Schema.TaggedStruct("NodeWaiting", {
  nodeId,
  attempt,
  wait: Wait,
  deadline: Schema.optionalKey(Deadline),
  metadata: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  usage: Schema.optionalKey(Usage)
})
/**
 * Somebody sent a node a signal. With `attempt` it answers the wait of that attempt, whose end follows. Without, no wait is
 * open yet, and the signal is kept for the one that may come.
 */
export const SignalReceived = Schema.TaggedStruct("SignalReceived", {
  nodeId,
  attempt: Schema.optionalKey(attempt),
  payload: Outputs,
  /** Who sent it, in the sender's words. */
  by: Schema.optionalKey(Schema.String),
  comment: Schema.optionalKey(Schema.String)
})
/**
 * The dependencies of a node have ended and its conditions were evaluated. `inactive`: dependencies whose edge does not
 * count. `error`: why a condition could not be evaluated; the node starts, and its attempt fails with it.
 */
export const NodeRouted = Schema.TaggedStruct("NodeRouted", {
  nodeId,
  inactive: Schema.optionalKey(Schema.Array(nodeId)),
  error: Schema.optionalKey(NodeError)
})
/**
 * The node will never start. `causeNodeId`: the dependency whose end decided it. `condition_false`: its own
 * condition is false. `not_routed`: its trigger rule would be met if no edge were inactive.
 */
export const NodeSkipped = Schema.TaggedStruct("NodeSkipped", {
  nodeId,
  reason: Schema.Literals(["trigger_rule", "disabled", "condition_false", "not_routed"]),
  causeNodeId: Schema.optionalKey(nodeId)
})
/**
 * The node was cancelled. `stopped` tells the truth about an attempt in flight: it was `interrupted`, or it `ignored` the
 * interruption until the grace period was over; `pending` nodes had none.
 */
export const NodeCancelled = Schema.TaggedStruct("NodeCancelled", {
  nodeId,
  reason: Schema.Literals([
    "halted",
    "run_cancelled",
    "branch_cancelled",
    "timed_out",
    "hook_failed",
    "stalled",
    "budget_exhausted",
    "channel_failed",
    "limit_reached"
  ]),
  stopped: Schema.Literals(["pending", "interrupted", "ignored"]),
  attempt: Schema.optionalKey(attempt),
  /** What a child run had used up by then. */
  usage: Schema.optionalKey(Usage)
})
/** A failed node is pending again: its next attempt has all tries before it. */
export const NodeRetryRequested = Schema.TaggedStruct("NodeRetryRequested", { nodeId })
/** Pending nodes will run when their turn comes. */
export const NodesEnabled = Schema.TaggedStruct("NodesEnabled", { nodeIds: Schema.Array(nodeId) })
/** Pending nodes will be skipped when their turn comes, unless they are enabled before. */
export const NodesDisabled = Schema.TaggedStruct("NodesDisabled", { nodeIds: Schema.Array(nodeId) })

/** Somebody gave a channel another value. It counts from the end of the step that goes on, or from the next step. */
export const ChannelSet = Schema.TaggedStruct("ChannelSet", { channel: Schema.String, value: Schema.Json })

/** No node of the branch starts from here on. */
export const BranchPaused = Schema.TaggedStruct("BranchPaused", { branch: Schema.String, reason })
/** Nodes of the branch may start again. */
export const BranchResumed = Schema.TaggedStruct("BranchResumed", { branch: Schema.String, reason })
/** The branch is over: what runs in it is interrupted, the rest of it cancelled. */
export const BranchCancelled = Schema.TaggedStruct("BranchCancelled", { branch: Schema.String, reason })

/** A budget is used up. What its policy makes of that follows. */
export const BudgetExhausted = Schema.TaggedStruct("BudgetExhausted", Shortage.fields)
/** Limits of the run's budget, or of a branch's, were set anew; those that are not named stay. */
export const BudgetSet = Schema.TaggedStruct("BudgetSet", {
  ...limits,
  branch: Schema.optionalKey(Schema.String)
})

/** A gate hook has answered to the event of that sequence number, and its commands have been carried out. */
export const HookAnswered = Schema.TaggedStruct("HookAnswered", {
  hook: Schema.String,
  sequence: Schema.Int,
  commandCount: Schema.optionalKey(Schema.Int)
})
/** A hook failed at the event of that sequence number; none of its commands were carried out. */
export const HookFailed = Schema.TaggedStruct("HookFailed", {
  hook: Schema.String,
  sequence: Schema.Int,
  cause: HookFailureCause,
  message: Schema.String
})
/** A command was refused as a whole; the run goes on. */
export const CommandRejected = Schema.TaggedStruct("CommandRejected", {
  command: Schema.String,
  rejection: Rejection,
  /** The signal that was kept for this node, by the number of its event, and is refused after all. */
  signal: Schema.optionalKey(Schema.Struct({ nodeId, sequence: Schema.Int }))
})
/** A command with an id was accepted and there was nothing to change. */
export const CommandAccepted = Schema.TaggedStruct("CommandAccepted", { command: Schema.String })
/** An event of the user's own. */
export const EventEmitted = Schema.TaggedStruct("EventEmitted", {
  name: Schema.String,
  payload: Schema.optionalKey(Schema.Json)
})

/** What can happen in a run. */
export const Event = Schema.Union([
  RunStarted,
  RunOwned,
  RunPaused,
  RunResumed,
  RunInterrupted,
  RunEnding,
  RunCompleted,
  RunFailed,
  RunCancelled,
  NodesAdded,
  NodeInputsSet,
  NodeStarted,
  NodeExpanded,
  SubFlowStarted,
  NodeCompleted,
  NodeFailed,
  NodeWaiting,
  SignalReceived,
  NodeRouted,
  NodeSkipped,
  NodeCancelled,
  NodeRetryRequested,
  NodesEnabled,
  NodesDisabled,
  ChannelSet,
  BranchPaused,
  BranchResumed,
  BranchCancelled,
  StepStarted,
  StepCompleted,
  BudgetExhausted,
  BudgetSet,
  HookAnswered,
  HookFailed,
  CommandRejected,
  CommandAccepted,
  EventEmitted
])
/** What can happen in a run. */
export type Event = typeof Event.Type

/** The name of an event. */
export type EventTag = Event["_tag"]

/** The event of one name. */
export type EventOf<Tag extends EventTag> = Extract<Event, { readonly _tag: Tag }>

/** The names of all events. */
export const tags: ReadonlyArray<EventTag> = Event.members.map((member) => member.fields._tag.schema.literal)

const terminal: ReadonlySet<string> = new Set<EventTag>(["RunCompleted", "RunFailed", "RunCancelled"])

/** Tells whether an event ends a run: no other event follows it. */
export const isTerminal = (event: Event): boolean => terminal.has(event._tag)
