/** What holds of budgets (R15): worked out anew from what was recorded of each attempt, whatever that costs. */
import { isDeepStrictEqual } from "node:util"
import type { Budget, Envelope, Event } from "@dagflow/protocol"
import type { Bill, Model, ModelNode } from "./Model.ts"
import { on, type Rule } from "./Rule.ts"
import { isBefore, isLetGo, rankOf } from "./strategyRules.ts"

type Complain = (rule: string, message: string) => void

/** The run's own budget goes by the empty name. */
const ofRun = ""

const measured = ["tokens", "cost", "timeMillis"] as const
const all = [...measured, "nodes", "rounds"] as const
type Resource = (typeof all)[number]

const covered = (model: Model, key: string): ReadonlyArray<ModelNode> => {
  // What a node with a list uses up is what its items do.
  const nodes = [...model.nodes.values()].filter(({ spec }) => spec.forEach === undefined)
  if (key === ofRun) return nodes
  const members = model.members(key)
  return nodes.filter(({ id }) => members.has(id))
}

const bills = (model: Model, key: string): ReadonlyArray<Bill> =>
  covered(model, key).flatMap(({ id }) => model.bills.get(id) ?? [])

const inFlight = (model: Model, key: string): ReadonlyArray<Bill> =>
  bills(model, key).filter(({ endedAt }) => endedAt === undefined)

const charge = (bill: Bill, resource: Resource): number => {
  if (resource === "nodes" || resource === "rounds" || bill.endedAt === undefined) return 0
  const reserved = bill.reserved[resource] ?? 0
  if (resource === "timeMillis") return bill.isLost ? reserved : bill.endedAt - bill.startedAt
  return bill.usage?.[resource] ?? reserved
}

const sum = (amounts: ReadonlyArray<number>): number => amounts.reduce((total, one) => total + one, 0)

/** The round of growth that a node belongs to; an item belongs to that of its node. */
const roundOf = (model: Model, { id, list }: ModelNode): number => model.rounds.get(list ?? id) ?? 0

/** What is charged for good under a budget. */
const spent = (model: Model, key: string, resource: Resource): number => {
  const started = covered(model, key).filter(({ attempt }) => attempt > 0)
  if (resource === "nodes") return started.length
  if (resource === "rounds")
    return new Set(started.map((node) => roundOf(model, node)).filter((round) => round > 0)).size
  return sum(bills(model, key).map((bill) => charge(bill, resource)))
}

const reserved = (model: Model, key: string, resource: Resource): number =>
  resource === "nodes" || resource === "rounds"
    ? 0
    : sum(inFlight(model, key).map((bill) => bill.reserved[resource] ?? 0))

const isUnknown = (limits: Budget.BudgetLimits, estimate: Budget.Estimate): boolean =>
  measured.some((resource) => limits[resource] !== undefined && estimate[resource] === undefined)

/** What the next attempt of a node is to reserve. */
const estimateOf = (model: Model, { isHandling, spec }: ModelNode): Budget.Estimate => {
  const limit = spec.timeoutMillis ?? model.config?.nodeTimeoutMillis
  // The simulated "toil" says of itself what it uses up; so does the failure handler, over what the node says.
  const own = spec.action === "toil" ? { tokens: 3 } : {}
  const timed = limit === undefined ? {} : { timeMillis: limit }
  return isHandling ? { ...timed, ...spec.estimate, cost: 1 } : { ...timed, ...own, ...spec.estimate }
}

const need = (model: Model, key: string, node: ModelNode, resource: Resource): number | undefined => {
  if (resource === "nodes") return node.attempt === 0 ? 1 : 0
  if (resource !== "rounds") return estimateOf(model, node)[resource]
  const round = roundOf(model, node)
  const isNew = covered(model, key).every((other) => other.attempt === 0 || roundOf(model, other) !== round)
  return round > 0 && isNew ? 1 : 0
}

