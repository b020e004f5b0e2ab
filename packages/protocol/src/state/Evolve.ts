/**
 * The fold: the state of a run is what `evolve` makes of its events, one after the other.
 *
 * `evolve` knows no clock, no randomness and no IO, and it is total: an event that the tables of legal transitions do not
 * allow changes nothing but `violations`. It takes over the state that it is given and returns it changed, because a fold
 * that copied its state would cost the square of the run's size; whoever wants to keep a state folds the log again.
 */
import * as Dependency from "../definition/Dependency.ts"
import type { Envelope } from "../message/Envelope.ts"
import { type Event, type EventOf, isTerminal } from "../message/Event.ts"
import { emptyRunState } from "./emptyRunState.ts"
import { exhaust, openBudget, setBudget } from "./evolveBudget.ts"
import { openChannels, setChannel } from "./evolveChannels.ts"
import { addNodes, addVisits, setBranch } from "./evolveGraph.ts"
import { cancelNode, completeNode, failNode, resetNode, skipNode, startNode } from "./evolveNode.ts"
import { completeStep, noStep, pauseAtStep, placeInLevels, startStep } from "./evolveStep.ts"
import { routeNode } from "./evolveRoute.ts"
import { expandNode } from "./evolveItems.ts"
import { startSubFlow } from "./evolveSubFlow.ts"
import { forgetSignal, receiveSignal, waitNode } from "./evolveWait.ts"
import * as RunStatus from "./RunStatus.ts"
import type { RunState } from "./RunState.ts"
import { settle, settleFailure } from "./settle.ts"

/** Events that no hook is ever asked about: they are about hooks, about refusals, or nothing may follow them. */
const neverAsked: ReadonlySet<string> = new Set<Event["_tag"]>([
  "HookAnswered",
  "HookFailed",
  "CommandRejected",
  "CommandAccepted",
  "RunCompleted",
  "RunFailed",
  "RunCancelled"
])

/** Tells whether hooks may be asked about an event of this name. */
export const isAskable = (tag: string): boolean => !neverAsked.has(tag)

const owe = (state: RunState, sequence: number, tag: string, nodeId: string | undefined): void => {
  const hooks = state.gates.get(tag)
  if (hooks === undefined || neverAsked.has(tag)) return
  state.owed.set(sequence, { sequence, hooks: [...hooks], nodeId, node: undefined, handled: false })
}

const setStatus = (state: RunState, status: RunStatus.RunStatus, at: number, tag: string): boolean => {
  if (state.status !== status && !RunStatus.isLegal(state.status, status)) {
    state.violations.push(`${tag} at ${state.sequence}: the run is ${state.status}`)
    return false
  }
  state.status = status
  if (RunStatus.isEnded(status)) state.endedAtMillis = at
  return true
}

const start = (state: RunState, event: EventOf<"RunStarted">, at: number): void => {
  if (!addNodes(state, event.flow.nodes, state.sequence, undefined)) return
  state.flow = event.flow
  state.hash = event.hash
  state.config = event.config
  state.inputs = event.inputs
  state.seed = event.seed
  state.actions = event.actions ?? {}
  state.startedAtMillis = at
  state.fork = event.fork
  state.continues = event.continues
  state.parent = event.parent
  state.reducers = event.reducers ?? {}
  openChannels(state, event)
  if (event.config.strategy === "level") placeInLevels(state, 0)
  if (event.config.strategy === "superstep") state.step = noStep(event.continues?.step)
  if (event.config.budget !== undefined) openBudget(state, event.config.budget)
}

const own = (state: RunState, event: EventOf<"RunOwned">): void => {
  const isFirst = state.owner === undefined
  state.owner = event.owner
  state.traceparent ??= event.traceparent
  state.gates.clear()
  for (const hook of event.hooks) {
    for (const tag of hook.on) {
      const known = state.gates.get(tag) ?? []
      if (!known.includes(hook.name)) state.gates.set(tag, [...known, hook.name])
    }
  }
  // The first owner's hooks are asked about the start of the run, which stands in the log just before.
  if (isFirst) owe(state, 1, "RunStarted", undefined)
}

