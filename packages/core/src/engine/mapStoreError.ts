import { RunError, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"

/** What a run failed with whose store failed. */
export const storeFailed = (runId: string, error: StoreError): RunError =>
  new RunError({
    runId,
    reason: { _tag: "StoreFailed", operation: error.operation, reason: error.reason }
  })

/** Turns what a store failed with into what the run failed with. */
export const mapStoreError =
  (runId: string) =>
  <A, E, R>(
    effect: Effect.Effect<A, E | StoreError, R>
  ): Effect.Effect<A, Exclude<E, StoreError> | RunError, R> =>
    Effect.catchTag(effect as Effect.Effect<A, StoreError, R>, "StoreError", (error) =>
      Effect.fail(storeFailed(runId, error))
    ) as Effect.Effect<A, Exclude<E, StoreError> | RunError, R>
