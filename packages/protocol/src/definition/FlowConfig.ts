/** How a flow runs: what a definition or the start of a run may set, and what holds when neither does. */
import * as Schema from "effect/Schema"
import { Budget, merge } from "./Budget.ts"
import { FailurePolicy } from "./FailurePolicy.ts"
import { Interrupts } from "./Interrupts.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import { Strategy } from "./Strategy.ts"

/** Longest time-out of one attempt: a day. */
export const timeoutMillisMax = 86_400_000

const whole = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const fields = {
  /** When nodes that may start do; default `reactive`: at once. */
  strategy: Strategy,
  /** Attempts in flight at once, 1 to 10,000; default 16. */
  maxParallel: whole(1, 10_000),
  /** Policy of nodes that have none of their own; default `halt`. */
  onFailure: FailurePolicy,
  /** Retry keys of nodes that leave them out; default one attempt. */
  retry: RetryPolicy,
  /** What a failing hook does to the run; default `continue`. */
  onHookFailure: Schema.Literals(["continue", "fail"]),
  /** Longest time of one answer of a hook that sets none itself, 1 ms to a day; default 30 s. */
  hookTimeoutMillis: whole(1, timeoutMillisMax),
  /** How long interrupted attempts may take to end before the run goes on without them, 0 to a day; default 5 s. */
  cancelGraceMillis: whole(0, timeoutMillisMax),
  /** Nodes a run may have, grown ones included, 1 to 10,000,000; default 1,000,000. */
  nodesMax: whole(1, 10_000_000),
  /** Answers and commands that may add nodes, 0 to 1,000,000; default 1,000,000. Nodes of the definition never count. */
  maxIterations: whole(0, 1_000_000),
  /** Largest output of one attempt as JSON, 1 kB to 1 GiB; default 64 MiB. */
  payloadBytesMax: whole(1000, 1_073_741_824),
  /** An output of at least this size is stored once, by its hash, and not inside the log; default 64 KiB. */
  artifactBytesMin: whole(256, 1_073_741_824),
  /**
   * How often a node, or an item of a list, runs again because an attempt was lost to the death of its process, 0 to 1,000; default
   * 3, so that the fourth loss is final.
   */
  maxLostAttempts: whole(0, 1000)
} as const

/** What has no default: a node or a run takes as long as it takes, and pauses nowhere by itself. */
const optional = {
  /** Longest time of the whole run, 1 ms to a day; default none. */
  timeoutMillis: Schema.optionalKey(whole(1, timeoutMillisMax)),
  /** Longest time of one attempt of nodes that set none, 1 ms to a day; default none. */
  nodeTimeoutMillis: Schema.optionalKey(whole(1, timeoutMillisMax)),
  /** Where a run by the strategy `superstep` pauses between two steps; default nowhere. */
  interrupts: Schema.optionalKey(Interrupts),
  /** What the run, and branches of it, may use up; default none. */
  budget: Schema.optionalKey(Budget)
}

/** What a definition, or the start of a run, may set. */
export const FlowConfig = Schema.Struct({
  strategy: Schema.optionalKey(fields.strategy),
  maxParallel: Schema.optionalKey(fields.maxParallel),
  onFailure: Schema.optionalKey(fields.onFailure),
  retry: Schema.optionalKey(fields.retry),
  onHookFailure: Schema.optionalKey(fields.onHookFailure),
  hookTimeoutMillis: Schema.optionalKey(fields.hookTimeoutMillis),
  cancelGraceMillis: Schema.optionalKey(fields.cancelGraceMillis),
  nodesMax: Schema.optionalKey(fields.nodesMax),
  maxIterations: Schema.optionalKey(fields.maxIterations),
  payloadBytesMax: Schema.optionalKey(fields.payloadBytesMax),
  artifactBytesMin: Schema.optionalKey(fields.artifactBytesMin),
  maxLostAttempts: Schema.optionalKey(fields.maxLostAttempts),
  ...optional
})
/** What a definition, or the start of a run, may set. */
export type FlowConfig = typeof FlowConfig.Type

/** The configuration a run runs by, as its log records it. */
export const ResolvedConfig = Schema.Struct({ ...fields, ...optional })
/** The configuration a run runs by, as its log records it. */
export type ResolvedConfig = typeof ResolvedConfig.Type

/** What holds when neither the definition nor the start of a run says otherwise. */
export const defaults: ResolvedConfig = {
  strategy: "reactive",
  maxParallel: 16,
  onFailure: "halt",
  retry: {},
  onHookFailure: "continue",
  hookTimeoutMillis: 30_000,
  cancelGraceMillis: 5000,
  nodesMax: 1_000_000,
  maxIterations: 1_000_000,
  payloadBytesMax: 67_108_864,
  artifactBytesMin: 65_536,
  maxLostAttempts: 3
}

/**
 * Settles a configuration key by key: what the start of the run sets wins over what the flow sets, which wins over the
 * defaults. A key that is absent falls through; one that is `false` or `0` does not.
 */
export const resolve = (flow: FlowConfig = {}, run: FlowConfig = {}): ResolvedConfig => {
  const budget = merge(flow.budget, run.budget)
  return {
    ...defaults,
    ...flow,
    ...run,
    retry: { ...defaults.retry, ...flow.retry, ...run.retry },
    ...(budget !== undefined && { budget })
  }
}
