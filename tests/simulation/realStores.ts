/** The stores of this repository, as the simulation opens them: their polls go by the simulated time. */
import { PostgresTraffic, postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import { PostgresStore } from "@dagflow/store-postgres"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { RealData } from "../../packages/core/test/simulation/database/realDatabase.ts"

/** A store, and how the data of a schedule are made in it. */
export interface RealStore {
  /** The name of its package. */
  readonly name: string
  readonly make: () => Promise<RealData>
}

const pollMillis = 50

const memory: RealStore = {
  name: "store-memory",
  make: () => {
    const data = new MemoryStoreData()
    return Promise.resolve({
      newsMillis: 0,
      open: Effect.sync(() => MemoryStore.make(data)),
      remove: () => Promise.resolve()
    })
  }
}

const sqlite: RealStore = {
  name: "store-sqlite",
  make: () => {
    const folder = mkdtempSync(path.join(tmpdir(), "dagflow-simulation-"))
    const filename = path.join(folder, "runs.db")
    return Promise.resolve({
      newsMillis: pollMillis,
      // Waiting for the disk changes nothing that a process of this machine can see.
      open: SqliteStore.make({ filename, durability: "normal", pollInterval: pollMillis }),
      remove: () => Promise.resolve(rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
    })
  }
}

const traffic = new PostgresTraffic()

let schemas = 0

const postgres: RealStore = {
  name: "store-postgres",
  make: async () => {
    const url = await postgresUrl()
    const schema = `simulation_${process.pid}_${schemas++}`
    traffic.hold()
    return {
      newsMillis: 2 * pollMillis,
      open: PostgresStore.make({ url, schema, poolSize: 2, pollInterval: pollMillis }),
      settle: traffic.settle,
      remove: async () => {
        traffic.release()
        await runSql(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`)
      }
    }
  }
}

/** Every store of this repository. */
export const realStores: ReadonlyArray<RealStore> = [memory, postgres, sqlite]
