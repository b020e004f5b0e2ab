import type { ProblemCode } from "../../error/DefinitionError.ts"
import type { FailureCause } from "../../error/NodeError.ts"
import type { Rejection } from "../../error/Rejection.ts"
import type { RunReason } from "../../error/RunError.ts"
import type { StoreReason } from "../../error/StoreError.ts"

/** What to do about a problem of a definition. The compiler asks for a sentence for every code. */
export const ofProblem: Readonly<Record<ProblemCode, string>> = {
  SyntaxError: "Correct the text at the place shown; the first error often causes those after it.",
  UnknownKey: "Remove the key, or spell it as the format does.",
  InvalidValue: "Give a value of the kind and in the range that the message names.",
  MissingKey: "Add the key.",
  DuplicateNode: "Give each node an id of its own.",
  DuplicateEdge: "Name each dependency once.",
  UnknownDependency: "Depend on a node that exists, or add the missing one.",
  UnknownAction: "Register the action, or use the name of one that is registered.",
  UnknownReference: "Refer to a declared input or channel, or to an output of a node that exists.",
  UnknownReducer: "Register the reducer, or use one that is built in: last, append, merge, sum, union.",
  MalformedReference:
    'Write "inputs.<name>", "channels.<name>" or "<node>.<output>", followed by ".key" and "[index]" as needed.',
  InvalidExpression: "Correct the expression at the place shown; its page tells what expressions can say.",
  NotAnAncestor: "Add a dependency on the node that is referred to.",
  CycleFound: "Remove one of the dependencies of the cycle.",
  SelfDependency: "Remove the dependency of the node on itself.",
  UnreachableNode: "Connect the node, or remove it.",
  NoPathToEnd: "Let the node lead to the end, or remove it.",
  EmptyFlow: "Add a node.",
  AmbiguousPayload: "Let one of the two transforms come after the other, or bind the payload by hand.",
  MissingInput: "Give the input when the run starts, or a default in the flow.",
  UnknownInput: "Leave the input out, or declare it in the flow.",
  MissingVariable: "Set the variable in the environment of the process.",
  BindingMismatch: "Bind a value of the type that the input takes.",
  UnsupportedKey: "Leave the key out; its page says what to use instead.",
  LimitExceeded: "Make the flow smaller, or raise the limit in its configuration.",
  UnreadableFile: "Check the path and the permissions of the file."
}

/** What to do about an attempt that failed. */
const ofFailure: Readonly<Record<FailureCause, string>> = {
  Failed: "Fix what the error names, then run the flow again.",
  Thrown: "Fix the action where its stack points, then run the flow again.",
  Reported: "The action said itself that it did not succeed: look at its message and its inputs.",
  TimedOut: "Make the action faster, or give the node a longer time-out.",
  InvalidInput: "Bind inputs that fit the schema of the action.",
  InvalidOutput: "Let the action return what its schema promises.",
  MissingReference: "Give the reference a default, or let the node that it names return the value.",
  MissingVariable: "Set the variable in the environment of the process that runs the flow.",
  InvalidExpression:
    "Let the condition test whether the value is there, or let the node that it reads return it.",
  UnknownAction: "Register the action in the process that runs the flow.",
  TooLarge: "Return less, or raise the largest output in the configuration of the flow.",
  InvalidUpdate: "Write to a channel that the flow declares, and what its reducer and its schema take.",
  InvalidRoute: 'Route to nodes of the flow, and run it by the strategy "superstep".',
  NoList: "Map the node over a list, or over a reference to one.",
  TooManyNodes: "Raise nodesMax in the configuration of the flow, or map the node over a shorter list.",
  SubFlowFailed: "Look at the child run that the error names; its own report says what to do.",
  OwnerLost: "Find out why the processes died; the log of the run is whole."
}

