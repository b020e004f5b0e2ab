/** What follows from the state alone: policies fire, nodes that can never run are skipped, the others start. */
import { type Budget, type NodeState, type RunState, TriggerRule, VisitState } from "@dagflow/protocol"
import { affords, reservationOf } from "./budgetLedger.ts"
import type { KnownActions } from "./knownActions.ts"
import { attendItems, expand, mustExpand } from "./decideItems.ts"
import { answerWait, refuseLeftovers } from "./decideWait.ts"
import { decideRoute, mustWait } from "./decideRoute.ts"
import { startSubFlow } from "./decideSubFlow.ts"
import type { Frontier } from "./Frontier.ts"
import { interruptRun } from "./interruptRun.ts"
import type { Turn } from "./Turn.ts"

/** Where a run gets the slots of its attempts from, besides its own `maxParallel`. */
export interface SlotSource {
  /** Takes a slot, or answers false and remembers to tell when one is free. */
  readonly tryTake: () => boolean
}

/** Lets the policies of failures fire that no hook has handled, in the order of the failures. */
const firePolicies = (turn: Turn): void => {
  const { state } = turn
  while (true) {
    const node = state.unhandled[0]
    if (node === undefined) return
    if (state.interrupted !== undefined) {
      state.unhandled.shift()
    } else if ((node.spec.onFailure ?? state.config.onFailure) === "pause") {
      turn.record({ _tag: "RunPaused", nodeId: node.spec.id, reason: `node "${node.spec.id}" failed` })
    } else {
      interruptRun(turn, { cause: "halted", nodeId: node.spec.id })
    }
  }
}

/**
 * Decides what becomes of a node whose turn may have come: it is skipped, cancelled, or may start. Answers whether it may
 * start.
 */
const admit = (turn: Turn, frontier: Frontier, node: NodeState.NodeState): boolean => {
  if (turn.state.interrupted !== undefined) return false
  switch (node.status) {
    case "running":
      return node.handling && !node.inFlight && node.pausedBranches === 0
    case "retrying":
      return (
        node.pausedBranches === 0 && node.retryAtMillis !== undefined && node.retryAtMillis <= turn.nowMillis
      )
    case "pending":
      return admitPending(turn, frontier, node)
    case "waiting":
    case "completed":
    case "failed":
    case "skipped":
    case "cancelled":
      return false
  }
}

/** Whether hooks still owe an answer to the event that has added a node. The nodes of the definition are held all at once. */
const isUnseen = ({ owed }: RunState.RunState, { addedBySequence }: NodeState.NodeState): boolean =>
  owed.size > 0 && addedBySequence > 1 && owed.has(addedBySequence)

const admitPending = (turn: Turn, frontier: Frontier, node: NodeState.NodeState): boolean => {
  const nodeId = node.spec.id
  if (isUnseen(turn.state, node)) return false
  if (!VisitState.isDue(node)) return false
  const isRouted = VisitState.isRouted(node)
  if (node.cancelledBranch) {
    turn.record({ _tag: "NodeCancelled", nodeId, reason: "branch_cancelled", stopped: "pending" })
    return false
  }
  if (!node.enabled) {
    turn.record({ _tag: "NodeSkipped", nodeId, reason: "disabled" })
    return false
  }
  // What led past it may come back and lead here.
  const isTriggered = isRouted || TriggerRule.isMet(node.spec.trigger ?? "all_success", node.ends)
  if (!isTriggered && VisitState.isLedPast(node)) return false
  if (node.isConditional && !isRouted) {
    // What the nodes of a step wrote to channels counts for the conditions of those that follow them.
    if (mustWait(turn, node)) {
      frontier.undecided.add(node)
      return false
    }
    if (!decideRoute(turn, node)) {
      // What led past it may come back; until then each step may leave in channels what lets it start.
      if (node.status === "pending" && turn.state.channels.size > 0) frontier.undecided.add(node)
      return false
    }
  } else if (!isTriggered) {
    const causeNodeId = node.lastUnsuccessful?.spec.id
    turn.record({
      _tag: "NodeSkipped",
      nodeId,
      reason: "trigger_rule",
      ...(causeNodeId !== undefined && { causeNodeId })
    })
    return false
  }
  return node.pausedBranches === 0
}

/**
 * Moves the nodes whose dependencies have settled to the frontier; a skip, or an answer that was kept for a wait, may let
 * further nodes follow.
 */
const collectDue = (turn: Turn, frontier: Frontier, actions: KnownActions): void => {
  const { due } = turn.state
  if (frontier.undecided.size > 0 && turn.state.step !== undefined)
    due.push(...frontier.takeUndecided(turn.state.step))
  for (let at = 0; at < due.length; at++) {
    const node = due[at]
    if (node === undefined) continue
    if (node.status === "waiting") answerWait(turn, node, actions)
    else if (node.items !== undefined) attendItems(turn, frontier, node, actions)
    else if (!admit(turn, frontier, node)) continue
    else if (mustExpand(node)) frontier.lists.add(node)
    else frontier.add(node)
  }
  due.length = 0
}

