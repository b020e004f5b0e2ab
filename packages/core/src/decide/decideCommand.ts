/** What a command does to a run, or why it is refused. */
import {
  type Command,
  ContentHash,
  type Envelope,
  NodeBindings,
  type NodeState,
  Reference,
  type Rejection,
  type RunState,
  RunStatus,
  Suggestion
} from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import { checkInputs, decideGrowth } from "./decideGrowth.ts"
import type { KnownActions } from "./knownActions.ts"
import { sendSignal } from "./decideWait.ts"
import { setBudget } from "./setBudget.ts"
import { setChannel } from "./setChannel.ts"
import { cancelIdleNode, interruptRun } from "./interruptRun.ts"
import type { Turn } from "./Turn.ts"

/** Who sent a command. */
export interface CommandSource {
  /** The hook whose answer the command is, and the event it answered to. */
  readonly hook?: string
  readonly sequence?: number
  /** When it was sent, if that was before now: it may have lain in a mailbox. */
  readonly sentAtMillis?: number
}

/** What became of a command. */
export interface CommandResult {
  readonly sequence: number
  readonly rejection: Rejection.Rejection | undefined
  readonly nodeIds: ReadonlyArray<string>
  /** It was a signal, and is kept for a wait that is to come. */
  readonly isKept?: boolean
}

type Cause = Envelope.EventCause | undefined
type Refusal = Rejection.Rejection | undefined

const noBatch: Parameters<typeof checkInputs>[4] = new Map()

const unknownNode = (turn: Turn, nodeId: string): Rejection.Rejection => {
  const suggestion = Suggestion.nearest(nodeId, Suggestion.vocabulary(turn.state.byId.keys()))
  return { _tag: "UnknownNode", nodeId, ...(suggestion !== undefined && { suggestion }) }
}

const unknownBranch = (turn: Turn, branch: string): Refusal => {
  const { branches, byId, nodes } = turn.state
  if (branches.has(branch) || byId.has(branch) || nodes.some((node) => node.spec.branch === branch)) {
    return undefined
  }
  const labels = nodes.flatMap((node) => (node.spec.branch === undefined ? [] : [node.spec.branch]))
  const suggestion = Suggestion.nearest(branch, Suggestion.vocabulary([...byId.keys(), ...labels]))
  return { _tag: "UnknownBranch", branch, ...(suggestion !== undefined && { suggestion }) }
}

const findPending = (turn: Turn, nodeId: string): NodeState.NodeState | Rejection.Rejection => {
  const node = turn.state.byId.get(nodeId)
  if (node === undefined) return unknownNode(turn, nodeId)
  return node.status === "pending" ? node : { _tag: "NodeAlreadyStarted", nodeId, status: node.status }
}

const addNodes = (
  turn: Turn,
  command: Command.Command & { readonly _tag: "AddNode" | "AddNodes" },
  actions: KnownActions,
  cause: Cause
): Rejection.Rejection | ReadonlyArray<string> => {
  const answered = cause?.sequence === undefined ? undefined : turn.state.owed.get(cause.sequence)?.node
  const failedNode = answered?.status === "failed" ? answered.spec.id : undefined
  const round = cause?.hook === undefined ? undefined : `${cause.hook}:${cause.sequence}`
  const growth = decideGrowth(turn.state, command, actions, failedNode, round)
  if ("_tag" in growth) return growth
  const { actions: versions, met, nodes } = growth
  turn.record(
    {
      _tag: "NodesAdded",
      nodes,
      ...(met !== undefined && { met }),
      ...(command.round !== undefined && { round: command.round }),
      ...(versions !== undefined && { actions: versions })
    },
    cause
  )
  return nodes.map((node) => node.id)
}

/** Whether a node comes before another one, going back from the later one. */
const isAncestor = (ancestor: NodeState.NodeState, node: NodeState.NodeState): boolean => {
  const seen = new Set(node.dependencies)
  for (const one of seen) {
    if (one === ancestor) return true
    for (const dependency of one.dependencies) seen.add(dependency)
  }
  return false
}

