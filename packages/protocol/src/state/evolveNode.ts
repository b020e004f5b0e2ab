/** The part of the fold that moves one node from status to status. */
import type { EventOf } from "../message/Event.ts"
import type { NodeState } from "./NodeState.ts"
import { reserve } from "./evolveBudget.ts"
import { forgetEnd, lookAround, noteEnd } from "./evolveStep.ts"
import { unroute } from "./evolveRoute.ts"
import { dropWait, endWait } from "./evolveWait.ts"
import { current, endAttempt, move, moveNode, openAttempt } from "./moveNode.ts"
import { noteTransform } from "./payload.ts"
import type { RunState } from "./RunState.ts"
import { settle, settleFailure, unsettle } from "./settle.ts"
import { isDue } from "./VisitState.ts"

/** A node that is mapped over a list fails before it has begun when there is no such list. */
const failUnopened = (state: RunState, node: NodeState, event: EventOf<"NodeFailed">, at: number) => {
  if (moveNode(state, node, "running", event._tag) === undefined) return undefined
  openAttempt(node, event.attempt, "action", at)
  const attempt = node.attempts.at(-1)
  if (attempt !== undefined) attempt.endedAtMillis = at
  return node
}

/** A node that goes on as its items ends by completing, once they have all ended and count. */
const closeList = (
  state: RunState,
  node: NodeState,
  event: EventOf<"NodeCompleted"> | EventOf<"NodeFailed">
): NodeState | undefined => {
  const isDone = node.items?.unsettled === 0 && event.attempt === node.attempt
  if (isDone && event._tag === "NodeCompleted") return node
  state.violations.push(`${event._tag} at ${state.sequence}: "${event.nodeId}" goes on as its items`)
  return undefined
}

/**
 * The node whose attempt comes to its end: it is in flight, it waits and this ends the wait, or it goes on as its items and
 * they have all ended.
 */
const closing = (
  state: RunState,
  event: EventOf<"NodeCompleted"> | EventOf<"NodeFailed">,
  at: number
): NodeState | undefined => {
  const node = state.byId.get(event.nodeId)
  if (node?.status === "waiting" && node.attempt === event.attempt) return endWait(state, node, event, at)
  if (node?.status === "running" && node.items !== undefined) return closeList(state, node, event)
  if (node?.child !== undefined && node.attempt === event.attempt) return node
  const isUnopened = node?.status === "pending" && node.spec.forEach !== undefined
  if (isUnopened && event._tag === "NodeFailed" && event.attempt === node.attempt + 1) {
    return failUnopened(state, node, event, at)
  }
  return current(state, event.nodeId, event.attempt, event._tag)
}

/** Ends a node's life; its end counts for its dependents unless a gate hook owes an answer to this very event. */
const end = (state: RunState, node: NodeState, at: number): void => {
  node.endedAtMillis = at
  node.endedSequence = state.sequence
  node.seen = undefined
  if (node.signals !== undefined) state.leftovers.push(node)
  if (state.step !== undefined) noteEnd(state.step, node)
  const owed = state.owed.get(state.sequence)
  if (owed !== undefined) owed.node = node
  else if (node.status === "failed") settleFailure(state, node, false)
  else settle(state, node)
}

export const startNode = (state: RunState, event: EventOf<"NodeStarted">, at: number): void => {
  const known = state.byId.get(event.nodeId)
  if (known !== undefined && (known.inFlight || event.attempt !== known.attempt + 1)) {
    state.violations.push(
      `NodeStarted at ${state.sequence}: attempt ${event.attempt} of "${event.nodeId}" follows ${known.attempt}`
    )
    return
  }
  if (known?.spec.forEach !== undefined) {
    state.violations.push(`NodeStarted at ${state.sequence}: "${event.nodeId}" has no attempts, its items do`)
    return
  }
  if (known?.spec.flow !== undefined && event.role !== "handler") {
    state.violations.push(`NodeStarted at ${state.sequence}: "${event.nodeId}" goes on as a child run`)
    return
  }
  const node = move(state, event.nodeId, "running", event._tag)
  if (node === undefined) return
  openAttempt(node, event.attempt, event.role ?? "action", at, event.reserved)
  if (node.level > state.level) state.level = node.level
  if (state.step !== undefined) lookAround(state, node)
  node.inFlight = true
  state.inFlight++
  state.inFlightMax = Math.max(state.inFlightMax, state.inFlight)
  if (node.list?.items !== undefined) node.list.items.inFlight++
  if (state.budget !== undefined) reserve(state, node, event.reserved ?? {})
}

