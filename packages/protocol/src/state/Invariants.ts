/** What must hold of every state, and what must not: checked after each event in tests and in simulated runs. */
import type { NodeState } from "./NodeState.ts"
import * as NodeStatus from "./NodeStatus.ts"
import * as RunStatus from "./RunStatus.ts"
import type { RunState } from "./RunState.ts"

type Complain = (message: string) => void

const checkNode = (state: RunState, node: NodeState, complain: Complain): void => {
  const { id } = node.spec
  const unsettled = node.dependencies.filter((dependency) => !dependency.settled).length
  if (unsettled !== node.unsettled)
    complain(`"${id}" waits for ${unsettled} nodes and counts ${node.unsettled}`)
  const ends = node.ends.succeeded + node.ends.failed + node.ends.skipped
  if (ends + node.unsettled !== node.dependencies.length) complain(`"${id}" lost count of its dependencies`)
  if (node.settled && !NodeStatus.isEnded(node.status)) complain(`"${id}" settled while ${node.status}`)
  if (node.inFlight && node.status !== "running") complain(`"${id}" holds a slot while ${node.status}`)
  if ((node.wait !== undefined) !== (node.status === "waiting")) {
    complain(`"${id}" is ${node.status} and ${node.wait === undefined ? "has no" : "has an"} open wait`)
  }
  if (node.signals !== undefined && NodeStatus.isEnded(node.status) !== state.leftovers.includes(node)) {
    complain(`"${id}" is ${node.status} and keeps ${node.signals.length} signals`)
  }
  if ((node.outputs !== undefined) !== (node.status === "completed")) {
    complain(`"${id}" is ${node.status} and ${node.outputs === undefined ? "has no" : "has"} outputs`)
  }
  if (node.attempt !== node.attempts.length) complain(`"${id}" counts ${node.attempt} attempts`)
  const open = node.attempts.filter((attempt) => attempt.endedAtMillis === undefined).length
  if (open !== (node.inFlight ? 1 : 0)) complain(`"${id}" has ${open} attempts without an end`)
  if (node.status === "running" && node.dependencies.some((dependency) => !dependency.settled)) {
    complain(`"${id}" runs before its dependencies have settled`)
  }
  if (RunStatus.isEnded(state.status) && !NodeStatus.isEnded(node.status)) {
    complain(`"${id}" is ${node.status} although the run is ${state.status}`)
  }
}

const checkSteps = (state: RunState, complain: Complain): void => {
  const { nodes, step } = state
  if (step === undefined) return
  for (const node of nodes) {
    if (node.inFlight && !(step.isOpen && node.step === step.number))
      complain(`"${node.spec.id}" runs outside of step ${step.number}`)
  }
  if (step.isOpen && RunStatus.isEnded(state.status)) complain(`the run ended inside of step ${step.number}`)
}

/** The invariants that a state breaks, in words; empty for every state that a sound log folds into. */
export const check = (state: RunState): ReadonlyArray<string> => {
  const broken = [...state.violations]
  const complain: Complain = (message) => {
    broken.push(message)
  }
  for (const node of state.nodes) checkNode(state, node, complain)
  checkSteps(state, complain)
  for (const status of NodeStatus.all) {
    const count = state.nodes.filter((node) => node.status === status).length
    if (count !== state.counts[status])
      complain(`${count} nodes are ${status}, counted ${state.counts[status]}`)
  }
  const inFlight = state.nodes.filter((node) => node.inFlight).length
  if (inFlight !== state.inFlight) complain(`${inFlight} attempts are in flight, counted ${state.inFlight}`)
  if (inFlight > state.config.maxParallel)
    complain(`${inFlight} attempts exceed ${state.config.maxParallel} slots`)
  if (RunStatus.isEnded(state.status)) {
    if (state.owed.size > 0) complain(`the run ended while hooks owe ${state.owed.size} answers`)
    if (state.leftovers.length > 0)
      complain(`the run ended while ${state.leftovers.length} nodes keep signals`)
    if (state.result === undefined) complain("the run ended without a settled result")
  }
  return broken
}
