import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import type { StoreUnderTest } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"

const places = new Map<string, MemoryStoreData>()

const memory: StoreUnderTest.StoreUnderTest = {
  name: "store-memory",
  module: import.meta.url,
  open: ({ name }) =>
    Effect.sync(() => {
      const data = places.get(name) ?? new MemoryStoreData()
      places.set(name, data)
      return MemoryStore.make(data)
    }),
  remove: ({ name }) => Effect.sync(() => places.delete(name))
}

export default memory
