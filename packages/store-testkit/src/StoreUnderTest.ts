/**
 * A store as the kit gets it: how a handle on some data is opened, and which module says so. A module that exports one as
 * its default can be checked from the command line, by a test runner, and by processes that the kit starts.
 */
import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { startProcess } from "./internal/startProcess.ts"
import type { StoreWorld } from "./StoreCase.ts"

/** Where the data of one world is. Whoever opens the same place gets the same data, in this process and in others. */
export interface StorePlace {
  /** A folder that belongs to this place; it is empty at first and is deleted at the end. */
  readonly folder: string
  /** A word of small letters and digits that no other place has, for a schema, a prefix or a key. */
  readonly name: string
}

/** A store to be checked. */
export interface StoreUnderTest {
  /** Name of the store in reports; by convention that of its package. */
  readonly name: string
  /** The module that exports this as its default: `import.meta.url`. */
  readonly module: string | URL
  /** Opens a handle until the scope ends. A place that was never opened has no runs. */
  readonly open: (place: StorePlace) => Effect.Effect<StoreDriverShape, StoreError, Scope.Scope>
  /** Deletes what a place has left outside its folder. */
  readonly remove?: (place: StorePlace) => Effect.Effect<void, unknown>
  /**
   * How long one handle may take to hear of another one's changes before a case fails; at least several of the store's own
   * poll intervals. Default: 20 seconds. A store that is right is not slowed down by it.
   */
  readonly deadline?: Duration.Input
}

/** What chance gets for a check. */
export interface Chance {
  /** How many random histories are replayed; default 100. */
  readonly histories?: number | undefined
  /** Where chance starts from; by default another number each time. */
  readonly seed?: number | undefined
}

/** Makes a world without runs, which is gone when the scope ends. */
export const world = (
  store: StoreUnderTest,
  chance: Chance = {}
): Effect.Effect<StoreWorld, never, Scope.Scope> =>
  Effect.map(place(store), (made): StoreWorld => ({
    open: Effect.suspend(() => store.open(made)),
    elsewhere: startProcess(new URL(store.module), made),
    fresh: world(store, chance),
    deadline: Duration.fromInputUnsafe(store.deadline ?? "20 seconds"),
    histories: chance.histories ?? 100,
    seed: chance.seed
  }))

/** Whether a value is a store to be checked, as far as one can see without opening it. */
export const isStoreUnderTest = (value: unknown): value is StoreUnderTest =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "open" in value &&
  typeof value.open === "function" &&
  "module" in value &&
  (typeof value.module === "string" || value.module instanceof URL)

// -- internal -------------------------------------------------------------------------------------------------------

const place = ({ remove }: StoreUnderTest): Effect.Effect<StorePlace, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => ({
      folder: mkdtempSync(path.join(tmpdir(), "dagflow-store-")),
      name: `t${randomUUID().replaceAll("-", "").slice(0, 16)}`
    })),
    (made) =>
      Effect.andThen(
        // What cannot be removed says nothing about the store; it is told, so that nobody wonders what fills the disk.
        Effect.catchCause(remove?.(made) ?? Effect.void, (cause) =>
          Effect.logWarning(`the place ${made.name} could not be removed`, cause)
        ),
        Effect.sync(() => rmSync(made.folder, { recursive: true, force: true, maxRetries: 5 }))
      )
  )