export const completeNode = (state: RunState, event: EventOf<"NodeCompleted">, at: number): void => {
  const node = closing(state, event, at)
  if (node === undefined || moveNode(state, node, "completed", event._tag) === undefined) return
  const attempt = node.attempts.at(-1)
  node.outputs = event.outputs
  // What an attempt said before it waited stays: an answer has no metadata and uses nothing up.
  node.metadata = event.metadata ?? attempt?.wait?.opened.metadata
  node.usage = event.usage ?? attempt?.usage
  node.recovered = event.recovered === true
  node.cachedAtMillis = event.cachedAtMillis
  node.edited = event.edited === true
  if (event.updates !== undefined || event.routes !== undefined) {
    node.written = { updates: event.updates, routes: event.routes }
  }
  node.handling = false
  if (attempt !== undefined) attempt.usage = node.usage
  noteTransform(state, node)
  endAttempt(state, node, at)
  end(state, node, at)
}

export const failNode = (state: RunState, event: EventOf<"NodeFailed">, at: number): void => {
  const node = closing(state, event, at)
  if (node === undefined) return
  const isFinal = event.retryAtMillis === undefined && event.handling !== true
  const to = isFinal ? "failed" : event.handling === true ? "running" : "retrying"
  if (moveNode(state, node, to, event._tag) === undefined) return
  const attempt = node.attempts.at(-1)
  if (attempt !== undefined) {
    attempt.error = event.handlerError ?? event.error
    attempt.usage = event.usage ?? attempt.usage
  }
  endAttempt(state, node, at)
  if (event.error.cause === "OwnerLost") node.lostAttempts++
  else if (attempt?.role !== "handler") node.triesUsed++
  // A lost failure handler is asked again, and the error that it is to handle stays the node's.
  if (!(node.handling && event.handling === true)) node.error = event.error
  node.handlerError = event.handlerError
  node.retryAtMillis = event.retryAtMillis
  node.handling = event.handling === true
  if (event.handling === true) state.due.push(node)
  if (!isFinal) return
  state.failures.push(node)
  end(state, node, at)
}

export const skipNode = (state: RunState, event: EventOf<"NodeSkipped">, at: number): void => {
  const node = move(state, event.nodeId, "skipped", event._tag)
  if (node === undefined) return
  node.skip = event
  end(state, node, at)
}

export const cancelNode = (state: RunState, event: EventOf<"NodeCancelled">, at: number): void => {
  const node = move(state, event.nodeId, "cancelled", event._tag)
  if (node === undefined) return
  node.cancel = event
  const attempt = node.child === undefined ? undefined : node.attempts.at(-1)
  if (attempt !== undefined) attempt.usage = event.usage
  dropWait(state, node, at)
  node.handling = false
  node.retryAtMillis = undefined
  endAttempt(state, node, at)
  end(state, node, at)
}

/** A failed node becomes pending again, with all tries before it. */
export const resetNode = (state: RunState, event: EventOf<"NodeRetryRequested">): void => {
  const failed = state.byId.get(event.nodeId)
  const isTaken =
    failed?.dependents.some((dependent) => dependent.status !== "pending") === true ||
    (failed?.list !== undefined && failed.list.status !== "running")
  if (failed?.settled === true && isTaken) {
    state.violations.push(`${event._tag} at ${state.sequence}: a dependent of "${event.nodeId}" has started`)
    return
  }
  const node = move(state, event.nodeId, "pending", event._tag)
  if (node === undefined) return
  if (node.settled) unsettle(state, node)
  if (state.step !== undefined) forgetEnd(state.step, node)
  // The answers that are still owed are about an end that no longer is one.
  const owed = state.owed.get(node.endedSequence)
  if (owed?.node === node) owed.node = undefined
  unroute(node)
  node.triesUsed = 0
  node.lostAttempts = 0
  node.handlerError = undefined
  node.endedAtMillis = undefined
  node.endedSequence = 0
  state.failures.splice(state.failures.indexOf(node), 1)
  state.pausedBy.delete(node)
  const waiting = state.unhandled.indexOf(node)
  if (waiting >= 0) state.unhandled.splice(waiting, 1)
  if (isDue(node)) state.due.push(node)
}
