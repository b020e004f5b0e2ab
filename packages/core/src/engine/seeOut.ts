import { type RunError, type RunRow, RunStatus, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { RunStore } from "../store/RunStore.ts"

/** What is needed to see a run out. */
export interface SeeOutOptions {
  readonly store: RunStore
  /** How long to wait before a store that is away is asked again, in milliseconds. */
  readonly againMillis: number
  /** Waits until the run has ended here, or, by a failure, until it is not executed here any more; `undefined`: it is not. */
  readonly here: () => Effect.Effect<void, unknown> | undefined
  readonly takeUp: (row: RunRow) => Effect.Effect<unknown, StoreError | RunError>
}

const isAway = (error: StoreError | RunError): boolean => error._tag === "StoreError" && error.isRetryable

const isTaken = (error: StoreError | RunError): boolean =>
  error._tag === "RunError" && error.reason._tag === "RunNotOwned"

/**
 * Lets a child run whose parent knows how it ended, or no longer waits for it, record its end: who executed it may have died.
 * While somebody has it, it is looked at three times in each lease. Answers whether it has ended; it has not when this process
 * cannot execute it.
 */
export const seeOut = (options: SeeOutOptions, runId: string): Effect.Effect<boolean> => {
  const { againMillis, here, store, takeUp } = options
  const lookAfter = (millis: number) => Effect.andThen(Effect.sleep(millis), look)
  const look: Effect.Effect<boolean> = Effect.suspend(() => {
    const ending = here()
    if (ending !== undefined) {
      return Effect.matchEffect(ending, { onSuccess: () => Effect.succeed(true), onFailure: () => look })
    }
    return Effect.flatMap(store.get(runId), (row) => {
      if (row === undefined || RunStatus.isEnded(row.status)) return Effect.succeed(true)
      return Effect.catchIf(Effect.andThen(takeUp(row), look), isTaken, () => lookAfter(row.leaseMillis / 3))
    }).pipe(
      Effect.catchIf(isAway, () => lookAfter(againMillis)),
      Effect.catch(() => Effect.succeed(false))
    )
  })
  return look
}
