/** Every store of this repository, as the kit wants it. A test fails when one is missing. */
import type { StoreUnderTest } from "@dagflow/store-testkit"
import memory from "./adapter/memory.ts"
import postgres from "./adapter/postgres.ts"
import sqlite from "./adapter/sqlite.ts"

/** The stores, each in a module of its own, which the kit also loads in processes that it starts. */
export const storeAdapters: ReadonlyArray<StoreUnderTest.StoreUnderTest> = [memory, postgres, sqlite]