/** Lets the nodes go on that an event has added, now that all hooks have answered to it. */
const admitAdded = (state: RunState, sequence: number): void => {
  const growth = state.growth.get(sequence)
  if (growth === undefined) return
  const { firstIndex, nodeCount } = growth
  for (const node of state.nodes.slice(firstIndex, firstIndex + nodeCount)) {
    if (node.status === "pending" && node.unsettled === 0) state.due.push(node)
  }
}

/** Takes note of an answer, or of its failure; the last one lets count what the event was about. */
const answer = (state: RunState, sequence: number, hook: string): void => {
  const owed = state.owed.get(sequence)
  const place = owed?.hooks.indexOf(hook) ?? -1
  if (owed === undefined || place < 0) return
  owed.hooks.splice(place, 1)
  if (owed.hooks.length > 0) return
  state.owed.delete(sequence)
  const { node } = owed
  if (node === undefined) return admitAdded(state, sequence)
  if (node.status === "failed") settleFailure(state, node, owed.handled)
  else settle(state, node)
}

const grow = (state: RunState, event: EventOf<"NodesAdded">, envelope: Envelope): void => {
  const firstIndex = state.nodes.length
  if (!addNodes(state, event.nodes, state.sequence, event.met)) return
  if (event.visits !== undefined && !addVisits(state, event.visits, state.sequence)) return
  if (event.actions !== undefined) state.actions = { ...state.actions, ...event.actions }
  if (state.config.strategy === "level") placeInLevels(state, firstIndex)
  const { cause } = envelope
  const owed = cause?.sequence === undefined ? undefined : state.owed.get(cause.sequence)
  const round = cause?.hook === undefined ? undefined : `${cause.hook}:${cause.sequence}`
  if (event.round !== "same") {
    if (round === undefined || round !== state.lastGrowth) state.iterations++
    state.lastGrowth = round
  }
  state.growth.set(envelope.sequence, {
    sequence: envelope.sequence,
    atMillis: envelope.at,
    firstIndex,
    nodeCount: state.nodes.length - firstIndex,
    round: state.iterations,
    isLoop: event.visits !== undefined,
    hook: cause?.hook,
    commandId: cause?.commandId,
    nodeId: owed?.nodeId
  })
  const failed = owed?.node?.status === "failed" ? owed.node.spec.id : undefined
  if (owed !== undefined && failed !== undefined) {
    owed.handled ||= event.nodes.some(
      (node) => node.dependencies?.some((one) => Dependency.nodeOf(one) === failed) === true
    )
  }
}

const pause = (state: RunState, event: EventOf<"RunPaused">, at: number): void => {
  if (!setStatus(state, "paused", at, event._tag)) return
  const isOwn = event.nodeId !== undefined || event.exhausted === true
  const isCommanded = !isOwn || state.pause?.isCommanded === true
  const reason = event.reason ?? state.pause?.reason
  state.pause = { reason, isCommanded, interrupt: event.interrupt ?? state.pause?.interrupt }
  if (state.step !== undefined) pauseAtStep(state.step, event)
  const node = event.nodeId === undefined ? undefined : state.byId.get(event.nodeId)
  if (node === undefined) return
  state.pausedBy.add(node)
  if (node.wait !== undefined) {
    node.wait.untilMillis = undefined
    node.wait.isOverdue = true
  }
  const place = state.unhandled.indexOf(node)
  if (place >= 0) state.unhandled.splice(place, 1)
}

const resume = (state: RunState, event: EventOf<"RunResumed">, at: number): void => {
  if (!setStatus(state, "running", at, event._tag)) return
  if (state.step !== undefined) {
    const interrupt = state.pause?.interrupt
    if (interrupt?.when === "before") state.step.passed = new Set(interrupt.nodeIds)
    state.step.stepsLeft = event.steps
  }
  state.pause = undefined
  if (state.budget?.run !== undefined) state.budget.run.shortage = undefined
  // A failed node stays until it is retried; a wait that is overdue goes on, and does not pause the run twice.
  for (const node of state.pausedBy) if (node.status === "waiting") state.pausedBy.delete(node)
}