const setNodeInputs = (
  turn: Turn,
  command: Command.Command & { readonly _tag: "SetNodeInputs" },
  cause: Cause
): Refusal => {
  const { inputs, nodeId } = command
  const node = findPending(turn, nodeId)
  if ("_tag" in node) return node
  const isMapped = node.spec.forEach !== undefined || node.list !== undefined
  const invalid = checkInputs(turn.state, nodeId, { inputs }, isMapped, noBatch)
  if (invalid !== undefined) return invalid
  for (const { ref } of NodeBindings.references({ inputs })) {
    const reference = Reference.parse(ref)
    if (reference._tag !== "Output") continue
    const source = turn.state.byId.get(reference.nodeId)
    if (source === undefined) return unknownNode(turn, reference.nodeId)
    if (!isAncestor(source, node.list ?? node)) {
      const message = `node "${nodeId}" does not come after "${reference.nodeId}", so it cannot use "${ref}"`
      return { _tag: "InvalidInput", nodeId, message }
    }
  }
  turn.record({ _tag: "NodeInputsSet", nodeId, inputs }, cause)
  return undefined
}

const setBranch = (
  turn: Turn,
  command: Command.Command & { readonly _tag: "PauseBranch" | "ResumeBranch" | "CancelBranch" },
  cause: Cause
): Refusal => {
  const { branch } = command
  const unknown = unknownBranch(turn, branch)
  if (unknown !== undefined) return unknown
  const status = turn.state.branches.get(branch)?.status ?? "running"
  const reason = command.reason === undefined ? {} : { reason: command.reason }
  if (status === "cancelled" && command._tag !== "CancelBranch") {
    return { _tag: "InvalidInput", message: `branch "${branch}" is cancelled` }
  }
  if (command._tag === "PauseBranch" && status === "running") {
    turn.record({ _tag: "BranchPaused", branch, ...reason }, cause)
  }
  if (command._tag === "ResumeBranch" && status === "paused") {
    turn.record({ _tag: "BranchResumed", branch, ...reason }, cause)
  }
  if (command._tag === "CancelBranch" && status !== "cancelled") {
    turn.record({ _tag: "BranchCancelled", branch, ...reason }, cause)
    const members = turn.state.branches.get(branch)?.members ?? []
    for (const node of members) cancelIdleNode(turn, node, "branch_cancelled")
  }
  return undefined
}

const setEnabled = (
  turn: Turn,
  command: Command.Command & { readonly _tag: "EnableNodes" | "DisableNodes" },
  cause: Cause
): Refusal => {
  for (const nodeId of command.nodeIds) {
    const node = findPending(turn, nodeId)
    if ("_tag" in node) return node
  }
  const { nodeIds } = command
  turn.record({ _tag: command._tag === "EnableNodes" ? "NodesEnabled" : "NodesDisabled", nodeIds }, cause)
  return undefined
}

const retryNode = (turn: Turn, nodeId: string, cause: Cause): Refusal => {
  const { state } = turn
  const node = state.byId.get(nodeId)
  if (node === undefined) return unknownNode(turn, nodeId)
  if (node.status !== "failed") return { _tag: "NodeAlreadyStarted", nodeId, status: node.status }
  // Nobody has taken the list yet that an item is part of, so its failure can still be mended.
  const isOpen = node.list?.status === "running" && node.dependents.every((one) => one.status === "pending")
  if (node.settled && !isOpen) {
    const message = `the failure of "${nodeId}" has counted for its dependents already, so it cannot be retried`
    return { _tag: "InvalidInput", nodeId, message }
  }
  turn.record({ _tag: "NodeRetryRequested", nodeId }, cause)
  if (state.status === "paused" && state.pause?.isCommanded === false && state.pausedBy.size === 0) {
    turn.record({ _tag: "RunResumed" }, cause)
  }
  return undefined
}

