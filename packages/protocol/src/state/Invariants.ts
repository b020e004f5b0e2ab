/** What must hold of every state, and what must not: checked after each event in tests and in simulated runs. */
import * as Budget from "../definition/Budget.ts"
import { type BudgetAccount, chargeOf, isUnestimated, roundOf } from "./BudgetState.ts"
import type { ItemsState, NodeState } from "./NodeState.ts"
import * as NodeStatus from "./NodeStatus.ts"
import * as RunStatus from "./RunStatus.ts"
import type { RunState } from "./RunState.ts"
import * as VisitState from "./VisitState.ts"

type Complain = (message: string) => void

const checkItems = (node: NodeState, items: ItemsState, complain: Complain): void => {
  const { id } = node.spec
  const unsettled = items.nodes.filter((item) => !item.settled).length
  if (unsettled !== items.unsettled)
    complain(`"${id}" waits for ${unsettled} items and counts ${items.unsettled}`)
  const inFlight = items.nodes.filter((item) => item.inFlight || item.child !== undefined).length
  if (inFlight !== items.inFlight)
    complain(`"${id}" has ${inFlight} items in flight, counted ${items.inFlight}`)
  if (inFlight > items.bound)
    complain(`"${id}" has ${inFlight} items in flight, and ${items.bound} is its bound`)
  if (node.status === "completed" && unsettled > 0) {
    complain(`"${id}" is completed, and ${unsettled} items are not`)
  }
}

const checkNode = (state: RunState, node: NodeState, complain: Complain): void => {
  const { id } = node.spec
  const unsettled = node.dependencies.filter((dependency) => !dependency.settled).length
  if (unsettled !== node.unsettled)
    complain(`"${id}" waits for ${unsettled} nodes and counts ${node.unsettled}`)
  const ends = node.ends.succeeded + node.ends.failed + node.ends.skipped
  if (ends + node.unsettled !== node.dependencies.length) complain(`"${id}" lost count of its dependencies`)
  if (node.settled && !NodeStatus.isEnded(node.status)) complain(`"${id}" settled while ${node.status}`)
  if (node.inFlight && node.status !== "running") complain(`"${id}" holds a slot while ${node.status}`)
  if (node.child !== undefined && (node.inFlight || node.status !== "running")) {
    complain(`"${id}" goes on as a child run while ${node.inFlight ? "it holds a slot" : node.status}`)
  }
  if (state.children.has(node) !== (node.child !== undefined)) complain(`"${id}" is no child that is counted`)
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
  const goesOn =
    node.inFlight || node.child !== undefined || (node.items !== undefined && node.status === "running")
  if (open !== (goesOn ? 1 : 0)) complain(`"${id}" has ${open} attempts without an end`)
  if (
    node.status === "running" &&
    !VisitState.isRouted(node) &&
    node.dependencies.some((dependency) => !dependency.settled)
  ) {
    complain(`"${id}" runs before its dependencies have settled`)
  }
  const isAsked = node.isConditional && !VisitState.isRouted(node)
  if (node.status === "running" && isAsked && node.route === undefined) {
    complain(`"${id}" runs before its conditions were evaluated`)
  }
  if (node.items !== undefined) checkItems(node, node.items, complain)
  if (RunStatus.isEnded(state.status) && !NodeStatus.isEnded(node.status)) {
    complain(`"${id}" is ${node.status} although the run is ${state.status}`)
  }
}

const checkSteps = (state: RunState, complain: Complain): void => {
  const { nodes, step } = state
  if (step === undefined) return
  for (const node of nodes) {
    if ((node.inFlight || node.child !== undefined) && !(step.isOpen && node.step === step.number))
      complain(`"${node.spec.id}" runs outside of step ${step.number}`)
  }
  if (step.isOpen && RunStatus.isEnded(state.status)) complain(`the run ended inside of step ${step.number}`)
}

/** An account holds what the attempts of its nodes were charged with and have set aside, added up anew. */
const checkAccount = (state: RunState, account: BudgetAccount, complain: Complain): void => {
  const { branch, reserved, spent } = account
  const all = branch === undefined ? state.nodes : [...(state.branches.get(branch)?.members ?? [])]
  const members = all.filter((node) => node.spec.forEach === undefined)
  const name = branch === undefined ? "the budget" : `the budget of branch "${branch}"`
  const attempts = members.flatMap((node) => node.attempts.map((attempt) => ({ node, attempt })))
  const open = attempts.filter(({ attempt }) => attempt.endedAtMillis === undefined)
  const expect = (what: string, counted: number, found: number): void => {
    if (Math.abs(counted - found) > 1e-6 * Math.max(1, Math.abs(found)))
      complain(`${name} counts ${what} ${counted}, and it is ${found}`)
  }
  const sum = (amounts: ReadonlyArray<number>) => amounts.reduce((total, one) => total + one, 0)
  for (const resource of Budget.estimated) {
    const ended = attempts.filter(({ attempt }) => attempt.endedAtMillis !== undefined)
    const charged = sum(ended.map(({ attempt, node }) => chargeOf(node, attempt, resource)))
    expect(`spent ${resource}`, spent[resource], charged)
    const held = sum(open.map(({ attempt }) => attempt.reserved?.[resource] ?? 0))
    expect(`reserved ${resource}`, reserved[resource], held)
  }
  expect("nodes", spent.nodes, members.filter((node) => node.attempt > 0).length)
  const rounds = new Set(members.filter((node) => node.attempt > 0).map((node) => roundOf(state, node)))
  rounds.delete(0)
  expect("rounds", spent.rounds, rounds.size)
  expect("attempts in flight", account.inFlight, open.length)
  const unestimated = open.filter(({ attempt }) => isUnestimated(account, attempt.reserved ?? {}))
  expect("attempts without an estimate", account.unestimated, unestimated.length)
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
    if (status === "retrying" && count !== state.retrying.size)
      complain(`${count} nodes are to be retried, and ${state.retrying.size} are known`)
    if (count !== state.counts[status])
      complain(`${count} nodes are ${status}, counted ${state.counts[status]}`)
  }
  const inFlight = state.nodes.filter((node) => node.inFlight).length
  if (inFlight !== state.inFlight) complain(`${inFlight} attempts are in flight, counted ${state.inFlight}`)
  if (inFlight > state.config.maxParallel)
    complain(`${inFlight} attempts exceed ${state.config.maxParallel} slots`)
  const { budget } = state
  for (const account of [budget?.run, ...(budget?.branches.values() ?? [])])
    if (account !== undefined) checkAccount(state, account, complain)
  if (RunStatus.isEnded(state.status)) {
    if (state.owed.size > 0) complain(`the run ended while hooks owe ${state.owed.size} answers`)
    if (state.leftovers.length > 0)
      complain(`the run ended while ${state.leftovers.length} nodes keep signals`)
    if (state.result === undefined) complain("the run ended without a settled result")
  }
  return broken
}
