/**
 * Step by step: what may start when a step begins is the step. Whatever becomes ready while it goes on is for the next one,
 * which begins only when all of the step has ended.
 */
import {
  type NodeState,
  type RunState,
  type Step as Steps,
  StepState,
  TriggerRule,
  VisitState
} from "@dagflow/protocol"
import { passes } from "../decideRoute.ts"
import type { Turn } from "../Turn.ts"
import type { KnownActions } from "../knownActions.ts"
import { addVisits, mergeUpdates, skipUnrouted } from "./stepEnd.ts"
import { byPriority } from "./byPriority.ts"
import { isIdle } from "./isIdle.ts"
import type { Ready, Strategy } from "./Strategy.ts"

type Node = NodeState.NodeState
type Step = StepState.StepState
type Interrupt = Steps.Interrupt

const isBefore = (a: Node, b: Node): boolean => (a.step === b.step ? byPriority(a, b) : a.step > b.step)

const idsOf = (nodes: ReadonlyArray<Node>): ReadonlyArray<string> => nodes.map(({ spec }) => spec.id)

/** Those of the nodes that somebody wants to look at first, or after, whichever visit they are. */
const named = (
  nodes: ReadonlyArray<Node>,
  names: ReadonlyArray<string> | undefined,
  nameOf: (node: Node) => string
): ReadonlyArray<string> =>
  names === undefined || names.length === 0
    ? []
    : idsOf(nodes.filter((node) => names.includes(node.spec.id) || names.includes(nameOf(node))))

/** A node that is mapped over a list begins with its items, and has run once it has ended itself. */
const nameBefore = (node: Node): string => nameAfter(node.list ?? node)
const nameAfter = (node: Node): string => VisitState.firstOf(node).spec.id

const pause = (turn: Turn, interrupt: Interrupt): void => {
  const { nodeIds, step, when } = interrupt
  const nodes = nodeIds.map((id) => ` ${when} "${id}"`).join(",")
  const place = turn.state.step?.records.length === 0 ? "before the first step" : `after step ${step}`
  turn.record({ _tag: "RunPaused", reason: `interrupted ${place}${nodes}`, interrupt })
}

/** A later visit may have led past a node that was ready. One whose conditions were decided starts, if only to fail by them. */
const isTriggered = (node: Node): boolean =>
  VisitState.isRouted(node) ||
  node.route !== undefined ||
  TriggerRule.isMet(node.spec.trigger ?? "all_success", node.ends)

/** Whether a node that was ready is so still: its branch may have been paused, or the node disabled. */
const mayStart = (turn: Turn, node: Node): boolean => {
  if (node.pausedBranches > 0 || node.cancelledBranch) return false
  if (node.status === "pending") return node.enabled && VisitState.isDue(node) && isTriggered(node)
  if (node.status === "running") return node.handling && !node.inFlight
  return node.status === "retrying" && (node.retryAtMillis ?? Infinity) <= turn.nowMillis
}

/** The next step, if it began now. What was in an earlier step already has no precedence. */
const frontierOf = (turn: Turn, ready: ReadonlyArray<Node>): ReadonlyArray<Node> =>
  ready.filter((node) => mayStart(turn, node)).sort((a, b) => (byPriority(a, b) ? -1 : 1))

/** Whether the step is over: nothing of it runs, will be retried, or may start, and no failure of it has paused the run. */
const isOver = (state: RunState.RunState, step: Step, first: Node | undefined): boolean => {
  if (!step.isOpen || !isIdle(state, (node) => node.step === step.number)) return false
  if (state.interrupted !== undefined) return true
  for (const { status } of state.pausedBy) if (status === "failed") return false
  return first?.step !== step.number
}

/** Ends the step: what its nodes wrote is merged, and where they led is gone to. */
const complete = (turn: Turn, step: Step, actions: KnownActions): void => {
  const inOrder = StepState.inOrder(step)
  const ofChannels = mergeUpdates(turn, step, inOrder, actions)
  const { number, ran, skipped } = step
  const waiting = StepState.unended(step)
  turn.record({
    _tag: "StepCompleted",
    step: number,
    ran: idsOf(ran),
    skipped: idsOf(skipped),
    ...(waiting.length > 0 && { waiting: idsOf(waiting) }),
    ...ofChannels
  })
  if (turn.state.interrupted === undefined) addVisits(turn, step, inOrder)
}