/** Lets a paused run go on; failures that paused it are retried. */
export const resumeRun = (
  turn: Turn,
  { reason, steps }: Pick<Command.Command & { readonly _tag: "ResumeRun" }, "reason" | "steps">,
  cause: Cause
): Refusal => {
  const { state } = turn
  if (steps !== undefined && state.step === undefined) {
    const message = `the run goes by ${state.config.strategy}, which has no steps`
    return { _tag: "InvalidInput", message }
  }
  if (state.status !== "paused" && steps === undefined) return undefined
  for (const node of state.pausedBy) {
    // A node that waits past its deadline waits on.
    if (node.status === "waiting") continue
    turn.record({ _tag: "NodeRetryRequested", nodeId: node.spec.id }, cause)
  }
  turn.record(
    { _tag: "RunResumed", ...(reason !== undefined && { reason }), ...(steps !== undefined && { steps }) },
    cause
  )
  return undefined
}

/** Commands that neither add nor start work are accepted while a run is being brought to its end. */
const addsWork = (command: Command.Command): boolean =>
  command._tag !== "EmitEvent" &&
  command._tag !== "CancelRun" &&
  command._tag !== "PauseRun" &&
  command._tag !== "CancelBranch"

const refuseByPhase = (turn: Turn, command: Command.Command): Refusal => {
  const { state } = turn
  if (RunStatus.isEnded(state.status)) return { _tag: "RunEnded", status: state.status }
  if (state.result !== undefined && command._tag !== "EmitEvent")
    return { _tag: "RunEnded", status: "ending" }
  if (state.interrupted !== undefined && addsWork(command)) return { _tag: "RunEnded", status: "ending" }
  const flow = state.flow?.name ?? ""
  if (command.runId !== undefined && command.runId !== state.runId) {
    return { _tag: "WrongRun", expected: state.runId, given: command.runId }
  }
  if (command.flow !== undefined && command.flow !== flow) {
    return { _tag: "WrongRun", expected: flow, given: command.flow }
  }
  return undefined
}

const carryOut = (
  turn: Turn,
  command: Command.Command,
  actions: KnownActions,
  cause: Cause,
  sentAtMillis: number | undefined
): Refusal | ReadonlyArray<string> => {
  const reason = "reason" in command && command.reason !== undefined ? { reason: command.reason } : {}
  switch (command._tag) {
    case "AddNode":
    case "AddNodes":
      return addNodes(turn, command, actions, cause)
    case "SetNodeInputs":
      return setNodeInputs(turn, command, cause)
    case "PauseBranch":
    case "ResumeBranch":
    case "CancelBranch":
      return setBranch(turn, command, cause)
    case "SetBudget": {
      const unknown = command.branch === undefined ? undefined : unknownBranch(turn, command.branch)
      if (unknown === undefined) setBudget(turn, command, cause)
      return unknown
    }
    case "SetChannel":
      return setChannel(turn, command, cause)
    case "EmitEvent": {
      const { name, payload } = command
      turn.record({ _tag: "EventEmitted", name, ...(payload !== undefined && { payload }) }, cause)
      return undefined
    }
    case "SendSignal": {
      const node = turn.state.byId.get(command.nodeId)
      if (node === undefined) return unknownNode(turn, command.nodeId)
      return sendSignal(turn, node, command, actions, cause, sentAtMillis)
    }
    case "RetryNode":
      return retryNode(turn, command.nodeId, cause)
    case "EnableNodes":
    case "DisableNodes":
      return setEnabled(turn, command, cause)
    case "PauseRun":
      if (turn.state.pause?.isCommanded !== true && turn.state.interrupted === undefined) {
        turn.record({ _tag: "RunPaused", ...reason }, cause)
      }
      return undefined
    case "ResumeRun":
      return resumeRun(turn, command, cause)
    case "CancelRun":
      if (turn.state.interrupted === undefined) interruptRun(turn, { cause: "cancelled", ...reason }, cause)
      return undefined
  }
}

