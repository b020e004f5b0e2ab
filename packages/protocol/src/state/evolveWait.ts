/** The part of the fold that opens and ends waits, and keeps the signals that come before them. */
import type { Envelope } from "../message/Envelope.ts"
import type { EventOf } from "../message/Event.ts"
import { current, endAttempt, moveNode } from "./moveNode.ts"
import type { NodeState, SignalRecord } from "./NodeState.ts"
import * as NodeStatus from "./NodeStatus.ts"
import type { RunState } from "./RunState.ts"

/** Opens a wait: the attempt is over and its slot is free. */
export const waitNode = (state: RunState, event: EventOf<"NodeWaiting">, at: number): void => {
  const node = current(state, event.nodeId, event.attempt, event._tag)
  if (node === undefined || moveNode(state, node, "waiting", event._tag) === undefined) return
  const wait = {
    opened: event,
    sinceMillis: at,
    untilMillis: event.deadline?.atMillis,
    isOverdue: false,
    answer: undefined,
    endedAtMillis: undefined,
    end: undefined
  }
  node.wait = wait
  if (event.wait._tag === "Timer") state.sleeping.add(node)
  const attempt = node.attempts.at(-1)
  if (attempt !== undefined) {
    attempt.wait = wait
    attempt.usage = event.usage
  }
  endAttempt(state, node, at)
  if (node.signals !== undefined) state.due.push(node)
}

/** Takes a signal in: it answers the open wait, or it is kept for one that may come. */
export const receiveSignal = (
  state: RunState,
  event: EventOf<"SignalReceived">,
  { at, cause, sequence }: Envelope
): void => {
  const node = state.byId.get(event.nodeId)
  const signal: SignalRecord = {
    sequence,
    atMillis: at,
    payload: event.payload,
    by: event.by,
    comment: event.comment,
    commandId: cause?.commandId,
    commandHash: cause?.commandHash
  }
  const complain = (message: string): void => {
    state.violations.push(`${event._tag} at ${sequence}: ${message}`)
  }
  if (node === undefined) return complain(`there is no node "${event.nodeId}"`)
  if (event.attempt === undefined) {
    if (node.status === "waiting" || NodeStatus.isEnded(node.status)) {
      return complain(`node "${event.nodeId}" is ${node.status}, and no signal is kept for it`)
    }
    if (node.signals === undefined) node.signals = [signal]
    else node.signals.push(signal)
    return
  }
  const { wait } = node
  if (wait === undefined || node.attempt !== event.attempt || wait.answer !== undefined) {
    return complain(`attempt ${event.attempt} of "${event.nodeId}" takes no answer`)
  }
  wait.answer = signal
  state.due.push(node)
}

/** Takes a kept signal out; the last one leaves nothing behind. */
const takeSignal = (node: NodeState, sequence: number): SignalRecord | undefined => {
  const { signals } = node
  const place = signals?.findIndex((signal) => signal.sequence === sequence) ?? -1
  if (signals === undefined || place < 0) return undefined
  const [signal] = signals.splice(place, 1)
  if (signals.length === 0) node.signals = undefined
  return signal
}

/** A kept signal was refused. */
export const forgetSignal = (state: RunState, nodeId: string, sequence: number): void => {
  const node = state.byId.get(nodeId)
  if (node === undefined || takeSignal(node, sequence) === undefined) {
    state.violations.push(
      `CommandRejected at ${state.sequence}: no signal ${sequence} is kept for "${nodeId}"`
    )
    return
  }
  if (node.signals !== undefined) return
  const place = state.leftovers.indexOf(node)
  if (place >= 0) state.leftovers.splice(place, 1)
}

/** Ends the wait of a node, which goes through `running` to whatever the event makes of it. */
export const endWait = (
  state: RunState,
  node: NodeState,
  event: EventOf<"NodeCompleted"> | EventOf<"NodeFailed">,
  at: number
): NodeState | undefined => {
  const { wait } = node
  const { waitEnd } = event
  if (wait === undefined || waitEnd === undefined) {
    state.violations.push(`${event._tag} at ${state.sequence}: nothing ended the wait of "${node.spec.id}"`)
    return undefined
  }
  if (waitEnd._tag === "Answered") {
    const answer =
      wait.answer?.sequence === waitEnd.sequence ? wait.answer : takeSignal(node, waitEnd.sequence)
    if (answer === undefined) {
      state.violations.push(`${event._tag} at ${state.sequence}: there is no signal ${waitEnd.sequence}`)
      return undefined
    }
    wait.answer = answer
  }
  wait.end = waitEnd._tag === "Answered" ? "signal" : "deadline"
  dropWait(state, node, at)
  return moveNode(state, node, "running", event._tag)
}

/** A node waits no more. */
export const dropWait = (state: RunState, node: NodeState, at: number): void => {
  const { wait } = node
  if (wait === undefined) return
  wait.endedAtMillis = at
  wait.untilMillis = undefined
  node.wait = undefined
  state.pausedBy.delete(node)
}