/** What a budget lacks for a node, if anything. */
const lack = (model: Model, key: string, node: ModelNode): Resource | undefined => {
  const limits = model.budgets.get(key) ?? {}
  return all.find((resource) => {
    const limit = limits[resource]
    if (limit === undefined) return false
    const wanted = need(model, key, node, resource)
    const used = spent(model, key, resource) + reserved(model, key, resource)
    return wanted === undefined ? used >= limit : wanted > 0 && used + wanted > limit + 1e-6
  })
}

const keysOf = (model: Model, node: ModelNode): ReadonlyArray<string> =>
  [...model.budgets.keys()].filter((key) => key === ofRun || model.members(key).has(node.id))

/** Whether a node has to wait for attempts in flight, by itself. */
const isBlocked = (model: Model, key: string, node: ModelNode): boolean => {
  const going = inFlight(model, key)
  if (going.length === 0) return false
  const limits = model.budgets.get(key) ?? {}
  return (
    isUnknown(limits, estimateOf(model, node)) ||
    going.some((bill) => isUnknown(limits, bill.reserved)) ||
    lack(model, key, node) !== undefined
  )
}

/** Whether a node would start now, or be retried, if its budgets let it. */
const isReady = (model: Model, node: ModelNode): boolean =>
  (model.mayStart(node) || (node.status === "retrying" && node.retryAt <= model.nowMillis)) &&
  isLetGo(model, node)

/** The budgets that hold a node back, for itself or because it comes after another one. */
const holders = (model: Model, node: ModelNode): ReadonlyArray<string> =>
  keysOf(model, node).filter(
    (key) =>
      isBlocked(model, key, node) ||
      covered(model, key).some(
        (other) =>
          other !== node &&
          isReady(model, other) &&
          isBefore(rankOf(model, other), rankOf(model, node)) &&
          isBlocked(model, key, other)
      )
  )

/** Whether a node that could start waits for its budget. */
export const isHeldByBudget = (model: Model, node: ModelNode): boolean => holders(model, node).length > 0

/** Whether a node may start although another one, which goes before it, may not. */
export const mayOvertake = (model: Model, node: ModelNode, other: ModelNode): boolean => {
  const [only, ...more] = holders(model, other)
  return only !== undefined && (more.length > 0 || !keysOf(model, node).includes(only))
}

const starting = on(["NodeStarted", "SubFlowStarted"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  const expected = model.budgets.size === 0 ? {} : estimateOf(model, node)
  if (!isDeepStrictEqual(event.reserved ?? {}, expected))
    complain("budgets", `"${node.id}" reserves ${JSON.stringify(event.reserved)}`)
  for (const key of keysOf(model, node)) {
    const short = lack(model, key, node)
    if (short !== undefined)
      complain("budgets", `"${node.id}" starts, and budget "${key}" has no ${short} left for it`)
    if (isBlocked(model, key, node))
      complain("budgets", `"${node.id}" starts beside attempts that it cannot share budget "${key}" with`)
  }
})

const exhausting = on(["BudgetExhausted"], ({ complain, event, model }) => {
  const key = event.branch ?? ofRun
  const node = model.node(event.nodeId)
  if (inFlight(model, key).length > 0)
    complain("budgets", `budget "${key}" is used up while attempts may give something back`)
  if (lack(model, key, node) !== event.resource)
    complain("budgets", `"${node.id}" lacks ${lack(model, key, node)} of budget "${key}"`)
  if (Math.abs(event.spent - spent(model, key, event.resource)) > 1e-6)
    complain("budgets", `budget "${key}" has spent ${spent(model, key, event.resource)}`)
  const told = sum(event.nodes.map((one) => one.spent)) + (event.others?.spent ?? 0)
  const isCounted = event.resource === "nodes" || event.resource === "rounds"
  if (!isCounted && Math.abs(told - event.spent) > 1e-6)
    complain("budgets", `${event.spent} is spent, and nodes are told to have spent ${told}`)
})

const pausing = on(["RunPaused", "RunInterrupted"], ({ complain, event, model }) => {
  const isBudget = event._tag === "RunPaused" ? event.exhausted === true : event.cause === "budget_exhausted"
  if (!isBudget) return
  const policy = event._tag === "RunPaused" ? "pause" : "stop"
  if (!model.shortages.has(ofRun)) complain("budgets", "nothing is used up, and the run goes no further")
  if ((model.budgets.get(ofRun)?.onExhausted ?? "pause") !== policy)
    complain("budgets", `the policy of the budget is not to ${policy}`)
})