/** Where the run pauses after a step in which these nodes ran. */
export const pointAfter = (
  { config }: RunState.RunState,
  step: Step,
  ran: ReadonlyArray<Node>
): Pick<Interrupt, "when" | "nodeIds"> | undefined => {
  const nodeIds = named(ran, config.interrupts?.after, nameAfter)
  if (nodeIds.length > 0) return { when: "after", nodeIds }
  if (config.interrupts?.eachStep === true) return { when: "each_step", nodeIds }
  return step.stepsLeft === 0 ? { when: "steps", nodeIds } : undefined
}

/** Ends the step if it is over, and answers whether it was. */
const endStep = (turn: Turn, step: Step, ready: Ready, actions: KnownActions): boolean => {
  const { state } = turn
  if (!isOver(state, step, ready.first)) return false
  const { ran } = step
  complete(turn, step, actions)
  if (state.interrupted !== undefined || state.status === "paused") return true
  const point = pointAfter(state, step, ran)
  if (point === undefined) return true
  const nodes = ready.takeAll()
  for (const node of nodes) ready.add(node)
  // What the routes of the step led to, and whose conditions waited for its end, has not been looked at yet.
  const decided = [...ready.undecided].filter((node) => passes(state, node))
  const frontier = frontierOf(turn, [...new Set([...nodes, ...state.due, ...decided])])
  pause(turn, { ...point, step: step.number, frontier: idsOf(frontier) })
  return true
}

/** Begins the next step, or pauses before it, if there is one; answers whether it did. */
const beginStep = (turn: Turn, step: Step, ready: Ready): boolean => {
  const { state } = turn
  if (step.isOpen || state.status !== "running" || state.interrupted !== undefined) return false
  if (ready.first === undefined || !isIdle(state, () => false)) return false
  const nodes = ready.takeAll()
  const frontier = frontierOf(turn, nodes)
  const { interrupts } = state.config
  const nodeIds = named(frontier, interrupts?.before, nameBefore).filter(
    (id) => step.passed?.has(id) !== true
  )
  const isStart = step.records.length === 0 && step.passed === undefined && interrupts?.atStart === true
  if (frontier.length > 0 && (isStart || nodeIds.length > 0)) {
    pause(turn, { when: "before", step: step.number, nodeIds, frontier: idsOf(frontier) })
  } else if (frontier.length > 0) {
    turn.record({ _tag: "StepStarted", step: step.number + 1, frontier: idsOf(frontier) })
  }
  for (const node of nodes) ready.add(node)
  return frontier.length > 0
}

/**
 * An empty list ends between two steps, with nothing of it to run. If no step follows in whose end it takes part, one begins that
 * is empty, too, and goes to where the list leads. It starts nothing, so it may begin whenever the run goes on.
 */
const leadOn = (turn: Turn, step: Step, ready: Ready): boolean => {
  const { state } = turn
  if (step.isOpen || step.ran.length === 0 || !ready.isEmpty) return false
  if (state.status !== "running" || state.interrupted !== undefined || !isIdle(state, () => false))
    return false
  const leads = (node: Node) => node.status === "completed" && VisitState.targetsOf(state, node).size > 0
  if (!step.ran.some(leads)) return false
  turn.record({ _tag: "StepStarted", step: step.number + 1, frontier: [] })
  return true
}

/** Skips what no route has led to, if there is nothing else to do; answers whether there was anything. */
const passBy = (turn: Turn, step: Step, ready: Ready): boolean => {
  const { state } = turn
  if (state.passedOver.size === 0 || step.isOpen || !ready.isEmpty) return false
  return state.status === "running" && state.interrupted === undefined && isIdle(state) && skipUnrouted(turn)
}

/** What may start when a step begins is the step; everything else waits for the next one. */
export const superstep: Strategy = {
  isBefore,
  holds: ({ owed, step }, node) =>
    step === undefined || !step.isOpen || node.step !== step.number || owed.has(step.startedSequence),
  settle: (turn, ready, mayGoOn, actions) => {
    const { step } = turn.state
    if (step === undefined) return false
    const isEnded = endStep(turn, step, ready, actions)
    // Where the step led is looked at first, and belongs to the next one.
    if (isEnded) return true
    // Who starts nothing any more skips all the same, or the run would seem to be stalled.
    if (mayGoOn && beginStep(turn, step, ready)) return true
    return leadOn(turn, step, ready) || passBy(turn, step, ready)
  }
}