const setEnabled = (state: RunState, nodeIds: ReadonlyArray<string>, enabled: boolean): void => {
  const unknown = nodeIds.filter((id) => !state.byId.has(id))
  for (const id of unknown) {
    state.violations.push(`event ${state.sequence} names "${id}", which no event added`)
  }
  if (unknown.length > 0) return
  for (const id of nodeIds) {
    const node = state.byId.get(id)
    if (node !== undefined) node.enabled = enabled
  }
}

const setInputs = (state: RunState, event: EventOf<"NodeInputsSet">): void => {
  const node = state.byId.get(event.nodeId)
  if (node?.status === "pending") {
    node.spec = { ...node.spec, inputs: { ...node.spec.inputs, ...event.inputs } }
  } else {
    const status = node === undefined ? "unknown" : node.status
    state.violations.push(`NodeInputsSet at ${state.sequence}: node "${event.nodeId}" is ${status}`)
  }
}

const remember = (state: RunState, envelope: Envelope): void => {
  const { cause, event } = envelope
  if (cause?.commandId === undefined) return
  const rejection = event._tag === "CommandRejected" ? event.rejection : undefined
  // A signal that was kept may be refused later; of every other command the first event is its record.
  const isRefusedLater = event._tag === "CommandRejected" && event.signal !== undefined
  if (state.commands.has(cause.commandId) && !isRefusedLater) return
  state.commands.set(cause.commandId, {
    hash: cause.commandHash ?? "",
    sequence: envelope.sequence,
    rejection,
    isKept: event._tag === "SignalReceived" && event.attempt === undefined
  })
}

const apply = (state: RunState, envelope: Envelope): void => {
  const { at, event } = envelope
  switch (event._tag) {
    case "NodeStarted":
      return startNode(state, event, at)
    case "NodeExpanded":
      return expandNode(state, event, at)
    case "SubFlowStarted":
      return startSubFlow(state, event, at)
    case "NodeCompleted":
      return completeNode(state, event, at)
    case "NodeFailed":
      return failNode(state, event, at)
    case "NodeWaiting":
      return waitNode(state, event, at)
    case "SignalReceived":
      return receiveSignal(state, event, envelope)
    case "NodeRouted":
      return routeNode(state, event)
    case "NodeSkipped":
      return skipNode(state, event, at)
    case "NodeCancelled":
      return cancelNode(state, event, at)
    case "NodeRetryRequested":
      return resetNode(state, event)
    case "HookAnswered":
    case "HookFailed":
      return answer(state, event.sequence, event.hook)
    case "NodesAdded":
      return grow(state, event, envelope)
    case "NodesEnabled":
      return setEnabled(state, event.nodeIds, true)
    case "NodesDisabled":
      return setEnabled(state, event.nodeIds, false)
    case "NodeInputsSet":
      return setInputs(state, event)
    case "BranchPaused":
      return setBranch(state, event.branch, "paused", event.reason)
    case "BranchResumed":
      return setBranch(state, event.branch, "running", event.reason)
    case "BranchCancelled":
      return setBranch(state, event.branch, "cancelled", event.reason)
    case "ChannelSet":
      return setChannel(state, event)
    case "StepStarted":
      return startStep(state, event, at)
    case "StepCompleted":
      return completeStep(state, event, at)
    case "BudgetExhausted":
      return exhaust(state, event)
    case "BudgetSet":
      return setBudget(state, event)
    case "CommandRejected":
      if (event.signal !== undefined) forgetSignal(state, event.signal.nodeId, event.signal.sequence)
      return
    case "EventEmitted":
    case "CommandAccepted":
      return
    case "RunStarted":
    case "RunOwned":
    case "RunPaused":
    case "RunResumed":
    case "RunInterrupted":
    case "RunEnding":
    case "RunCompleted":
    case "RunFailed":
    case "RunCancelled":
      return applyToRun(state, event, at)
  }
}

