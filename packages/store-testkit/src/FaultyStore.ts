/**
 * A store between an engine and another store, at which faults strike that a test chooses: an answer that is lost, a request
 * that is repeated, a disk that is away for a moment.
 */
import { type StoreDriverShape, StoreError } from "@dagflow/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type RemoteOperation as FaultyOperation, remoteOperations } from "./internal/wire.ts"

export type {
  /** An operation at which a fault can strike: all but the streams. */
  FaultyOperation
}

/**
 * What goes wrong.
 *
 * - `failBefore`: the operation does not take place and fails with `Unavailable`. Every store may do that at any time.
 * - `loseReply`: it takes place, and nobody is answered, as when the process or the line dies at that moment.
 * - `lie`: it takes place, and fails with `Unavailable` all the same. A store must never do that; what an engine makes of it
 *   shows whether it trusts what it was told more than the log.
 * - `repeat`: the request arrives twice, and whoever asked is answered what the first one was.
 * - a duration: it takes place after that time.
 */
export type Fault = "failBefore" | "loseReply" | "lie" | "repeat" | { readonly delay: Duration.Input }

/** One call of an operation. */
export interface Call {
  readonly operation: FaultyOperation
  /** How often this operation was asked for, this time included: 1, 2, 3 … */
  readonly number: number
  readonly parameters: ReadonlyArray<unknown>
}

/**
 * Puts faults between whoever asks and a store. `strike` is asked at each call and answers what goes wrong, or nothing.
 *
 * **Example** (The third append is written, and its answer is lost)
 *
 * ```ts
 * const faulty = FaultyStore.make(store, ({ number, operation }) =>
 *   operation === "append" && number === 3 ? "loseReply" : undefined
 * )
 * ```
 */
export const make = (
  store: StoreDriverShape,
  strike: (call: Call) => Fault | undefined
): StoreDriverShape => {
  const numbers = new Map<FaultyOperation, number>()
  const faulty = (operation: FaultyOperation) => {
    // Each operation is called with its own parameters; which they are does not matter here.
    const perform = store[operation] as (
      ...parameters: ReadonlyArray<unknown>
    ) => Effect.Effect<unknown, StoreError>
    return (...parameters: ReadonlyArray<unknown>) =>
      Effect.suspend(() => {
        const number = (numbers.get(operation) ?? 0) + 1
        numbers.set(operation, number)
        return struck(operation, perform(...parameters), strike({ operation, number, parameters }))
      })
  }
  return {
    ...store,
    ...(Object.fromEntries(remoteOperations.map((operation) => [operation, faulty(operation)])) as Pick<
      StoreDriverShape,
      FaultyOperation
    >)
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

const unavailable = (operation: string): Effect.Effect<never, StoreError> =>
  Effect.fail(new StoreError({ operation, reason: { _tag: "Unavailable", message: "a fault was injected" } }))

const struck = <A>(
  operation: string,
  perform: Effect.Effect<A, StoreError>,
  fault: Fault | undefined
): Effect.Effect<A, StoreError> => {
  switch (fault) {
    case undefined:
      return perform
    case "failBefore":
      return unavailable(operation)
    case "loseReply":
      return Effect.andThen(Effect.exit(perform), Effect.never)
    case "lie":
      return Effect.andThen(perform, unavailable(operation))
    case "repeat":
      return Effect.tap(perform, () => Effect.exit(perform))
    default:
      return Effect.delay(perform, fault.delay)
  }
}
