import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type { Budget, CachePolicy, FlowConfig, RetryPolicy } from "@dagflow/protocol"
import type { CacheOptions, EstimateOptions } from "../../action/Action.ts"
import type { BudgetLimitOptions, BudgetOptions, FlowSettings, RetryOptions } from "../FlowSettings.ts"

/** Takes note of a key that has no duration for its value. */
export type Refuse = (key: string, message: string) => void

/** What a definition holds for a duration: its milliseconds by key, or nothing when there is none. */
export const millis = <const Key extends string>(
  key: Key,
  input: Duration.Input | undefined,
  refuse: Refuse
): { readonly [K in Key]?: number } => {
  if (input === undefined) return {}
  const duration = Duration.fromInput(input)
  if (Option.isSome(duration)) return { [key]: Duration.toMillis(duration.value) } as { [K in Key]: number }
  refuse(key, `${JSON.stringify(input)} is not a duration: write one such as "30 seconds"`)
  return {}
}

/** The retry keys of a definition. */
export const retry = ({ initial, max, ...plain }: RetryOptions, refuse: Refuse): RetryPolicy.RetryPolicy => ({
  ...plain,
  ...millis("initialMillis", initial, refuse),
  ...millis("maxMillis", max, refuse)
})

/** The cache of a node in a definition. */
export const cache = (options: CacheOptions, refuse: Refuse): CachePolicy.CachePolicy => {
  if (typeof options === "boolean") return options && {}
  return {
    ...millis("ttlMillis", options.ttl, (_, message) => refuse("ttl", message)),
    ...(options.key !== undefined && { key: options.key })
  }
}

/** The estimate of a node in a definition. */
export const estimate = ({ time, ...plain }: EstimateOptions, refuse: Refuse): Budget.Estimate => ({
  ...plain,
  ...millis("timeMillis", time, (_, message) => refuse("time", message))
})

const budgetLimits = ({ time, ...plain }: BudgetLimitOptions, refuse: Refuse): Budget.BudgetLimits => ({
  ...plain,
  ...millis("timeMillis", time, (_, message) => refuse("time", message))
})

/** The budget of a flow in a definition. */
export const budget = ({ branches, ...limits }: BudgetOptions, refuse: Refuse): Budget.Budget => ({
  ...budgetLimits(limits, refuse),
  ...(branches !== undefined && {
    branches: Object.fromEntries(
      Object.entries(branches).map(([name, own]) => [
        name,
        budgetLimits(own, (key, message) => refuse(`branches.${name}.${key}`, message))
      ])
    )
  })
})

/** The configuration of a definition. */
export const config = (
  { budget: limits, cancelGrace, hookTimeout, nodeTimeout, retry: retries, timeout, ...plain }: FlowSettings,
  refuse: Refuse
): FlowConfig.FlowConfig => ({
  ...plain,
  ...(limits !== undefined && { budget: budget(limits, (key, message) => refuse(`budget.${key}`, message)) }),
  ...(retries === undefined
    ? {}
    : { retry: retry(retries, (key, message) => refuse(`retry.${key}`, message)) }),
  ...millis("timeoutMillis", timeout, refuse),
  ...millis("nodeTimeoutMillis", nodeTimeout, refuse),
  ...millis("hookTimeoutMillis", hookTimeout, refuse),
  ...millis("cancelGraceMillis", cancelGrace, refuse)
})
