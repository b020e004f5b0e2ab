import type { Event, RunRow, StoreError, RunError, RunReason } from "@dagflow/protocol"
import type * as Effect from "effect/Effect"
import type * as Tracer from "effect/Tracer"
import type { Plan } from "../plan/Plan.ts"
import type { WatchedClaim } from "../store/RunStore.ts"

/** A child run that is to be created. */
export interface NewChild {
  readonly runId: string
  readonly planned: Plan
  readonly parent: Event.ParentRun
  readonly seed: number
  /** The span of the node that it is an attempt of. */
  readonly span: Tracer.AnySpan | undefined
}

/** Why a child run that was executed here is not any more. */
export interface ChildLoss {
  readonly runId: string
  readonly reason: RunReason
  readonly isParked: boolean
}

/** What a run may ask its engine about the runs above and below it. */
export interface KinRuns {
  /** Creates a child run and executes it here. Fails with `RunExists` of the store when there is one of this id. */
  readonly start: (child: NewChild) => Effect.Effect<void, StoreError | RunError>
  /** Executes a run here that nobody executes; `watched` is the claim that was watched for its lease, if one was. */
  readonly takeUp: (
    row: RunRow,
    watched: WatchedClaim | undefined
  ) => Effect.Effect<void, StoreError | RunError>
  /**
   * Lets a run that has told how it ends, or was told to stop, record its end, whatever has become of who executed it. `seen` is
   * called once that is so, or once this process knows that it cannot do it.
   */
  readonly seeOut: (runId: string, seen?: (hasEnded: boolean) => void) => void
  /** Whether a run that is executed here, or was parked here, only waits for somebody. */
  readonly isAtRest: (runId: string) => boolean
  /** Whether a run was parked here, or has been found parked. */
  readonly isParked: (runId: string) => boolean
  /**
   * A run is parked; should this engine take it up, then with the actions of its parent. `waits`: it, and every run
   * below it, waits for somebody, and not for a time alone.
   */
  readonly noteParked: (runId: string, waits: boolean) => void
  /** Lets a run that is executed here know that a child of it only waits for somebody. */
  readonly tellRest: (runId: string, child: string) => void
  /** Lets a run that is executed here know that a child of it is not any more. */
  readonly tellLoss: (runId: string, loss: ChildLoss) => void
}
