/**
 * Commands say what a run should do. They come from hooks, from the handle of a run and from other processes; each is
 * carried out wholly or refused wholly.
 */
import * as Schema from "effect/Schema"
import { limits } from "../definition/Budget.ts"
import { Binding } from "../definition/Binding.ts"
import { NodeDraft } from "../definition/NodeSpec.ts"
import { Outputs } from "./Wait.ts"

/** What every command may carry. */
const addressed = {
  /** Makes the command idempotent: the same id again answers with the first result and changes nothing. */
  id: Schema.optionalKey(Schema.String.pipe(Schema.check(Schema.isBetweenLength(1, 256)))),
  /** The run the command is meant for; a command for another run is refused. */
  runId: Schema.optionalKey(Schema.String),
  /** The flow the command is meant for; a command for another flow is refused. */
  flow: Schema.optionalKey(Schema.String)
}

const reason = Schema.optionalKey(Schema.String)

/** What every growth may carry. */
const growth = {
  /**
   * `"same"`: what is added belongs to the round of growth that goes on, and takes none of `maxIterations`. It is for what looks at a
   * run and does not drive it, such as a review; its nodes count for `nodesMax` all the same. Default: a round of its own.
   */
  round: Schema.optionalKey(Schema.Literal("same"))
}

// The interfaces are there so that the compiler calls commands by a name.

/** Adds one node. */
export const AddNode = Schema.TaggedStruct("AddNode", { ...addressed, ...growth, node: NodeDraft })
/** Adds one node. */
export interface AddNodeShape extends Schema.Schema.Type<typeof AddNode> {
  readonly node: NodeDraft
}
/** Adds several nodes, all or none of them; they may depend on one another in any order. */
export const AddNodes = Schema.TaggedStruct("AddNodes", {
  ...addressed,
  ...growth,
  nodes: Schema.Array(NodeDraft)
})
/** Adds several nodes, all or none of them; they may depend on one another in any order. */
export interface AddNodesShape extends Schema.Schema.Type<typeof AddNodes> {
  readonly nodes: ReadonlyArray<NodeDraft>
}
/** Replaces the named inputs of a pending node; its other inputs stay. */
export const SetNodeInputs = Schema.TaggedStruct("SetNodeInputs", {
  ...addressed,
  nodeId: Schema.String,
  inputs: Schema.Record(Schema.String, Binding)
})
/** Replaces the named inputs of a pending node; its other inputs stay. */
export interface SetNodeInputsShape extends Schema.Schema.Type<typeof SetNodeInputs> {
  readonly inputs: Readonly<Record<string, Binding>>
}
/** Stops the nodes of a branch from starting; what runs ends. */
export const PauseBranch = Schema.TaggedStruct("PauseBranch", { ...addressed, branch: Schema.String, reason })
/** Stops the nodes of a branch from starting; what runs ends. */
export interface PauseBranchShape extends Schema.Schema.Type<typeof PauseBranch> {}
/** Lets the nodes of a paused branch start again. */
export const ResumeBranch = Schema.TaggedStruct("ResumeBranch", {
  ...addressed,
  branch: Schema.String,
  reason
})
/** Lets the nodes of a paused branch start again. */
export interface ResumeBranchShape extends Schema.Schema.Type<typeof ResumeBranch> {}
/** Interrupts what runs in a branch and cancels the rest of it. */
export const CancelBranch = Schema.TaggedStruct("CancelBranch", {
  ...addressed,
  branch: Schema.String,
  reason
})
/** Interrupts what runs in a branch and cancels the rest of it. */
export interface CancelBranchShape extends Schema.Schema.Type<typeof CancelBranch> {}
/**
 * Sets limits of the run's budget, or of a branch's, anew; those that are not named stay. What had paused because the budget
 * was used up goes on.
 */
export const SetBudget = Schema.TaggedStruct("SetBudget", {
  ...addressed,
  ...limits,
  branch: Schema.optionalKey(Schema.String)
})
/**
 * Sets limits of the run's budget, or of a branch's, anew; those that are not named stay. What had paused because the budget
 * was used up goes on.
 */
