import { type RunError, type RunRow, RunStatus, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { RunStore } from "../store/RunStore.ts"

/** What is needed to see a run out. */
export interface SeeOutOptions {
  readonly store: RunStore
  /** Whether the run is executed here. */
  readonly isHere: () => boolean
  readonly takeUp: (row: RunRow) => Effect.Effect<unknown, StoreError | RunError>
}

const isTaken = (error: StoreError | RunError): boolean =>
  error._tag === "RunError" && error.reason._tag === "RunNotOwned"

/**
 * Lets a child run whose parent knows how it ended, or no longer waits for it, record its end: who executed it may have died.
 * While somebody has it, it is looked at three times in each lease.
 */
export const seeOut = (options: SeeOutOptions, runId: string): Effect.Effect<void> => {
  const { isHere, store, takeUp } = options
  const look: Effect.Effect<void, StoreError | RunError> = Effect.suspend(() => {
    if (isHere()) return Effect.void
    return Effect.flatMap(store.get(runId), (row) => {
      if (row === undefined || RunStatus.isEnded(row.status)) return Effect.void
      return Effect.catchIf(Effect.asVoid(takeUp(row)), isTaken, () =>
        Effect.andThen(Effect.sleep(row.leaseMillis / 3), look)
      )
    })
  })
  // If the store is away, or this process cannot execute the run, whoever recovers what has been left finds it.
  return Effect.ignore(look)
}
