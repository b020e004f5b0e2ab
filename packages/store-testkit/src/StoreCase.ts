/**
 * A case that a store has to pass, as data: free of any test framework, so that a command line or somebody else's test
 * runner can run it too.
 */
import type { StoreAbility, StoreDriverShape, StoreError } from "@dagflow/protocol"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { isDeepStrictEqual, inspect } from "node:util"

/** A handle on the data of a world that lives in a process of its own. */
export interface OtherProcess {
  /** Every operation takes place in the other process. `changes` and `arrivals` are not offered. */
  readonly store: StoreDriverShape
  /** Ends the process at once, as `kill -9` does. Operations that it has not answered never end. */
  readonly kill: Effect.Effect<void>
}

/** What a case finds: one store without runs, and as many handles on it as it asks for. */
export interface StoreWorld {
  /**
   * Opens a handle on the data until the scope ends. Two handles stand for two processes; one that is opened after
   * another one was closed stands for a restart.
   */
  readonly open: Effect.Effect<StoreDriverShape, StoreError, Scope.Scope>
  /** Opens a handle in a process of its own, which loads the module that the store names. */
  readonly elsewhere: Effect.Effect<OtherProcess, StoreCaseFailed | StoreError, Scope.Scope>
  /** Makes another world, without runs. */
  readonly fresh: Effect.Effect<StoreWorld, never, Scope.Scope>
  /** How long news of another handle may take; much longer than the store's own poll interval. */
  readonly deadline: Duration.Duration
  /** How many random histories are replayed. */
  readonly histories: number
  /** Where chance starts from; left out, each check has another one. */
  readonly seed: number | undefined
}

/** A store does not do what a case asks. */
export class StoreCaseFailed extends Schema.TaggedError<StoreCaseFailed>(
  "@dagflow/store-testkit/StoreCaseFailed"
)("StoreCaseFailed", {
  message: Schema.String
}) {}

/** One thing that a store does. */
export interface StoreCase {
  /** What is so, in the present tense. The name of a case never changes its meaning. */
  readonly name: string
  /** What would go wrong for a run if it were not so. */
  readonly goal: string
  /** Abilities without which the case has no meaning. Every ability that a store lacks has a case of its own, `without` it. */
  readonly needs?: ReadonlyArray<StoreAbility.StoreAbility>
  /** The ability without which the case has a meaning: that the store refuses it. */
  readonly without?: StoreAbility.StoreAbility
  readonly run: (world: StoreWorld) => Effect.Effect<void, StoreCaseFailed | StoreError, Scope.Scope>
}

const textMax = 2_000

const show = (value: unknown): string => {
  const text = inspect(value, { depth: 6, maxArrayLength: 20, maxStringLength: 200, breakLength: 100 })
  return text.length > textMax ? `${text.slice(0, textMax)} …` : text
}

/** Fails a case. */
export const fail = (message: string): Effect.Effect<never, StoreCaseFailed> =>
  Effect.fail(new StoreCaseFailed({ message }))

/**
 * Whether both are equal down to the last key. Of which class an object is does not matter, nor whether a key is missing or
 * `undefined`: a store that keeps JSON does not know that either.
 */
export const isSame = (a: unknown, b: unknown): boolean =>
  isDeepStrictEqual(a, b) || isDeepStrictEqual(defined(structuredClone(a)), defined(structuredClone(b)))

/** A value without the keys that are `undefined`. */
const defined = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(defined)
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return value
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, defined(one)]]))
  )
}

/** Fails unless both are equal, down to the last key. */
export const same = (
  what: string,
  actual: unknown,
  expected: unknown
): Effect.Effect<void, StoreCaseFailed> =>
  isSame(actual, expected)
    ? Effect.void
    : fail(`${what}: it is ${show(actual)} and ought to be ${show(expected)}`)

/** Fails unless the operation is refused for this reason; only the fields that are named are compared. */
export const refused = <A>(
  operation: Effect.Effect<A, StoreError>,
  reason: { readonly _tag: StoreError["reason"]["_tag"] } & Readonly<Record<string, unknown>>
): Effect.Effect<void, StoreCaseFailed> =>
  Effect.matchEffect(operation, {
    onSuccess: (value) =>
      fail(`the answer is ${show(value)}, and the request ought to be refused with ${show(reason)}`),
    onFailure: (error) => {
      const actual: Readonly<Record<string, unknown>> = error.reason
      return same(
        `the reason of the refusal of "${error.operation}"`,
        Object.fromEntries(Object.keys(reason).map((key) => [key, actual[key]])),
        reason
      )
    }
  })
