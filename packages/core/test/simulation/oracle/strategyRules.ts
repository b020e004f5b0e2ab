/**
 * What holds of strategies: who may start beside whom, when a level or step is over, and where runs pause between steps. All
 * of it is worked out anew from what the nodes are at the moment.
 */
import { isDeepStrictEqual } from "node:util"
import type { Event } from "@dagflow/protocol"
import type { AppendSource } from "./appendRules.ts"
import { isBusy, type Model, type ModelNode } from "./Model.ts"
import { listOf, nameOf } from "./ModelVisits.ts"
import { type Judged, on, type Rule } from "./Rule.ts"

const priorityOf = ({ spec }: ModelNode): number => spec.priority ?? 0

/** Whether nothing goes on: no attempt, no answer that is owed, no retry of a node that counts. */
const isIdle = (model: Model, counts: (node: ModelNode) => boolean): boolean =>
  model.owed.size === 0 &&
  ![...model.nodes.values()].some(
    (node) => isBusy(node) || (node.status === "retrying" && !model.isIn(node, "paused") && counts(node))
  )

/** Whether the strategy of the run lets a node start now that may start by all other rules. */
export const isLetGo = (model: Model, node: ModelNode): boolean => {
  const { step } = model
  switch (model.config?.strategy) {
    case "work_queue":
      return ![...model.nodes.values()].some((one) => isBusy(one) && priorityOf(one) > priorityOf(node))
    case "level":
      return node.level <= model.level || isIdle(model, () => true)
    case "superstep":
      return step.isOpen && step.frontier.includes(node.id) && !model.owed.has(step.startedSequence)
    default:
      return true
  }
}

/** The place of a node in the order of its strategy. */
export const rankOf = (model: Model, node: ModelNode): ReadonlyArray<number> => [
  model.config?.strategy === "level" ? node.level : 0,
  -priorityOf(node),
  node.index
]

export const isBefore = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean => {
  const at = a.findIndex((value, index) => value !== b[index])
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0)
}

/** Whether the step is over and has to end. */
const isOver = (model: Model): boolean => {
  const members = model.step.frontier.map((id) => model.node(id))
  const isMember = (node: ModelNode) => members.includes(node)
  if (!model.step.isOpen || !isIdle(model, isMember)) return false
  if (model.interrupted !== undefined) return true
  const isHalfDone = [...model.pausedBy].some((id) => model.node(id).status === "failed")
  return !isHalfDone && !members.some((node) => model.mayStart(node))
}

const starting = on(["NodeStarted", "SubFlowStarted"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  if (!isLetGo(model, node))
    complain("strategies", `"${node.id}" starts, and ${model.config?.strategy} lets it wait`)
})

const beginning = on(["StepStarted"], ({ complain, envelope, event, model }) => {
  const { frontier, step: number } = event
  const { step } = model
  if (model.config?.strategy !== "superstep") complain("steps", "a run without steps begins one")
  if (step.isOpen) complain("steps", `step ${number} begins inside of step ${step.number}`)
  if (number !== step.number + 1) complain("steps", `step ${number} follows step ${step.number}`)
  if (model.isHeld) complain("steps", `step ${number} begins although nothing may start`)
  if (!isIdle(model, () => false)) complain("steps", `step ${number} begins while something goes on`)
  const nodes = frontier.map((id) => model.node(id))
  for (const node of nodes) {
    const isRetry = node.status === "retrying" && node.retryAt <= envelope.at && !model.isIn(node, "paused")
    if (!model.mayStart(node) && !isRetry)
      complain("steps", `"${node.id}" is in step ${number}, and may not start`)
  }
  for (const node of model.nodes.values()) {
    if (model.mayStart(node) && !frontier.includes(node.id))
      complain("steps", `"${node.id}" may start, and is not in step ${number}`)
  }
  const isOrdered = nodes.every((node, at) => {
    const next = nodes[at + 1]
    return next === undefined || isBefore(rankOf(model, node), rankOf(model, next))
  })
  if (!isOrdered) complain("steps", `the frontier of step ${number} is out of order`)
  const wanted = named(model, "before", frontier).filter((id) => !step.passed.includes(id))
  if (wanted.length > 0)
    complain("interrupts", `step ${number} begins, and nobody has seen ${wanted.join(" ")}`)
  if (number === step.before + 1 && model.config?.interrupts?.atStart === true && !step.isBegun)
    complain("interrupts", "the first step begins, and the run has not paused before")
})

