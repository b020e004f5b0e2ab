/** The part of the fold that begins and ends steps, and puts nodes into the levels between whose barriers they run. */
import type { EventOf } from "../message/Event.ts"
import { applyEdits, mergeChannels } from "./evolveChannels.ts"
import { followRoutes } from "./evolveVisits.ts"
import type { NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"
import { inOrder, type StepState } from "./StepState.ts"

/** No step has begun since the last one of the run that this one continues. */
export const noStep = (before = 0): StepState => ({
  number: before,
  isOpen: false,
  startedSequence: 0,
  frontier: [],
  ran: [],
  skipped: [],
  passed: undefined,
  stepsLeft: undefined,
  records: []
})

/**
 * Puts the nodes from this place on into their levels: one below the deepest node that they depend on, but for nodes that were
 * added later not above the level that comes next.
 */
export const placeInLevels = (state: RunState, firstIndex: number): void => {
  const next = state.level + 1
  for (let index = firstIndex; index < state.nodes.length; index++) {
    const node = state.nodes[index]
    if (node === undefined) continue
    let level = firstIndex === 0 ? 0 : next
    for (const dependency of node.dependencies) level = Math.max(level, dependency.level + 1)
    node.level = level
  }
}

/** The run pauses: whatever steps were still asked for are no more, and an interrupt belongs to the step before it. */
export const pauseAtStep = (step: StepState, event: EventOf<"RunPaused">): void => {
  step.stepsLeft = undefined
  const record = step.records.at(-1)
  if (record !== undefined && event.interrupt !== undefined) record.pause = event
}

/** Takes note of what a node sees that begins; of one that goes on, nothing changes. */
export const lookAround = (state: RunState, node: NodeState): void => {
  node.seen ??= { sequence: state.sequence, channels: state.channels }
}

/** Takes note of a node that has ended. */
export const noteEnd = (step: StepState, node: NodeState): void => {
  const hasRun = node.status === "completed" || node.status === "failed"
  if (hasRun) step.ran.push(node)
  else step.skipped.push(node)
}

/** A node that had failed is to run again: it has not ended after all. */
export const forgetEnd = (step: StepState, node: NodeState): void => {
  const place = step.ran.lastIndexOf(node)
  if (place >= 0) step.ran.splice(place, 1)
}

/** Why a step cannot begin or end here; `undefined` when it can. */
const misplacedStep = (
  state: RunState,
  event: EventOf<"StepStarted"> | EventOf<"StepCompleted">
): string | undefined => {
  const { step } = state
  if (step === undefined) return `the run goes by ${state.config.strategy}, which has no steps`
  if (event._tag === "StepCompleted") {
    return step.isOpen && step.number === event.step ? undefined : `step ${event.step} does not go on`
  }
  if (step.isOpen) return `step ${step.number} goes on`
  // Steps may be missing in the log of a run that was forked to run their nodes again.
  if (event.step <= step.number) return `step ${event.step} follows step ${step.number}`
  const unknown = event.frontier.find((id) => !state.byId.has(id))
  return unknown === undefined ? undefined : `there is no node "${unknown}"`
}

export const startStep = (state: RunState, event: EventOf<"StepStarted">, at: number): void => {
  const problem = misplacedStep(state, event)
  const { step } = state
  if (step === undefined || problem !== undefined) {
    state.violations.push(`${event._tag} at ${state.sequence}: ${problem}`)
    return
  }
  const frontier = event.frontier.flatMap((id) => state.byId.get(id) ?? [])
  for (const node of frontier) node.step = event.step
  if (state.edits.size > 0) applyEdits(state)
  step.number = event.step
  step.isOpen = true
  step.startedSequence = state.sequence
  step.frontier = frontier
  step.passed = undefined
  step.records.push({
    started: event,
    startedAtMillis: at,
    completed: undefined,
    completedAtMillis: undefined,
    completedSequence: 0,
    pause: undefined
  })
}

export const completeStep = (state: RunState, event: EventOf<"StepCompleted">, at: number): void => {
  const problem = misplacedStep(state, event)
  const { step } = state
  if (step === undefined || problem !== undefined) {
    state.violations.push(`${event._tag} at ${state.sequence}: ${problem}`)
    return
  }
  const ran = inOrder(step)
  if (state.channels.size > 0) mergeChannels(state, event, ran)
  followRoutes(state, ran)
  step.isOpen = false
  step.ran = []
  step.skipped = []
  if (step.stepsLeft !== undefined) step.stepsLeft--
  const record = step.records.at(-1)
  if (record === undefined) return
  record.completed = event
  record.completedAtMillis = at
  record.completedSequence = state.sequence
}