/** What its policy makes of a budget that is used up follows at once. */
const following: Rule = ({ before, complain, event, model }) => {
  const last = before.at(-1)?.event
  if (last?._tag !== "BudgetExhausted") return
  const key = last.branch ?? ofRun
  const isStop = model.budgets.get(key)?.onExhausted === "stop"
  const ofBranch = isStop ? "BranchCancelled" : "BranchPaused"
  const expected = key === ofRun ? (isStop ? "RunInterrupted" : "RunPaused") : ofBranch
  if (event._tag !== expected || ("branch" in event && event.branch !== key))
    complain("budgets", `${event._tag} follows, and budget "${key}" asks for ${expected}`)
}

/** Rules for budgets. */
export const budgetRules: ReadonlyArray<Rule> = [starting, exhausting, pausing, following]

/** What follows from a budget that is used up has happened by the end of the append. */
export const judgeBudgets = (model: Model, complain: Complain): void => {
  for (const key of model.shortages.keys()) {
    const status = model.branches.get(key)
    const isHeld =
      model.interrupted !== undefined ||
      (key === ofRun ? model.isPaused : status === "paused" || status === "cancelled")
    if (!isHeld) complain("budgets", `budget "${key}" is used up, and nothing comes of it`)
  }
}

const close = (model: Model, nodeId: string, at: number, more: Partial<Bill>): void => {
  const open = model.bills.get(nodeId)?.find(({ endedAt }) => endedAt === undefined)
  if (open !== undefined) Object.assign(open, { endedAt: at, ...more })
}

const usageOf = ({ usage }: { readonly usage?: Event.Usage }) => (usage === undefined ? {} : { usage })

const set = (model: Model, { _tag, branch = ofRun, ...limits }: Event.EventOf<"BudgetSet">): void => {
  model.budgets.set(branch, { ...model.budgets.get(branch), ...limits })
  model.shortages.delete(branch)
}

/** Takes into the model what an event says of budgets. */
export const applyBudgets = (model: Model, { at, cause, event }: Envelope.Envelope): void => {
  switch (event._tag) {
    case "RunStarted": {
      const { branches = {}, ...limits } = event.config.budget ?? {}
      if (all.some((resource) => limits[resource] !== undefined)) model.budgets.set(ofRun, limits)
      for (const [branch, own] of Object.entries(branches)) model.budgets.set(branch, own)
      return
    }
    case "NodesAdded": {
      const answer = cause?.hook === undefined ? undefined : `${cause.hook} ${cause.sequence}`
      if (event.round !== "same") {
        if (answer === undefined || answer !== model.lastRound) model.round++
        model.lastRound = answer
      }
      for (const { id } of [...event.nodes, ...(event.visits ?? [])]) model.rounds.set(id, model.round)
      return
    }
    case "NodeStarted":
    case "SubFlowStarted": {
      const known = model.bills.get(event.nodeId) ?? []
      model.bills.set(event.nodeId, [
        ...known,
        { reserved: event.reserved ?? {}, startedAt: at, isLost: false }
      ])
      return
    }
    case "NodeCompleted":
      return close(model, event.nodeId, at, usageOf(event))
    case "NodeFailed": {
      const isLost = (event.handlerError ?? event.error).cause === "OwnerLost"
      return close(model, event.nodeId, at, { isLost, ...usageOf(event) })
    }
    case "NodeWaiting":
      return close(model, event.nodeId, at, { isLost: event.wait._tag === "Recovery", ...usageOf(event) })
    case "NodeCancelled":
      return close(model, event.nodeId, at, usageOf(event))
    case "BudgetSet":
      return set(model, event)
    case "BudgetExhausted": {
      const { _tag, ...shortage } = event
      model.shortages.set(event.branch ?? ofRun, shortage)
      return
    }
    case "RunResumed":
      model.shortages.delete(ofRun)
      return
    case "BranchResumed":
      model.shortages.delete(event.branch)
      return
    default:
  }
}
