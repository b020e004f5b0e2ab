/** What holds whenever an append is done: nothing that follows at once from the state is left for later. */
import type { Envelope } from "@dagflow/protocol"
import { isHeldByBudget, judgeBudgets } from "./budgetRules.ts"
import { isBusy, type Model } from "./Model.ts"
import { judgeLists } from "./listRules.ts"
import { isLedPast, isRouted } from "./ModelVisits.ts"
import { judgeRoutes } from "./routeRules.ts"
import { isLetGo } from "./strategyRules.ts"
import { judgeWaits } from "./waitRules.ts"

/** What the judge of an append has to know of the process that made it. */
export interface AppendSource {
  /** Its engine shares slots between runs, so that a run may have to wait for one. */
  readonly hasSlotPool: boolean
  /** Its engine is being closed, and starts nothing any more. */
  readonly isClosing: boolean
  /** Nothing holds it up: what is due at a time happens at that time. */
  readonly isPunctual: boolean
  /** It stood still, or was robbed; left out: it was not. */
  readonly isOutOfTouch?: boolean
}

type Complain = (rule: string, message: string) => void

/** I3: what an event enables starts in the same append. */
const idleSlots = (model: Model, complain: Complain, source: AppendSource): void => {
  if (source.isClosing || source.hasSlotPool || model.isHeld || model.isOverdue(model.nowMillis)) return
  if (model.inFlight >= (model.config?.maxParallel ?? 0)) return
  for (const node of model.nodes.values()) {
    if (model.mayStart(node) && isLetGo(model, node) && !isHeldByBudget(model, node))
      complain("write-ahead", `"${node.id}" may start and a slot is free, and nothing happens`)
  }
}

const leftPending = (model: Model, complain: Complain): void => {
  for (const node of model.nodes.values()) {
    if (node.status !== "pending" || isRouted(node) || !model.isDue(node) || isLedPast(model, node)) continue
    const isLost = !model.isUndecided(node) && !model.isTriggered(node) && !model.conditions(node).isBroken
    if (model.interrupted === undefined && isLost) {
      complain("failures and ends", `"${node.id}" can never start, and is not skipped`)
    }
    if (model.isIn(node, "cancelled"))
      complain("cancelled branches", `"${node.id}" is in a cancelled branch, and stays pending`)
  }
}

const unfiredPolicies = (model: Model, complain: Complain): void => {
  if (model.interrupted !== undefined) return
  for (const node of model.nodes.values()) {
    if (node.status !== "failed" || model.owed.has(node.endSequence) || model.handled.has(node.id)) continue
    if (model.policy(node) === "halt")
      complain("order at a failure", `"${node.id}" has failed, and the run is not halted`)
    if (model.policy(node) === "pause" && !model.pausedBy.has(node.id)) {
      complain("order at a failure", `"${node.id}" has failed, and the run is not paused`)
    }
  }
}

const leftIdle = (model: Model, complain: Complain): void => {
  if (model.interrupted === undefined) return
  for (const node of model.nodes.values()) {
    if (!model.isEnded(node) && !isBusy(node)) {
      complain("failures and ends", `the run is interrupted, and "${node.id}" is still ${node.status}`)
    }
  }
}

const missingEnd = (model: Model, complain: Complain): void => {
  const isOver = [...model.nodes.values()].every((node) => model.isEnded(node))
  // Whose time is over is about to be told so.
  if (model.isOverdue(model.nowMillis)) return
  const isDone = isOver && model.owed.size === 0 && (!model.isPaused || model.interrupted !== undefined)
  // What a run comes to is settled at once; its last event follows once its parent has been told, and its children have ended.
  const hasKin =
    model.parent !== undefined || [...model.nodes.values()].some(({ spec }) => spec.flow !== undefined)
  const isEnded = hasKin ? model.result !== undefined : model.terminal !== undefined
  if (!isEnded && isDone) {
    complain("completion", "nothing remains, and the run does not end")
  }
}

/** Judges the model as an append leaves it. */
export const judgeAppend = (model: Model, complain: Complain, source: AppendSource): void => {
  unfiredPolicies(model, complain)
  judgeWaits(model, complain)
  judgeBudgets(model, complain)
  judgeLists(model, complain, source.isClosing)
  if (model.terminal !== undefined) return
  idleSlots(model, complain, source)
  leftPending(model, complain)
  judgeRoutes(model, complain)
  leftIdle(model, complain)
  if (!source.isClosing) missingEnd(model, complain)
}

/** Where the flow says that a failing gate hook fails the run, it does. A hook that nobody has any more does not fail it. */
export const judgeHookFailures = (
  model: Model,
  append: ReadonlyArray<Envelope.Envelope>,
  complain: Complain
): void => {
  if (model.config?.onHookFailure !== "fail" || model.interrupted !== undefined) return
  for (const { event } of append) {
    if (event._tag !== "HookFailed" || event.cause === "Missing" || model.result !== undefined) continue
    if (model.gates.some((gate) => gate.name === event.hook)) {
      complain("failures of hooks", `"${event.hook}" has failed, and the run goes on`)
    }
  }
}
