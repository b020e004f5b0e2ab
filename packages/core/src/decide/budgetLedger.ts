/** Whether a node may start as far as budgets are concerned, and what follows when one is used up. */
import { Budget, BudgetState, type NodeState, type RunState } from "@dagflow/protocol"
import type { KnownActions } from "./knownActions.ts"
import type { Frontier } from "./Frontier.ts"
import { cancelIdleNode, interruptRun } from "./interruptRun.ts"
import type { Turn } from "./Turn.ts"

type Account = BudgetState.BudgetAccount

/** What an account lacks for a node. */
interface Lack {
  readonly resource: Budget.BudgetResource
  readonly limit: number
  readonly needed: number | undefined
}

/** Fractions that add up to the limit may come to a trifle more. */
const slack = 1e-9

/** What an attempt that starts now would reserve, as far as the node and its action tell. */
export const reservationOf = (
  { budget, config }: RunState.RunState,
  { handling, spec }: NodeState.NodeState,
  actions: KnownActions
): Budget.Estimate => {
  if (budget === undefined) return {}
  const timeMillis = spec.timeoutMillis ?? config.nodeTimeoutMillis
  const timed = timeMillis === undefined ? {} : { timeMillis }
  // A failure handler is another action: what it says of itself comes first.
  return handling
    ? { ...timed, ...spec.estimate, ...actions.estimateOf(spec.failure ?? "") }
    : { ...timed, ...actions.estimateOf(spec.action), ...spec.estimate }
}

const needOf = (
  state: RunState.RunState,
  account: Account,
  node: NodeState.NodeState,
  reserved: Budget.Estimate,
  resource: Budget.BudgetResource
): number | undefined => {
  switch (resource) {
    case "nodes":
      return node.attempt === 0 ? 1 : 0
    case "rounds": {
      const round = BudgetState.roundOf(state, node)
      return round > 0 && !account.rounds.has(round) ? 1 : 0
    }
    default:
      return reserved[resource]
  }
}

/** What is missing for a node. One that nobody has estimated needs that anything at all is left. */
const lackOf = (
  state: RunState.RunState,
  account: Account,
  node: NodeState.NodeState,
  reserved: Budget.Estimate
): Lack | undefined => {
  for (const resource of Budget.resources) {
    const limit = account.limits[resource]
    if (limit === undefined) continue
    const needed = needOf(state, account, node, reserved, resource)
    const used = account.spent[resource] + account.reserved[resource]
    const isShort = needed === undefined ? used >= limit : needed > 0 && used + needed > limit * (1 + slack)
    if (isShort) return { resource, limit, needed }
  }
  return undefined
}

/**
 * Whether all budgets of a node let it start. One that does not fit waits as long as attempts in flight may give back what
 * they have reserved; when there is none, the budget is used up.
 */
export const affords = (
  turn: Turn,
  frontier: Frontier,
  node: NodeState.NodeState,
  reserved: Budget.Estimate
): boolean => {
  const { state } = turn
  for (const account of BudgetState.accountsOf(state, node)) {
    if (frontier.isBehind(account, node)) {
      frontier.keepBack(account, node, false)
      return false
    }
    const mustBeAlone = BudgetState.isUnestimated(account, reserved)
    const lack = lackOf(state, account, node, reserved)
    if (account.inFlight > 0 && (lack !== undefined || mustBeAlone || account.unestimated > 0)) {
      frontier.keepBack(account, node, true)
      return false
    }
    if (lack !== undefined) {
      // It is the first one again when the budget has been raised.
      frontier.add(node)
      exhaust(turn, account, node, lack)
      return false
    }
  }
  return true
}

const exhaust = (turn: Turn, account: Account, node: NodeState.NodeState, lack: Lack): void => {
  const { branch } = account
  const shortage = shortageOf(turn.state, account, node, lack)
  const reason = Budget.describe(shortage)
  const isStop = account.limits.onExhausted === "stop"
  turn.record({ _tag: "BudgetExhausted", ...shortage })
  if (branch === undefined) {
    if (isStop) interruptRun(turn, { cause: "budget_exhausted", reason })
    else turn.record({ _tag: "RunPaused", reason, exhausted: true })
  } else if (isStop) {
    turn.record({ _tag: "BranchCancelled", branch, reason })
    const members = turn.state.branches.get(branch)?.members ?? []
    for (const member of members) cancelIdleNode(turn, member, "branch_cancelled")
  } else turn.record({ _tag: "BranchPaused", branch, reason })
}

/** What was spent where. It is added up when a budget is used up, which is once, and not whenever something is charged. */
const shortageOf = (
  state: RunState.RunState,
  account: Account,
  node: NodeState.NodeState,
  { limit, needed, resource }: Lack
): Budget.Shortage => {
  const { branch } = account
  const members = branch === undefined ? state.nodes : [...(state.branches.get(branch)?.members ?? [])]
  const spent = members.map((member) => ({ node: member, spent: spentBy(member, resource) }))
  const most = spent
    .filter((one) => one.spent > 0)
    .sort((a, b) => b.spent - a.spent || a.node.index - b.node.index)
  const rest = most.slice(Budget.spentMax)
  const labels = new Map<string, number>()
  for (const one of most) {
    const label = one.node.spec.branch
    if (label !== undefined) labels.set(label, (labels.get(label) ?? 0) + one.spent)
  }
  const branches = [...labels].sort(([, a], [, b]) => b - a).slice(0, Budget.spentMax)
  return {
    ...(branch !== undefined && { branch }),
    resource,
    limit,
    spent: account.spent[resource],
    ...(needed !== undefined && { needed }),
    nodeId: node.spec.id,
    nodes: most.slice(0, Budget.spentMax).map((one) => ({ nodeId: one.node.spec.id, spent: one.spent })),
    ...(rest.length > 0 && {
      others: { nodeCount: rest.length, spent: rest.reduce((sum, one) => sum + one.spent, 0) }
    }),
    branches: branches.map(([name, amount]) => ({ branch: name, spent: amount }))
  }
}

/** That a node has started, or come in a round, is no news of that node. What a node with a list uses up, its items do. */
const spentBy = (node: NodeState.NodeState, resource: Budget.BudgetResource): number =>
  resource === "nodes" || resource === "rounds" || node.spec.forEach !== undefined
    ? 0
    : node.attempts.reduce((sum, attempt) => sum + BudgetState.chargeOf(node, attempt, resource), 0)
