/** What an engine is set to, for all of its runs. */
import * as Duration from "effect/Duration"

/** The settings of an engine. Every key has a default. */
export interface EngineOptions {
  /** Attempts in flight at once over all runs of the engine, 1 or more; default: no limit but that of each run. */
  readonly maxParallel?: number
  /** Name of this engine in the log of its runs; default: a random one. */
  readonly owner?: string
  /** How long a claim of a run lasts unless it is renewed; renewed three times as often; 100 ms or more, default 10 s. */
  readonly lease?: Duration.Input
  /** Messages a run takes in at once before senders wait, 1 or more; default 1,024. */
  readonly inboxCapacity?: number
  /** Answers of gate hooks that one run waits for at once, 1 or more; default 16. */
  readonly hookConcurrency?: number
  /** How long closing the engine waits for running attempts before it interrupts them; default 0: at once. */
  readonly shutdownGrace?: Duration.Input
  /** How long an unavailable store is tried again before the run gives up with `StoreFailed`; default 1 minute. */
  readonly storePatience?: Duration.Input
  /** How often a store that cannot tell of changes is looked into, 10 ms or more, default 1 second; others tell by themselves. */
  readonly storePoll?: Duration.Input
  /**
   * Whether the engine takes up runs whose owner is gone by itself, for as long as it lives. Default `"on_request"`: only
   * when `recover` or `resume` is asked. `"continuous"` is for servers: every engine on the store should have the actions of
   * its runs, and a run goes on within a lease after its owner died, or at once where the store knows of the death.
   */
  readonly recovery?: "on_request" | "continuous"
  /**
   * How long all that remains of a run only waits - for answers, for times, for the end of a pause - before the run is
   * parked: its fiber ends and nobody owns it until its first deadline, or until somebody sends it a command. Whichever
   * engine recovers continuously takes it up then; without one, `recover`, `resume` or `start` does. 0 or more; default 1
   * minute with `recovery: "continuous"`, and never with `"on_request"`. A store that cannot park keeps runs with their owner.
   */
  readonly parkAfter?: Duration.Input
  /** Whether a run, its nodes and their attempts become spans of Effect's tracer; default false, since a span costs more than an empty node. */
  readonly spans?: boolean
}

/** The settings of an engine with all defaults filled in. */
export interface EngineConfig {
  readonly maxParallel: number | undefined
  readonly owner: string
  readonly leaseMillis: number
  readonly inboxCapacity: number
  readonly hookConcurrency: number
  readonly shutdownGraceMillis: number
  readonly storePatienceMillis: number
  readonly storePollMillis: number
  readonly recovery: "on_request" | "continuous"
  /** `Infinity`: runs are never parked. */
  readonly parkAfterMillis: number
  readonly spans: boolean
}

const parkAfter = ({ parkAfter: after, recovery }: EngineOptions): number => {
  if (after === undefined) return recovery === "continuous" ? 60_000 : Infinity
  return atLeast(0, Duration.toMillis(after), "parkAfter")
}

const atLeast = (minimum: number, value: number, name: string): number => {
  if (value >= minimum) return value
  throw new RangeError(`${name} is ${value}, and must be at least ${minimum}`)
}

/** Fills in the defaults. A setting that is out of its bounds is a defect: a program's mistake, not a run's. */
export const resolve = (options: EngineOptions, randomOwner: string): EngineConfig => ({
  maxParallel: options.maxParallel === undefined ? undefined : atLeast(1, options.maxParallel, "maxParallel"),
  owner: options.owner ?? randomOwner,
  leaseMillis: atLeast(100, Duration.toMillis(options.lease ?? "10 seconds"), "lease"),
  inboxCapacity: atLeast(1, options.inboxCapacity ?? 1024, "inboxCapacity"),
  hookConcurrency: atLeast(1, options.hookConcurrency ?? 16, "hookConcurrency"),
  shutdownGraceMillis: Duration.toMillis(options.shutdownGrace ?? 0),
  storePatienceMillis: Duration.toMillis(options.storePatience ?? "1 minute"),
  storePollMillis: atLeast(10, Duration.toMillis(options.storePoll ?? "1 second"), "storePoll"),
  recovery: options.recovery ?? "on_request",
  parkAfterMillis: parkAfter(options),
  spans: options.spans ?? false
})
