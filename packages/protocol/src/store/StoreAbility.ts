/**
 * What a store may offer or leave out. A store declares it, and whoever uses the store asks the declaration and never the
 * name of the store. An operation of an ability that is not declared fails with `Unsupported`: nothing is left out in
 * silence.
 *
 * A store starts from `refusals`, which offers nothing, and puts in what it has. So it keeps its word when a later version
 * adds an ability that its author has not heard of.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { StoreError } from "../error/StoreError.ts"
import type { StoreAbilities, StoreDriverShape } from "./StoreDriver.ts"

/** The name of an ability. */
export type StoreAbility = keyof StoreAbilities

/** What each ability is, as the ending of "the store …". */
export const meaning: Readonly<Record<StoreAbility, string>> = {
  notify: "tells of changes and of mail",
  artifacts: "keeps large texts once, by their hash",
  cache: "keeps outputs for later runs",
  prune: "deletes runs that ended a while ago",
  sharedProcesses: "lets several processes open the same data, together or one after the other",
  deadOwners: "knows when the process of an owner is dead, before its lease is over",
  parking: "keeps runs that only wait, so that nobody need look at them before it is time"
}

/** The names of all abilities, in the order in which tables show them. */
export const names = Object.keys(meaning) as ReadonlyArray<StoreAbility>

/** The abilities of a store that offers none. */
export const none: StoreAbilities = {
  notify: false,
  artifacts: false,
  cache: false,
  prune: false,
  sharedProcesses: false,
  deadOwners: false,
  parking: false
}

/** The refusal of an operation whose ability the store does not declare. */
export const unsupported = (ability: StoreAbility, operation: string): StoreError =>
  new StoreError({ operation, reason: { _tag: "Unsupported", ability } })

/**
 * The optional operations of a store that offers none of them: each fails with `Unsupported`.
 *
 * **Example** (A store that keeps artifacts, and leaves the rest out)
 *
 * ```ts
 * const store = {
 *   ...StoreAbility.refusals,
 *   name: "mine",
 *   abilities: { ...StoreAbility.none, artifacts: true },
 *   putArtifact,
 *   getArtifact
 * }
 * ```
 */
export const refusals: Pick<
  StoreDriverShape,
  | "abilities"
  | "putArtifact"
  | "getArtifact"
  | "putCached"
  | "getCached"
  | "prune"
  | "park"
  | "nextWake"
  | "changes"
  | "arrivals"
> = {
  abilities: none,
  putArtifact: () => Effect.fail(unsupported("artifacts", "putArtifact")),
  getArtifact: () => Effect.fail(unsupported("artifacts", "getArtifact")),
  putCached: () => Effect.fail(unsupported("cache", "putCached")),
  getCached: () => Effect.fail(unsupported("cache", "getCached")),
  prune: () => Effect.fail(unsupported("prune", "prune")),
  park: () => Effect.fail(unsupported("parking", "park")),
  nextWake: () => Effect.fail(unsupported("parking", "nextWake")),
  changes: Stream.fail(unsupported("notify", "changes")),
  arrivals: Stream.fail(unsupported("notify", "arrivals"))
}
