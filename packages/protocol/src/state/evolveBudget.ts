/** The part of the fold that keeps the accounts of budgets. A run without a budget never comes here. */
import * as Budget from "../definition/Budget.ts"
import type { EventOf } from "../message/Event.ts"
import {
  accountsOf,
  type BudgetAccount,
  chargeOf,
  isUnestimated,
  makeAccount,
  roundOf
} from "./BudgetState.ts"
import { openBranch } from "./evolveGraph.ts"
import type { AttemptState, NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"

const settleAttempt = (account: BudgetAccount, node: NodeState, attempt: AttemptState): void => {
  const reserved = attempt.reserved ?? {}
  account.inFlight--
  if (isUnestimated(account, reserved)) account.unestimated--
  for (const resource of Budget.estimated) {
    account.spent[resource] += chargeOf(node, attempt, resource)
    // What is left of many fractions is not quite nothing.
    account.reserved[resource] =
      account.inFlight === 0 ? 0 : account.reserved[resource] - (reserved[resource] ?? 0)
  }
  account.version++
}

/** Sets aside what an attempt may use up that starts now. */
export const reserve = (state: RunState, node: NodeState, reserved: Budget.Estimate): void => {
  const round = roundOf(state, node)
  for (const account of accountsOf(state, node)) {
    account.inFlight++
    if (isUnestimated(account, reserved)) account.unestimated++
    for (const resource of Budget.estimated) account.reserved[resource] += reserved[resource] ?? 0
    if (node.attempt === 1) account.spent.nodes++
    if (round > 0 && !account.rounds.has(round)) {
      account.rounds.add(round)
      account.spent.rounds++
    }
  }
}

/** Charges an attempt that has just ended with what it used up. */
export const charge = (state: RunState, node: NodeState, attempt: AttemptState): void => {
  for (const account of accountsOf(state, node)) settleAttempt(account, node, attempt)
}

/** Opens the account of a budget, with what its nodes have used up before it was there. */
const openAccount = (
  state: RunState,
  branch: string | undefined,
  limits: Budget.BudgetLimits
): BudgetAccount => {
  const account = makeAccount(branch, limits)
  const opened = branch === undefined ? undefined : openBranch(state, branch)
  if (opened !== undefined) opened.budget = account
  for (const node of opened?.members ?? state.nodes) {
    // What a node with a list uses up is what its items do.
    if (node.attempt === 0 || node.spec.forEach !== undefined) continue
    const round = roundOf(state, node)
    account.spent.nodes++
    if (round > 0) account.rounds.add(round)
    for (const attempt of node.attempts) {
      const isInFlight = attempt.endedAtMillis === undefined
      if (isInFlight) account.inFlight++
      if (isInFlight && isUnestimated(account, attempt.reserved ?? {})) account.unestimated++
      for (const resource of Budget.estimated) {
        if (isInFlight) account.reserved[resource] += attempt.reserved?.[resource] ?? 0
        else account.spent[resource] += chargeOf(node, attempt, resource)
      }
    }
  }
  account.spent.rounds = account.rounds.size
  return account
}

/** Opens the accounts of a run that starts. */
export const openBudget = (state: RunState, { branches = {}, ...limits }: Budget.Budget): void => {
  const isLimited = Budget.resources.some((resource) => limits[resource] !== undefined)
  if (!isLimited && Object.keys(branches).length === 0) return
  state.budget = { run: isLimited ? openAccount(state, undefined, limits) : undefined, branches: new Map() }
  for (const [branch, own] of Object.entries(branches))
    state.budget.branches.set(branch, openAccount(state, branch, own))
}

/** A budget is used up. */
export const exhaust = (state: RunState, { _tag, ...shortage }: EventOf<"BudgetExhausted">): void => {
  const { branch } = shortage
  const account = branch === undefined ? state.budget?.run : state.budget?.branches.get(branch)
  if (account === undefined) state.violations.push(`${_tag} at ${state.sequence}: there is no such budget`)
  else account.shortage = shortage
}

/** Counts again which attempts in flight nobody has estimated: of what was not limited before, no estimate was asked for. */
const recount = (state: RunState, account: BudgetAccount): void => {
  const members = account.branch === undefined ? state.nodes : openBranch(state, account.branch).members
  account.unestimated = 0
  for (const node of members) {
    const attempt = node.inFlight || node.child !== undefined ? node.attempts.at(-1) : undefined
    if (attempt !== undefined && isUnestimated(account, attempt.reserved ?? {})) account.unestimated++
  }
}

/** Limits are set anew, or for the first time. */
export const setBudget = (state: RunState, { _tag, branch, ...limits }: EventOf<"BudgetSet">): void => {
  state.budget ??= { run: undefined, branches: new Map() }
  const { budget } = state
  const account = branch === undefined ? budget.run : budget.branches.get(branch)
  if (account === undefined) {
    const opened = openAccount(state, branch, limits)
    if (branch === undefined) budget.run = opened
    else budget.branches.set(branch, opened)
    return
  }
  account.limits = { ...account.limits, ...limits }
  account.shortage = undefined
  account.version++
  recount(state, account)
}
