/**
 * The ways to a run: through the coordinator that executes it in this process, or through the store, whoever executes it.
 * A handle takes the one that is there, so that it works the same before, while and after a run is parked.
 */
import type { Command, Envelope, RunError, RunState } from "@dagflow/protocol"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { CommandOutcome, LiveMessage } from "./RunHandle.ts"

/** Looks at the durable state of a run, at a time. */
export type Look<A> = (state: RunState.RunState, nowMillis: number) => A

/** A way to a run. */
export interface RunAccess {
  /** Looks at the run as it stands. */
  readonly see: <A>(look: Look<A>) => Effect.Effect<A, RunError>
  /** Looks at the run once it has ended or only waits for somebody. */
  readonly settle: <A>(look: Look<A>) => Effect.Effect<A, RunError>
  readonly send: (command: Command.Command) => Effect.Effect<CommandOutcome, RunError>
  readonly events: (after: number) => Stream.Stream<Envelope.Envelope, RunError>
  readonly live: (options: LiveQuery) => Stream.Stream<LiveMessage, RunError>
}

/** What is followed live. */
export interface LiveQuery {
  readonly capacity: number
  readonly after?: number | undefined
  /** Nothing is shown but what this node emits; without `after`, nothing at all when it has ended. */
  readonly nodeId?: string | undefined
}
