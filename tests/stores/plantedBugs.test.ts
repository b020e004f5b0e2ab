import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { expect, it } from "vitest"
import { type PlantedBug, plantedBugs } from "./plantedBugs.ts"
import type { StoreWorld } from "./StoreCase.ts"
import { storeCases } from "./storeCases.ts"

/** The handles of one world share what a bug remembers, as they share the data. */
const worldWith = (bug: PlantedBug): StoreWorld => {
  const store = MemoryStore.make(new MemoryStoreData())
  const broken = { ...store, ...bug(store) }
  return { open: Effect.succeed(broken), deadline: Duration.millis(50) }
}

/** The first case that a store with a bug fails, or `undefined`. */
const finder = (bug: PlantedBug): Promise<string | undefined> =>
  Effect.runPromise(
    Effect.gen(function* () {
      for (const { name, run } of storeCases) {
        if (Exit.isFailure(yield* Effect.exit(Effect.scoped(run(worldWith(bug)))))) return name
      }
      return undefined
    })
  )

it("a store without a planted bug passes every case", async () => {
  expect(await finder(() => ({}))).toBeUndefined()
})

it.each(Object.entries(plantedBugs))("some case finds that %s", async (_, bug) => {
  expect(await finder(bug)).toBeDefined()
})
