/** What budgets have set aside and charged, folded from the log. */
import * as Budget from "../definition/Budget.ts"
import type { AttemptState, NodeState } from "./NodeState.ts"
import type { RunState } from "./RunState.ts"

/** Amounts of everything that a budget can limit. */
export type Amounts = Record<Budget.BudgetResource, number>

/** The account of one budget: that of the run, or of a branch. */
export interface BudgetAccount {
  /** The branch; `undefined` for the run. */
  readonly branch: string | undefined
  limits: Budget.BudgetLimits
  /** What is charged for good. */
  readonly spent: Amounts
  /** What is set aside for attempts in flight. */
  readonly reserved: Amounts
  /** Attempts in flight. */
  inFlight: number
  /** Those of them that nobody has estimated; each runs alone. */
  unestimated: number
  /** Rounds of growth of which a node has started. */
  readonly rounds: Set<number>
  /** Rises whenever a node that did not fit may fit now. */
  version: number
  /** The budget is used up, and has not been raised since. */
  shortage: Budget.Shortage | undefined
}

/** The budgets of a run. */
export interface BudgetState {
  /** The account of the run, when it has a budget of its own. */
  run: BudgetAccount | undefined
  /** The accounts of branches, by branch, in the order in which they were given. */
  readonly branches: Map<string, BudgetAccount>
}

/** An account of which nothing has been used. */
export const makeAccount = (branch: string | undefined, limits: Budget.BudgetLimits): BudgetAccount => ({
  branch,
  limits,
  spent: { tokens: 0, cost: 0, timeMillis: 0, nodes: 0, rounds: 0 },
  reserved: { tokens: 0, cost: 0, timeMillis: 0, nodes: 0, rounds: 0 },
  inFlight: 0,
  unestimated: 0,
  rounds: new Set(),
  version: 0,
  shortage: undefined
})

/** The budgets that a node has to keep within: that of the run first, then those of its branches. */
export const accountsOf = (state: RunState, node: NodeState): ReadonlyArray<BudgetAccount> => {
  const accounts: Array<BudgetAccount> = []
  if (state.budget?.run !== undefined) accounts.push(state.budget.run)
  for (const { budget } of node.branches) if (budget !== undefined) accounts.push(budget)
  return accounts
}

/** Tells whether an attempt leaves open how much of something it will use that the budget limits. */
export const isUnestimated = ({ limits }: BudgetAccount, reserved: Budget.Estimate): boolean =>
  Budget.estimated.some((resource) => limits[resource] !== undefined && reserved[resource] === undefined)

/** The round of growth that added a node; 0 for nodes of the definition. */
export const roundOf = (state: RunState, node: NodeState): number =>
  state.growth.get((node.list ?? node).addedBySequence)?.round ?? 0

/** What an attempt that has ended is charged with of one resource. What it was to report and did not is charged as reserved. */
export const chargeOf = (
  node: NodeState,
  attempt: AttemptState,
  resource: (typeof Budget.estimated)[number]
): number => {
  const reserved = attempt.reserved?.[resource] ?? 0
  if (resource === "timeMillis") {
    // Nobody knows how long an attempt went on whose process died.
    const isLost = attempt.error?.cause === "OwnerLost" || attempt.wait?.opened.wait._tag === "Recovery"
    const took = Math.max(0, (attempt.endedAtMillis ?? attempt.startedAtMillis) - attempt.startedAtMillis)
    return isLost ? reserved : took
  }
  const isCached = node.cachedAtMillis !== undefined && attempt.number === node.attempt
  return isCached ? 0 : (attempt.usage?.[resource] ?? reserved)
}