/** Ids of the nodes that an event added. */
const addedBy = (state: RunState.RunState, sequence: number): ReadonlyArray<string> => {
  const growth = state.growth.get(sequence)
  if (growth === undefined) return []
  const { firstIndex, nodeCount } = growth
  return state.nodes.slice(firstIndex, firstIndex + nodeCount).map((node) => node.spec.id)
}

/** The fingerprint by which a command is known again. */
export const commandHash = (command: Command.Command): string =>
  ContentHash.ofJson(command as unknown as Schema.Json).slice(0, 16)

/** Why a command is refused whose id was used for another one. */
export const otherCommand = (id: string): Rejection.Rejection => ({
  _tag: "InvalidInput",
  message: `command id "${id}" was used before, for another command`
})

/** What a command was answered before, when its id is known; under a known id another command is refused. */
export const recallCommand = (
  state: RunState.RunState,
  command: Command.Command,
  hash: string = commandHash(command)
): CommandResult | undefined => {
  const { id } = command
  const known = id === undefined ? undefined : state.commands.get(id)
  if (id === undefined || known === undefined) return undefined
  const { isKept, rejection, sequence } = known
  return known.hash === hash
    ? { sequence, rejection, nodeIds: addedBy(state, sequence), ...(isKept && { isKept }) }
    : { sequence: state.sequence, rejection: otherCommand(id), nodeIds: [] }
}

const causeOf = (command: Command.Command, source: CommandSource, hash: string): Cause => {
  if (command.id === undefined && source.hook === undefined) return undefined
  return {
    ...(source.hook !== undefined && { hook: source.hook }),
    ...(source.sequence !== undefined && { sequence: source.sequence }),
    ...(command.id !== undefined && { commandId: command.id, commandHash: hash })
  }
}

/** Answers a command whose id is known; that it was another one before is recorded. */
const tellKnown = (
  turn: Turn,
  command: Command.Command,
  hash: string,
  known: CommandResult
): CommandResult => {
  const { state } = turn
  const isSame = state.commands.get(command.id ?? "")?.hash === hash
  if (isSame || known.rejection === undefined || RunStatus.isEnded(state.status)) return known
  turn.record({ _tag: "CommandRejected", command: command._tag, rejection: known.rejection })
  return { ...known, sequence: state.sequence }
}

/** What a signal came to that was not refused; its deadline may have paused the run just before. */
const signalResult = ({ events, state }: Turn): CommandResult => {
  const received = events.findLast(({ event }) => event._tag === "SignalReceived")
  const isKept = received?.event._tag === "SignalReceived" && received.event.attempt === undefined
  return {
    sequence: received?.sequence ?? state.sequence,
    rejection: undefined,
    nodeIds: [],
    ...(isKept && { isKept })
  }
}

/**
 * Decides a command: it is carried out wholly, or a `CommandRejected` says why it was not. The same id again answers what
 * was answered before and changes nothing.
 */
export const decideCommand = (
  turn: Turn,
  command: Command.Command,
  source: CommandSource,
  actions: KnownActions
): CommandResult => {
  const hash = command.id === undefined ? "" : commandHash(command)
  const known = recallCommand(turn.state, command, hash)
  if (known !== undefined) return tellKnown(turn, command, hash, known)
  const cause = causeOf(command, source, hash)
  const before = turn.state.sequence
  const outcome = refuseByPhase(turn, command) ?? carryOut(turn, command, actions, cause, source.sentAtMillis)
  if (outcome !== undefined && "_tag" in outcome) {
    if (!RunStatus.isEnded(turn.state.status)) {
      turn.record({ _tag: "CommandRejected", command: command._tag, rejection: outcome }, cause)
    }
    return { sequence: turn.state.sequence, rejection: outcome, nodeIds: [] }
  }
  if (turn.state.sequence === before && command.id !== undefined) {
    turn.record({ _tag: "CommandAccepted", command: command._tag }, cause)
  }
  // Of several events that a command brings about, the first one is its record.
  const sequence = Math.min(before + 1, turn.state.sequence)
  if (command._tag === "SendSignal") return signalResult(turn)
  return { sequence, rejection: undefined, nodeIds: outcome ?? [] }
}
