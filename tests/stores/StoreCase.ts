/**
 * A case that every store has to pass, as data: free of any test framework, so that a command line or somebody else's
 * test runner can run it too.
 */
import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { isDeepStrictEqual, inspect } from "node:util"

/** What a case finds: one store without runs, and as many handles on it as it asks for. */
export interface StoreWorld {
  /**
   * Opens a handle on the data until the scope ends. Two handles stand for two processes; one that is opened after
   * another one was closed stands for a restart.
   */
  readonly open: Effect.Effect<StoreDriverShape, StoreError, Scope.Scope>
  /** How long news of another handle may take; much longer than the store's own poll interval. */
  readonly deadline: Duration.Duration
}

/** A store does not do what a case asks. */
export class StoreCaseFailed extends Schema.TaggedError<StoreCaseFailed>()("StoreCaseFailed", {
  message: Schema.String
}) {}

/** One thing that every store does. */
export interface StoreCase {
  /** What is so, in the present tense. */
  readonly name: string
  /** What would go wrong for a run if it were not so. */
  readonly goal: string
  readonly run: (world: StoreWorld) => Effect.Effect<void, StoreCaseFailed | StoreError, Scope.Scope>
}

/** Fails unless both are equal, down to the last key. */
export const same = (
  what: string,
  actual: unknown,
  expected: unknown
): Effect.Effect<void, StoreCaseFailed> =>
  isDeepStrictEqual(actual, expected)
    ? Effect.void
    : Effect.fail(
        new StoreCaseFailed({ message: `${what} is ${inspect(actual)} and ought to be ${inspect(expected)}` })
      )

/** Fails unless the operation is refused for this reason; only the fields that are named are compared. */
export const refused = <A>(
  operation: Effect.Effect<A, StoreError>,
  reason: { readonly _tag: StoreError["reason"]["_tag"] } & Readonly<Record<string, unknown>>
): Effect.Effect<void, StoreCaseFailed> =>
  Effect.matchEffect(operation, {
    onSuccess: (value) => same("the answer to a request that has to be refused", value, reason),
    onFailure: (error) => {
      const actual: Readonly<Record<string, unknown>> = error.reason
      return same(
        "the reason",
        Object.fromEntries(Object.keys(reason).map((key) => [key, actual[key]])),
        reason
      )
    }
  })