export interface SetBudgetShape extends Schema.Schema.Type<typeof SetBudget> {}
/** Gives a channel another value, which the next step sees. */
export const SetChannel = Schema.TaggedStruct("SetChannel", {
  ...addressed,
  channel: Schema.String,
  value: Schema.Json
})
/** Gives a channel another value, which the next step sees. */
export interface SetChannelShape extends Schema.Schema.Type<typeof SetChannel> {}
/** Records an event of the user's own. */
export const EmitEvent = Schema.TaggedStruct("EmitEvent", {
  ...addressed,
  name: Schema.String,
  payload: Schema.optionalKey(Schema.Json)
})
/** Records an event of the user's own. */
export interface EmitEventShape extends Schema.Schema.Type<typeof EmitEvent> {}
/** Answers the wait of a node; before the wait opens, the answer is kept for it. */
export const SendSignal = Schema.TaggedStruct("SendSignal", {
  ...addressed,
  nodeId: Schema.String,
  /** The answer; it becomes the outputs of the node. */
  payload: Outputs,
  /** Who answers, in the sender's words. */
  by: Schema.optionalKey(Schema.String),
  comment: Schema.optionalKey(Schema.String)
})
/** Answers the wait of a node; before the wait opens, the answer is kept for it. */
export interface SendSignalShape extends Schema.Schema.Type<typeof SendSignal> {}
/** Runs a failed node again, with the next attempt and all its tries, while the run is paused. */
export const RetryNode = Schema.TaggedStruct("RetryNode", { ...addressed, nodeId: Schema.String })
/** Runs a failed node again, with the next attempt and all its tries, while the run is paused. */
export interface RetryNodeShape extends Schema.Schema.Type<typeof RetryNode> {}
/** Lets disabled nodes that are still pending run when their turn comes. */
export const EnableNodes = Schema.TaggedStruct("EnableNodes", {
  ...addressed,
  nodeIds: Schema.Array(Schema.String)
})
/** Lets disabled nodes that are still pending run when their turn comes. */
export interface EnableNodesShape extends Schema.Schema.Type<typeof EnableNodes> {}
/** Lets pending nodes be skipped when their turn comes. */
export const DisableNodes = Schema.TaggedStruct("DisableNodes", {
  ...addressed,
  nodeIds: Schema.Array(Schema.String)
})
/** Lets pending nodes be skipped when their turn comes. */
export interface DisableNodesShape extends Schema.Schema.Type<typeof DisableNodes> {}
/** Stops nodes from starting; what runs ends. */
export const PauseRun = Schema.TaggedStruct("PauseRun", { ...addressed, reason })
/** Stops nodes from starting; what runs ends. */
export interface PauseRunShape extends Schema.Schema.Type<typeof PauseRun> {}
/** Lets nodes start again; failures that paused the run are retried. */
export const ResumeRun = Schema.TaggedStruct("ResumeRun", {
  ...addressed,
  reason,
  /** By the strategy `superstep`: the run pauses again once so many steps have completed, 1 or more. */
  steps: Schema.optionalKey(Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1))))
})
/** Lets nodes start again; failures that paused the run are retried. */
export interface ResumeRunShape extends Schema.Schema.Type<typeof ResumeRun> {}
/** Interrupts what runs, cancels the rest and ends the run as cancelled. */
export const CancelRun = Schema.TaggedStruct("CancelRun", { ...addressed, reason })
/** Interrupts what runs, cancels the rest and ends the run as cancelled. */
export interface CancelRunShape extends Schema.Schema.Type<typeof CancelRun> {}

/** What a run can be told to do. */
export const Command = Schema.Union([
  AddNode,
  AddNodes,
  SetNodeInputs,
  PauseBranch,
  ResumeBranch,
  CancelBranch,
  SetBudget,
  SetChannel,
  EmitEvent,
  SendSignal,
  RetryNode,
  EnableNodes,
  DisableNodes,
  PauseRun,
  ResumeRun,
  CancelRun
])
/** What a run can be told to do. */
export type Command =
  | AddNodeShape
  | AddNodesShape
  | SetNodeInputsShape
  | PauseBranchShape
  | ResumeBranchShape
  | CancelBranchShape
  | SetBudgetShape
  | SetChannelShape
  | EmitEventShape
  | SendSignalShape
  | RetryNodeShape
  | EnableNodesShape
  | DisableNodesShape
  | PauseRunShape
  | ResumeRunShape
  | CancelRunShape

/** The name of a command. */
export type CommandTag = Command["_tag"]

/** The names of all commands. */
export const tags: ReadonlyArray<CommandTag> = Command.members.map(
  (member) => member.fields._tag.schema.literal
)
