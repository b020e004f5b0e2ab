/** The stores whose processes are killed: a new store gets a row here, and every test of this folder runs on it. */
import { postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import type { StoreDriver, StoreError } from "@dagflow/protocol"
import { PostgresStore } from "@dagflow/store-postgres"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import path from "node:path"

/** A store whose processes are killed. */
export interface CrashStore {
  readonly name: string
  /** Makes room for the runs of one trial; the answer is how any process finds them. */
  readonly prepare: (folder: string) => Promise<string>
  /** Opens what `prepare` made. */
  readonly layer: (address: string) => Layer.Layer<StoreDriver, StoreError>
  /** Removes what `prepare` made outside of the folder, when nobody uses it any more. */
  readonly discard: (address: string) => Promise<void>
  /**
   * How long the runs of a process stay claimed after its death. A store that knows that a process is dead does not wait
   * for it, so this is long where only such knowledge can explain that a run goes on, and short elsewhere.
   */
  readonly leaseMillis: number
}

let schemas = 0

/** A machine that is busy with dying processes takes its time to open a connection. */
const connectTimeout = "1 minute"

/** The stores. */
export const crashStores: ReadonlyArray<CrashStore> = [
  {
    name: "sqlite",
    prepare: async (folder) => path.join(folder, "runs.db"),
    layer: (address) => SqliteStore.layer({ filename: address, pollInterval: "20 millis" }),
    discard: async () => {},
    leaseMillis: 600_000
  },
  {
    name: "postgres",
    // A schema for each trial, on one server for all of them.
    prepare: async () => {
      const url = new URL(await postgresUrl())
      url.searchParams.set("schema", `crash_${process.pid}_${++schemas}`)
      await Effect.runPromise(PostgresStore.migrate({ url, connectTimeout }))
      return url.href
    },
    layer: (address) =>
      PostgresStore.layer({ url: address, pollInterval: "20 millis", migrate: false, connectTimeout }),
    discard: async (address) => {
      const schema = new URL(address).searchParams.get("schema")
      await runSql(await postgresUrl(), `DROP SCHEMA ${schema} CASCADE`)
    },
    leaseMillis: 1000
  }
]

/** The store of a name. */
export const crashStore = (name: string): CrashStore => {
  const found = crashStores.find((store) => store.name === name)
  if (found !== undefined) return found
  throw new Error(`there is no store "${name}": ${crashStores.map((store) => store.name).join(", ")}`)
}
