/** Every store of this repository, as the cases want it. A test fails when one is missing. */
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { StoreWorld } from "./StoreCase.ts"

/** A store to be tested. */
export interface StoreAdapter {
  /** The folder of the package. */
  readonly name: string
  /** Makes a store without runs, which is gone when the scope ends. */
  readonly world: Effect.Effect<StoreWorld, never, Scope.Scope>
}

const deadline = Duration.seconds(20)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "dagflow-store-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true }))
)

export const storeAdapters: ReadonlyArray<StoreAdapter> = [
  {
    name: "store-memory",
    world: Effect.sync(() => {
      const data = new MemoryStoreData()
      return { open: Effect.sync(() => MemoryStore.make(data)), deadline }
    })
  },
  {
    name: "store-sqlite",
    world: Effect.map(folder, (made) => ({
      // Waiting for the disk changes nothing that a case can see; it only takes longer.
      open: SqliteStore.make({
        filename: path.join(made, "runs.db"),
        durability: "normal",
        pollInterval: "20 millis"
      }),
      deadline
    }))
  }
]
