/** What an engine is set to, for all of its runs. */
import type * as Duration from "effect/Duration"

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
  /** Whether a run, its nodes and their attempts become spans of Effect's tracer; default false, since a span costs more than an empty node. */
  readonly spans?: boolean
}
