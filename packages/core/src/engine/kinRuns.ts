import type { Event, RunRow, StoreError, RunError } from "@dagflow/protocol"
import type * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { Plan } from "../plan/Plan.ts"

/** A child run that is to be created. */
export interface NewChild {
  readonly runId: string
  readonly planned: Plan
  readonly parent: Event.ParentRun
  readonly seed: number
  /** The span of the node that it is an attempt of. */
  readonly span: Tracer.AnySpan | undefined
}

/** What a run may ask its engine about the runs above and below it. */
export interface KinRuns {
  /** Creates a child run and executes it here. Fails with `RunExists` of the store when there is one of this id. */
  readonly start: (child: NewChild) => Effect.Effect<void, StoreError | RunError>
  /** Executes a run here that nobody executes. */
  readonly takeUp: (row: RunRow) => Effect.Effect<void, StoreError | RunError>
  /** Lets a run that has told how it ends record its end, whatever has become of who executed it. */
  readonly seeOut: (runId: string) => void
  /** Whether a run that is executed here, or was parked here, only waits for somebody. */
  readonly isAtRest: (runId: string) => boolean
  /** Lets a run that is executed here know that a child of it only waits for somebody. */
  readonly tellRest: (runId: string, child: string) => void
}
