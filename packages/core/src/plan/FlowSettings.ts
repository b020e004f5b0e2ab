/** How a flow in TypeScript runs: the configuration of a definition, with durations in place of milliseconds. */
import type * as Duration from "effect/Duration"
import type { Budget, FlowConfig, RetryPolicy } from "@dagflow/protocol"

/** How often, and after which waits, a failed attempt is tried again. Keys left out fall through. */
export interface RetryOptions extends Omit<RetryPolicy.RetryPolicy, "initialMillis" | "maxMillis"> {
  /** The first wait, up to a day; default 1 s. */
  readonly initial?: Duration.Input
  /** No wait is longer than this, up to a day; default 1 minute. */
  readonly max?: Duration.Input
}

/** What a run or a branch may use up. What has no limit is not looked at. */
export interface BudgetLimitOptions extends Omit<Budget.BudgetLimits, "timeMillis"> {
  /** Time that attempts take, added up over those that run side by side. */
  readonly time?: Duration.Input
}

/** What a run may use up, and what branches of it may. */
export interface BudgetOptions extends BudgetLimitOptions {
  /** Limits of branches, by the id of their root or the label of their nodes; they hold besides those of the run. */
  readonly branches?: Readonly<Record<string, BudgetLimitOptions>>
}

type Plain = Omit<
  FlowConfig.FlowConfig,
  "retry" | "budget" | "timeoutMillis" | "nodeTimeoutMillis" | "hookTimeoutMillis" | "cancelGraceMillis"
>

/** How a flow in TypeScript runs. Every key has a default, and the start of a run may set it anew. */
export interface FlowSettings extends Plain {
  /** Retries of nodes that set none; default one attempt. */
  readonly retry?: RetryOptions
  /** What the run, and branches of it, may use up before nothing more starts; default no limit. */
  readonly budget?: BudgetOptions
  /** Longest time of the whole run, 1 ms to a day; default none. */
  readonly timeout?: Duration.Input
  /** Longest time of one attempt of nodes that set none, 1 ms to a day; default none. */
  readonly nodeTimeout?: Duration.Input
  /** Longest time of one answer of a hook that sets none itself, 1 ms to a day; default 30 s. */
  readonly hookTimeout?: Duration.Input
  /** How long interrupted attempts may take to end before the run goes on without them, 0 to a day; default 5 s. */
  readonly cancelGrace?: Duration.Input
}
