/** What holds when an attempt starts: I3, I5, R8, R12, R18, promise 1, and the order of starts. */
import type { Event } from "@dagflow/protocol"
import { mayOvertake } from "./budgetRules.ts"
import { isBusy, type Model, type ModelNode } from "./Model.ts"
import { countingVisit, isLedPast, isRouted, weightOf } from "./ModelVisits.ts"
import { type Judged, on, type Rule } from "./Rule.ts"
import { isBefore, isLetGo, rankOf } from "./strategyRules.ts"
import { isOutOfReach } from "./visitRules.ts"

type Start = Judged<Event.EventOf<"NodeStarted" | "SubFlowStarted">>

const checkNode = ({ complain, envelope, event }: Start, node: ModelNode): void => {
  const { id } = node
  if (event.attempt !== node.attempt + 1)
    complain("recorded once", `attempt ${event.attempt} of "${id}" follows ${node.attempt}`)
  if (isBusy(node)) complain("recorded once", `"${id}" starts while its last attempt goes on`)
  if (node.status === "completed") complain("finished nodes", `"${id}" starts although it has completed`)
  const isNext =
    node.status === "pending" || node.status === "retrying" || (node.status === "running" && node.isHandling)
  if (!isNext) complain("legal transitions", `"${id}" starts while ${node.status}`)
  const role = event._tag === "NodeStarted" ? (event.role ?? "action") : "child run"
  const wanted = node.isHandling ? "handler" : node.spec.flow === undefined ? "action" : "child run"
  if (role !== wanted) complain("failure handlers", `"${id}" starts as ${role}, and not as ${wanted}`)
  if (node.status === "retrying" && envelope.at < node.retryAt)
    complain("failures and ends", `"${id}" is retried too early`)
  if (!node.enabled && node.status === "pending")
    complain("disabled nodes", `"${id}" starts although it is disabled`)
}

const checkDependencies = ({ complain, model }: Start, node: ModelNode): void => {
  if (model.isUnseen(node))
    complain("gates", `"${node.id}" starts before the hooks have answered to its being added`)
  for (const dependency of model.dependencies(node)) {
    if (!model.isEnded(dependency))
      complain("write-ahead", `"${node.id}" starts before "${dependency.id}" has ended`)
    else if (model.owed.has(dependency.endSequence)) {
      complain("gates", `"${node.id}" starts before the hooks have answered to the end of "${dependency.id}"`)
    } else if (!model.counts(dependency)) {
      complain("order at a failure", `"${node.id}" starts although nothing goes on after "${dependency.id}"`)
    }
  }
  if (!model.isTriggered(node) && !model.conditions(node).isBroken)
    complain("trigger rules", `"${node.id}" starts against its rule ${node.spec.trigger}`)
}

const checkRun = ({ complain, envelope, event, model }: Start, node: ModelNode): void => {
  if (model.isPaused) complain("paused run", `"${node.id}" starts while the run is paused`)
  if (model.interrupted !== undefined)
    complain("after an interruption", `"${node.id}" starts after the run was interrupted`)
  else if (model.isHeld && !model.isPaused)
    complain("end of a run", `"${node.id}" starts before onStart was answered`)
  if (model.isOverdue(envelope.at))
    complain("time-outs", `"${node.id}" starts after the time of the run is over`)
  if (model.isIn(node, "paused"))
    complain("paused branches", `"${node.id}" starts while its branch is paused`)
  if (model.isIn(node, "cancelled"))
    complain("cancelled branches", `"${node.id}" starts although its branch is cancelled`)
  const limit = model.config?.maxParallel ?? 0
  // R12: what goes on as a child run holds no slot.
  if (event._tag === "NodeStarted" && model.inFlight >= limit)
    complain("slots and order", `"${node.id}" starts, and ${limit} attempts go on already`)
}

const checkOrder = ({ complain, model }: Start, node: ModelNode): void => {
  const rank = rankOf(model, node)
  for (const other of model.nodes.values()) {
    if (other === node || !model.mayStart(other) || !isLetGo(model, other)) continue
    if (isBefore(rankOf(model, other), rank) && !mayOvertake(model, node, other)) {
      complain("slots and order", `"${node.id}" starts before "${other.id}", whose turn it is`)
    }
  }
}

const start = on(["NodeStarted", "SubFlowStarted"], (judged) => {
  const node = judged.model.node(judged.event.nodeId)
  checkNode(judged, node)
  if (node.status === "pending" && !isRouted(node)) checkDependencies(judged, node)
  checkRun(judged, node)
  checkOrder(judged, node)
})

const causeOf = (model: Model, node: ModelNode): ReadonlyArray<string> => {
  const { inactive } = model.conditions(node)
  return model
    .dependencies(node)
    .filter((one) => weightOf(model, node, one) !== "good" || inactive.has(one.id))
    .map((dependency) => countingVisit(model, node, dependency).id)
}

const skip = on(["NodeSkipped"], ({ before, complain, event, model }) => {
  const node = model.node(event.nodeId)
  if (node.status !== "pending") complain("legal transitions", `"${node.id}" is skipped while ${node.status}`)
  if (!model.isDue(node) && !isRouted(node))
    complain("order at a failure", `"${node.id}" is skipped before its dependencies count`)
  if (event.reason === "disabled") {
    if (node.enabled) complain("disabled nodes", `"${node.id}" is skipped as disabled, and is enabled`)
    return
  }
  if (isRouted(node)) complain("routes", `"${node.id}" is skipped, and was led to`)
  if (model.isUndecided(node))
    complain("conditions", `"${node.id}" is skipped before the step has ended that its conditions wait for`)
  if (isLedPast(model, node)) {
    if (event.reason !== "not_routed")
      complain("routes", `"${node.id}" was led past, and is skipped as ${event.reason}`)
    if (!model.isPassedOver(node)) complain("routes", `"${node.id}" is skipped, and may start`)
    const last = before.at(-1)?.event
    // What nothing leads to any more is skipped all at once.
    const isNext = last?._tag === "NodeSkipped" && last.reason === "not_routed"
    if (!isNext && !isOutOfReach(model))
      complain("routes", `"${node.id}" is skipped while it may still be led to`)
    return
  }
  if (event.reason === "condition_false") {
    const { isBroken, isWanted } = model.conditions(node)
    if (isBroken || isWanted || !model.isTriggered(node))
      complain("conditions", `"${node.id}" is skipped by a condition that is not false`)
    return
  }
  if ((event.reason === "not_routed") !== model.isTriggeredAnyway(node))
    complain("conditions", `"${node.id}" is skipped with the wrong reason ${event.reason}`)
  if (model.isTriggered(node))
    complain("trigger rules", `"${node.id}" is skipped although its rule lets it start`)
  // A rule such as all_failed can be broken by successes alone, and then no dependency is to blame.
  const causes = causeOf(model, node)
  const isNamed = event.causeNodeId === undefined ? causes.length === 0 : causes.includes(event.causeNodeId)
  if (!isNamed)
    complain(
      "causes of skips",
      `"${node.id}" is skipped because of ${event.causeNodeId}, not one of ${causes.join(" ")}`
    )
})

/** Rules for events by which nodes start, or never do. */
export const startRules: ReadonlyArray<Rule> = [start, skip]