const completing = on(["StepCompleted"], ({ before, complain, event, model }) => {
  const { step } = model
  if (!step.isOpen || step.number !== event.step)
    complain("steps", `step ${event.step} ends, and does not go on`)
  const last = before.findLast(({ event: one }) => one._tag !== "NodeCancelled")?.event
  // Where channels could not be merged the run is interrupted first, what is left is cancelled, and hooks may be asked.
  const isUnmerged =
    event.unmerged === true && last?._tag === "RunInterrupted" && last.cause === "channel_failed"
  // Nothing else may be owed than what is asked about that.
  const isOwed = [...model.owed.keys()].some((sequence) => sequence < model.interruptedSequence)
  const goesOn = [...model.nodes.values()].some(isBusy)
  if (isUnmerged ? goesOn || isOwed : !isOver(model))
    complain("steps", `step ${event.step} ends before its time`)
  const waiting = step.frontier.filter((id) => !model.isEnded(model.node(id)))
  const expected = { ran: step.ran, skipped: step.skipped, waiting }
  const told = { ran: event.ran, skipped: event.skipped, waiting: event.waiting ?? [] }
  if (!isDeepStrictEqual(told, expected))
    complain("steps", `step ${event.step} tells ${JSON.stringify(told)}, not ${JSON.stringify(expected)}`)
})

/** Those of the nodes before or after which the run is to pause. */
const named = (model: Model, when: "before" | "after", ids: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = model.config?.interrupts?.[when] ?? []
  return ids.filter((id) => names.includes(id) || names.includes(when === "before" ? listOf(id) : nameOf(id)))
}

/** The pause that has to follow the end of a step. */
const expectedPause = (
  model: Model,
  { ran, step }: Event.EventOf<"StepCompleted">
): Pick<Event.EventOf<"RunPaused">["interrupt"] & {}, "when" | "step" | "nodeIds"> | undefined => {
  if (model.isPaused || model.interrupted !== undefined) return undefined
  const nodeIds = named(model, "after", ran)
  if (nodeIds.length > 0) return { when: "after", step, nodeIds }
  if (model.config?.interrupts?.eachStep === true) return { when: "each_step", step, nodeIds: [] }
  return model.step.stepsLeft === 0 ? { when: "steps", step, nodeIds: [] } : undefined
}

/** The step that has just ended, its visits included. */
const justEnded = (before: Judged["before"]): Event.EventOf<"StepCompleted"> | undefined => {
  const [last, other] = [before.at(-1)?.event, before.at(-2)?.event]
  const end = last?._tag === "NodesAdded" && last.visits !== undefined ? other : last
  return end?._tag === "StepCompleted" ? end : undefined
}

const pausing: Rule = ({ before, complain, event, model }) => {
  // Where the step leads is told first.
  if (model.wantedVisits.length > 0) return
  const ended = justEnded(before)
  const expected = ended && expectedPause(model, ended)
  const interrupt = event._tag === "RunPaused" ? event.interrupt : undefined
  if (interrupt === undefined) {
    if (expected !== undefined) complain("interrupts", `${event._tag} comes, and the run had to pause`)
    return
  }
  const { frontier, nodeIds, step, when } = interrupt
  const mine = [...model.nodes.values()].filter((node) => model.mayStart(node)).map((node) => node.id)
  const missing = mine.filter((id) => !frontier.includes(id))
  if (missing.length > 0) complain("interrupts", `the pause does not tell of ${missing.join(" ")}`)
  if (when === "before") {
    const wanted = named(model, "before", frontier).filter((id) => !model.step.passed.includes(id))
    const isRight = !model.step.isOpen && step === model.step.number && isDeepStrictEqual(nodeIds, wanted)
    const isStart =
      step === model.step.before && model.config?.interrupts?.atStart === true && !model.step.isBegun
    if (!isRight || (wanted.length === 0 && !isStart))
      complain("interrupts", `the run pauses before ${nodeIds.join(" ")}`)
  } else if (!isDeepStrictEqual({ when, step, nodeIds }, expected)) {
    complain("interrupts", `the run pauses ${when} step ${step}, and not ${JSON.stringify(expected)}`)
  }
}

const ending = on(["RunEnding"], ({ complain, model }) => {
  if (model.step.isOpen) complain("steps", `the run ends inside of step ${model.step.number}`)
})

/** Rules for strategies. */
export const strategyRules: ReadonlyArray<Rule> = [starting, beginning, completing, pausing, ending]

/** Whether nothing goes on or may begin between two steps of a run that nobody holds. */
export const isAtRest = (model: Model): boolean =>
  model.config?.strategy === "superstep" &&
  !model.step.isOpen &&
  !model.isHeld &&
  isIdle(model, () => true) &&
  ![...model.nodes.values()].some((node) => model.mayStart(node) || model.mayExpand(node))

/** Judges what an append leaves: a step that is over has ended, and the next one has begun. */
export const judgeSteps = (
  model: Model,
  complain: (rule: string, message: string) => void,
  source: AppendSource
): void => {
  if (model.config?.strategy !== "superstep" || source.isClosing || model.terminal !== undefined) return
  // Whose time is over starts nothing, and takes nothing out of the line: its end is about to be told.
  if (!model.isPaused && !model.isOverdue(model.nowMillis) && isOver(model))
    complain("steps", `step ${model.step.number} is over, and does not end`)
  if (model.step.isOpen || model.isHeld || model.isOverdue(model.nowMillis)) return
  if (!isIdle(model, () => false)) return
  const ready = [...model.nodes.values()].filter((node) => model.mayStart(node))
  if (ready.length > 0) complain("steps", `no step begins, and "${ready[0]?.id}" may start`)
}