/** What to do about a store. */
export const ofStore: Readonly<Record<StoreReason["_tag"], string>> = {
  SequenceConflict: "Read the run again; another process writes to it.",
  OwnershipLost: "Nothing here: the process that has taken the run up goes on with it.",
  RunExists: "Resume the run, or choose another id.",
  RunNotFound: "Check the id and the store; list the runs to see which ones there are.",
  Unavailable: "Check that the store can be reached, then try again.",
  Corrupt: "Do not write to the store; restore it from a copy, or ask with the message at hand.",
  Unsupported: "Use a store that offers the ability, or do without it.",
  TooLarge: "Store less at once, or use a store that takes more."
}

/** What to do about a refused command. */
export const ofRejection: Readonly<Record<Rejection["_tag"], string>> = {
  DuplicateNode: "Choose another id, or leave the id out to get one that is free.",
  UnknownNode: "Name a node of the run; its report lists them all.",
  UnknownAction: "Register the action in the process that runs the flow, or use the name of one that is.",
  UnknownDependency: "Depend on nodes that exist or are added by the same command.",
  CycleFound: "Remove one of the dependencies of the cycle.",
  NodeAlreadyStarted: "Only a pending node can be changed; add another node instead.",
  UnknownBranch: "Name a branch by the id of its root or by the label of its nodes.",
  LimitReached: "Raise the limit in the configuration of the flow, or add less.",
  InvalidInput: "Correct what the message names and send the command again.",
  WrongRun: "Send the command to the run that it is meant for.",
  RunEnded: "Start another run; this one takes no more work.",
  AlreadyAnswered: "Nothing: a wait is answered once, and this one has its answer; the report shows it.",
  NotWaiting: "Look at the report: it lists the nodes that wait, and what for.",
  UnknownChannel: "Name a channel that the flow declares; the report lists them.",
  NotAllowed: "Send the command from a gate hook, from the handle of the run, or from another process."
}

type RunSteps = {
  readonly [Tag in RunReason["_tag"]]: (reason: Extract<RunReason, { readonly _tag: Tag }>) => string
}

const runSteps: RunSteps = {
  NodesFailed: ({ nodes: [first] }) => ofFailure[first?.error.cause ?? "Failed"],
  TimedOut: () => "Give the run a longer time-out, or find the slowest nodes in its report.",
  Stalled: () => "Look at the dependencies and trigger rules of the nodes that are named.",
  HookFailed: () => 'Fix the hook, or let runs go on without it with "onHookFailure: continue".',
  BudgetExhausted: () =>
    "Raise the budget and resume the run; of one that was stopped, run the node that is named again in a fork.",
  ChannelFailed: () =>
    "Correct the reducer or the schema of the channel, or let fewer nodes write to it in one step.",
  LimitReached: () => "Let the loop come to its end, or raise the limit in the configuration of the flow.",
  Cancelled: () => "Nothing, when the cancellation was meant; otherwise start another run.",
  Waiting: () =>
    "Answer what is asked, resume what is paused, or cancel it; the run goes on where it stands.",
  Parked: () => "Resume the run, here or in another process; nothing is lost.",
  InvalidInput: () => "Correct what the message names and call again.",
  CommandRejected: ({ rejection }) => ofRejection[rejection._tag],
  RunExists: () => "Resume the run, or choose another id.",
  RunNotFound: () => "Check the id and the store; list the runs to see which ones there are.",
  RunNotOwned: () => "Watch the run, or send it commands through the store; its owner goes on with it.",
  ActionsMissing: () =>
    "Register the actions in the versions that the run recorded, or allow the changed ones by name.",
  ReducersMissing: () => "Register the reducers in the versions that the run recorded, and resume it.",
  ChannelsChanged: () =>
    "Say how to migrate the values of these channels, or start a run that continues none.",
  FlowChanged: () => "Resume the run as it was recorded, or start the changed flow under another id.",
  InputsChanged: () => "Resume the run as it was recorded, or start one of these inputs under another id.",
  StoreFailed: ({ reason }) => ofStore[reason._tag],
  WouldDeadlock: () => "Return the command from the hook instead of waiting for its result."
}

/** What to do about a run that failed, waits, or cannot be reached. */
export const ofRun = (reason: RunReason): string =>
  (runSteps[reason._tag] as (one: RunReason) => string)(reason)
