/** What a run, or a branch of it, may use up before nothing more of it starts. */
import * as Schema from "effect/Schema"
import { BudgetResource, describe, Shortage, spentMax } from "../error/BudgetShortage.ts"

export { BudgetResource, describe, Shortage, spentMax }

const amount = Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 1e15 })))
const count = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000_000 })))

/** What a budget can limit, in the order in which it is looked at. */
export const resources: ReadonlyArray<BudgetResource> = BudgetResource.literals

/** What an attempt uses up that its budget has to be told of beforehand. */
export const estimated = ["tokens", "cost", "timeMillis"] as const

/**
 * What one attempt of a node will use up at most, as far as anybody knows. A budget reserves it before the attempt starts
 * and settles it by what the attempt then reports.
 */
export const Estimate = Schema.Struct({
  /** Tokens, 0 or more. */
  tokens: Schema.optionalKey(amount),
  /** Cost, 0 or more, in the unit in which actions report it. */
  cost: Schema.optionalKey(amount),
  /** Time that the attempt takes, in milliseconds; default: its time-out, if it has one. */
  timeMillis: Schema.optionalKey(amount)
})
/** What one attempt of a node will use up at most, as far as anybody knows. */
export type Estimate = typeof Estimate.Type

/** What happens once a budget is used up: nothing starts until somebody raises it, or its run or branch ends. */
export const OnExhausted = Schema.Literals(["pause", "stop"])
/** What happens once a budget is used up. */
export type OnExhausted = typeof OnExhausted.Type

/** The limits of a budget, and what happens at them. What has no limit is not looked at. */
export const limits = {
  /** Tokens that attempts report as `usage.tokens`. */
  tokens: Schema.optionalKey(amount),
  /** Cost that attempts report as `usage.cost`, in whatever unit they do. */
  cost: Schema.optionalKey(amount),
  /** Time that attempts take, added up over those that run side by side, in milliseconds. */
  timeMillis: Schema.optionalKey(amount),
  /** Nodes that start; further attempts of a node do not count. */
  nodes: Schema.optionalKey(count),
  /** Rounds of growth of which nodes start. */
  rounds: Schema.optionalKey(count),
  /** Default `pause`. */
  onExhausted: Schema.optionalKey(OnExhausted)
} as const

/** The limits of a branch. */
export const BudgetLimits = Schema.Struct(limits)
/** The limits of a branch. */
export type BudgetLimits = typeof BudgetLimits.Type

/** What a run may use up, and what branches of it may. */
export const Budget = Schema.Struct({
  ...limits,
  /** Limits of branches, by the id of their root or the label of their nodes; they hold besides those of the run. */
  branches: Schema.optionalKey(Schema.Record(Schema.String, BudgetLimits))
})
/** What a run may use up, and what branches of it may. */
export type Budget = typeof Budget.Type

/** Settles a budget key by key: what the second one sets wins. */
export const merge = (flow: Budget | undefined, run: Budget | undefined): Budget | undefined => {
  if (flow === undefined || run === undefined) return run ?? flow
  if (flow.branches === undefined || run.branches === undefined) return { ...flow, ...run }
  const names = [...Object.keys(flow.branches), ...Object.keys(run.branches)]
  const branches = names.map((name) => [name, { ...flow.branches?.[name], ...run.branches?.[name] }] as const)
  return { ...flow, ...run, branches: Object.fromEntries(branches) }
}