const start = (turn: Turn, node: NodeState.NodeState, reserved: Budget.Estimate | undefined): void => {
  const started = { _tag: "NodeStarted", nodeId: node.spec.id, attempt: node.attempt + 1 } as const
  if (reserved === undefined && !node.handling) return turn.record(started)
  turn.record({
    ...started,
    ...(node.handling && { role: "handler" }),
    ...(reserved !== undefined && Object.keys(reserved).length > 0 && { reserved })
  })
}

/** Whether nothing starts at all. */
const isHeld = ({ interrupted, status }: RunState.RunState): boolean =>
  status !== "running" || interrupted !== undefined

/** Lets nodes become their items; that takes no slot, and no place in the order of starts. Tells whether any did. */
const expandLists = (turn: Turn, frontier: Frontier, actions: KnownActions): boolean => {
  const { lists } = frontier
  if (lists.size === 0 || isHeld(turn.state) || turn.state.owed.has(1)) return false
  // What a step makes of channels and routes counts once it has ended, also for what a list is and whether it is led to.
  if (turn.state.step?.isOpen === true) return false
  for (const node of lists) {
    lists.delete(node)
    if (mustExpand(node) && admit(turn, frontier, node)) expand(turn, frontier, node, actions)
  }
  return turn.state.due.length > 0
}

const startNodes = (turn: Turn, frontier: Frontier, slots: SlotSource, actions: KnownActions): void => {
  const { state } = turn
  if (isHeld(state) || state.owed.has(1)) return
  while (state.inFlight < state.config.maxParallel && frontier.size > 0) {
    const node = frontier.take()
    // All that are left wait for their budgets.
    if (node === undefined) return
    // Its branch may have been paused, or the node disabled, while it waited for a slot.
    if (!admit(turn, frontier, node) || (node.list !== undefined && frontier.hold(node))) {
      // Whatever keeps an item from starting does not keep the others of its list.
      if (node.list !== undefined) frontier.letIn(node.list)
      // If it was skipped just now, what follows it may come before the others.
      if (state.due.length > 0) return
      continue
    }
    if (frontier.holds(state, node)) {
      frontier.add(node)
      return
    }
    const reserved = state.budget === undefined ? undefined : reservationOf(state, node, actions)
    if (reserved !== undefined && !affords(turn, frontier, node, reserved)) {
      if (state.due.length > 0 || isHeld(state)) return
      continue
    }
    if (node.spec.flow !== undefined && !node.handling) {
      startSubFlow(turn, node, reserved)
      frontier.noteStart(node)
      continue
    }
    if (!slots.tryTake()) {
      frontier.add(node)
      return
    }
    start(turn, node, reserved)
    frontier.noteStart(node)
  }
}

/**
 * How often a turn may look at what follows from what it has just decided. Each look brings a node or a step further, and none of
 * them comes further than this many times; whoever looks more often goes round in circles.
 */
const looksMax = ({ nodes }: RunState.RunState): number => 100 + 8 * nodes.length

/** Brings a run to its end that would never come to rest: better a failure that says so than a process that hangs. */
const stopSpinning = (turn: Turn): void => {
  const { interrupted, nodes } = turn.state
  if (interrupted !== undefined) return
  const left = nodes.filter(({ endedAtMillis }) => endedAtMillis === undefined)
  const failure = { _tag: "Stalled", nodeIds: left.map(({ spec }) => spec.id) } as const
  interruptRun(turn, { cause: "stalled", reason: "what follows from the state has no end", failure })
}

/** Decides everything that follows from the state as it is. `startsNothing`: no attempt starts here any more. */
export const schedule = (
  turn: Turn,
  frontier: Frontier,
  slots: SlotSource,
  actions: KnownActions,
  startsNothing: boolean
): void => {
  const { state } = turn
  let isSettled: boolean
  let looks = 0
  do {
    if (looks++ > looksMax(state)) return stopSpinning(turn)
    firePolicies(turn)
    collectDue(turn, frontier, actions)
    if (state.leftovers.length > 0) refuseLeftovers(turn)
    // Items are ready before a step begins that they belong to.
    isSettled = !startsNothing && expandLists(turn, frontier, actions)
    if (isSettled) continue
    if (!startsNothing) startNodes(turn, frontier, slots, actions)
    isSettled = frontier.settle(turn, !startsNothing, actions)
  } while (isSettled || state.due.length > 0 || state.unhandled.length > 0 || state.leftovers.length > 0)
}
