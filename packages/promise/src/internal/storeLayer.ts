/** Where runs are kept, by the address of a store: its package is loaded when it is needed. */
import type { StoreDriver, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DagFlowError } from "../DagFlowError.ts"

type StoreLayer = Layer.Layer<StoreDriver, StoreError | DagFlowError>

/** A rejection that says which package is missing. */
const missing =
  (packageName: string, address: string) =>
  (cause: unknown): never => {
    throw new DagFlowError(
      "MissingPackage",
      `the store "${address}" needs ${packageName}, which cannot be loaded: npm install ${packageName}`,
      { cause }
    )
  }

const load = (open: () => Promise<Layer.Layer<StoreDriver, StoreError>>): StoreLayer =>
  Layer.unwrap(Effect.tryPromise({ try: open, catch: (error) => error as DagFlowError }))

/** The address of a database as it may be shown: without its password. */
const shown = (address: string): string => {
  const url = new URL(address)
  if (url.password !== "") url.password = "***"
  return url.href
}

/**
 * The store that an address names. One that names none fails when the engine is first used. Each `import` has its `catch`
 * right behind it: by that, bundlers know that the package may be missing.
 */
export const storeLayer = (address: string): StoreLayer => {
  if (/^(memory|sqlite::memory):?(\/\/)?$/.test(address)) {
    return load(async () => (await import("@dagflow/store-memory")).MemoryStore.layer)
  }
  if (/^sqlite:./.test(address)) {
    return load(async () => {
      const { SqliteStore } = await import("@dagflow/store-sqlite").catch(
        missing("@dagflow/store-sqlite", address)
      )
      return SqliteStore.layer(address)
    })
  }
  if (/^postgres(ql)?:\/\//.test(address) && URL.canParse(address)) {
    return load(async () => {
      const { PostgresStore } = await import("@dagflow/store-postgres").catch(
        missing("@dagflow/store-postgres", shown(address))
      )
      return PostgresStore.layer(address)
    })
  }
  return Layer.effectDiscard(
    Effect.fail(
      new DagFlowError(
        "InvalidStore",
        `"${address}" is no store: use "sqlite:PATH", "postgres://USER@HOST/DATABASE", or "memory" for runs that may be lost`
      )
    )
  ) as StoreLayer
}
