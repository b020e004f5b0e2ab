import { Budget } from "@dagflow/protocol"
import { BranchBudget, NodeEstimate, RunBudget } from "./budgetFile.ts"
import * as Cursor from "./cursor.ts"
import * as Leaf from "./leaf.ts"
import * as MapReader from "./mapReader.ts"
import type { Writable } from "./writable.ts"

type Limits = Writable<Budget.BudgetLimits>

const { limits } = Budget
const time = Leaf.duration(limits.timeMillis.schema, "0s", "a thousand years")

const readers: Readonly<
  Record<keyof typeof BranchBudget.fields, (into: Limits, at: Cursor.Cursor, name: string) => void>
> = {
  tokens: (into, at, name) => Leaf.set(into, "tokens", Leaf.of(limits.tokens.schema)(at, name)),
  cost: (into, at, name) => Leaf.set(into, "cost", Leaf.of(limits.cost.schema)(at, name)),
  time: (into, at, name) => Leaf.set(into, "timeMillis", time(at, name)),
  nodes: (into, at, name) => Leaf.set(into, "nodes", Leaf.of(limits.nodes.schema)(at, name)),
  rounds: (into, at, name) => Leaf.set(into, "rounds", Leaf.of(limits.rounds.schema)(at, name)),
  onExhausted: (into, at, name) => Leaf.set(into, "onExhausted", Leaf.of(limits.onExhausted.schema)(at, name))
}

const runKeys = MapReader.keys("budget", Object.keys(RunBudget.fields))
const branchKeys = MapReader.keys("budget", Object.keys(BranchBudget.fields))
const estimateKeys = MapReader.keys("estimate", Object.keys(NodeEstimate.fields))

/** Reads the value of `budget`. */
export const read = (at: Cursor.Cursor): Budget.Budget | undefined => {
  if (Cursor.isNull(at)) return undefined
  const budget: Writable<Budget.Budget> = {}
  const given = MapReader.read(at, runKeys, (name, value) => {
    if (name === "branches") Leaf.set(budget, "branches", readBranches(value))
    else readers[name as keyof typeof readers](budget, value, name)
  })
  return given === undefined ? undefined : budget
}

/** Reads the value of `estimate` of a node. */
export const readEstimate = (at: Cursor.Cursor): Budget.Estimate | undefined => {
  if (Cursor.isNull(at)) return undefined
  const estimate: Writable<Budget.Estimate> = {}
  const given = MapReader.read(at, estimateKeys, (name, value) =>
    readers[name as keyof typeof NodeEstimate.fields](estimate, value, name)
  )
  return given === undefined ? undefined : estimate
}

// -- internal -------------------------------------------------------------------------------------------------------

const readBranches = (at: Cursor.Cursor): Readonly<Record<string, Budget.BudgetLimits>> | undefined => {
  if (Cursor.isNull(at)) return undefined
  const entries = Cursor.entries(at)
  if (entries === undefined) {
    Leaf.refuse(at, "branches", "expected a map from branches to their budgets")
    return undefined
  }
  const branches: Record<string, Budget.BudgetLimits> = {}
  for (const { name, value } of entries) {
    if (value === undefined || Cursor.isNull(value)) continue
    const own: Limits = {}
    MapReader.read(value, branchKeys, (key, one) => readers[key as keyof typeof readers](own, one, key))
    Leaf.set(branches, name, own)
  }
  return branches
}
