import type { StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/** Waits between tries: 50 ms, doubling, at most 2 s. */
const backoff = Schedule.min([Schedule.exponential("50 millis", 2), Schedule.spaced("2 seconds")])

/** Tries an operation again while the store is unavailable, for at most this long. */
export const untilAvailable = <A>(
  operation: Effect.Effect<A, StoreError>,
  patienceMillis: number
): Effect.Effect<A, StoreError> =>
  Effect.retry(operation, {
    schedule: Schedule.upTo(backoff, { duration: patienceMillis }),
    while: (error) => error.isRetryable
  })