type RunEvent = Extract<Event, { readonly _tag: `Run${string}` }>

const applyToRun = (state: RunState, event: RunEvent, at: number): void => {
  switch (event._tag) {
    case "RunStarted":
      return start(state, event, at)
    case "RunOwned":
      return own(state, event)
    case "RunPaused":
      return pause(state, event, at)
    case "RunResumed":
      resume(state, event, at)
      return
    case "RunInterrupted":
      if (state.status === "paused") setStatus(state, "running", at, event._tag)
      state.pause = undefined
      state.interrupted ??= event
      state.unhandled.length = 0
      return
    case "RunEnding":
      state.result = event.result
      return
    case "RunCompleted":
      setStatus(state, "completed", at, event._tag)
      return
    case "RunFailed":
      setStatus(state, "failed", at, event._tag)
      return
    case "RunCancelled":
      setStatus(state, "cancelled", at, event._tag)
      return
  }
}

/** What may still happen once the result is settled: hooks are asked about it, and a process may take the run up. */
const afterResult: ReadonlySet<string> = new Set<Event["_tag"]>([
  "RunOwned",
  "HookAnswered",
  "HookFailed",
  "CommandRejected",
  "CommandAccepted",
  "EventEmitted"
])

const terminalOf = { Completed: "RunCompleted", Failed: "RunFailed", Cancelled: "RunCancelled" } as const

/** Why an event cannot be the next one of a run, whatever it says about nodes; `undefined` when it can. */
const misplaced = (state: RunState, { event }: Envelope): string | undefined => {
  const { _tag: tag } = event
  const hasStarted = state.flow !== undefined
  if (hasStarted === (tag === "RunStarted"))
    return `the run has ${hasStarted ? "started already" : "not started"}`
  if (state.result !== undefined) {
    const terminal = terminalOf[state.result._tag]
    if (tag !== terminal && !afterResult.has(tag)) return `only ${terminal} may end a run with this result`
  } else if (isTerminal(event)) return "the result of the run is not settled"
  return undefined
}

/** Why an event cannot stand at this place of this log; `undefined` when it can. */
const foreign = (state: RunState, envelope: Envelope): string | undefined => {
  const { epoch, event, runId, sequence } = envelope
  if (runId !== state.runId) return `event ${sequence} of run "${runId}" is in the log of "${state.runId}"`
  if (sequence !== state.sequence + 1) return `event ${sequence} follows event ${state.sequence}`
  if (RunStatus.isEnded(state.status)) return `${event._tag} at ${sequence} follows the end of the run`
  if (epoch < state.epoch)
    return `${event._tag} at ${sequence} is of epoch ${epoch}, after epoch ${state.epoch}`
  return undefined
}

/** Folds one event into a state. The state that was given must not be used any more. */
export const evolve = (state: RunState, envelope: Envelope): RunState => {
  const trouble = foreign(state, envelope)
  if (trouble !== undefined) {
    state.violations.push(trouble)
    return state
  }
  const { event, sequence } = envelope
  state.sequence = sequence
  state.epoch = envelope.epoch
  const before = state.violations.length
  const place = misplaced(state, envelope)
  if (place !== undefined) state.violations.push(`${event._tag} at ${sequence}: ${place}`)
  else {
    if (state.gates.size > 0) owe(state, sequence, event._tag, "nodeId" in event ? event.nodeId : undefined)
    apply(state, envelope)
  }
  // What the tables forbid did not happen, so nobody is asked about it and no command brought it about.
  if (state.violations.length > before) state.owed.delete(sequence)
  else remember(state, envelope)
  return state
}

/** Folds a log, or the rest of one, into the state of its run. */
export const fold = (runId: string, log: Iterable<Envelope>): RunState => {
  const state = emptyRunState(runId)
  for (const envelope of log) evolve(state, envelope)
  return state
}
