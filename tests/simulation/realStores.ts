/** The stores of this repository, as the simulation opens them: their polls go by the simulated time. */
import { type Lose, PostgresTraffic, postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { MemoryStore, MemoryStoreData } from "@dagflow/store-memory"
import { PostgresStore } from "@dagflow/store-postgres"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import type { RealData } from "../../packages/core/test/simulation/database/realDatabase.ts"
import type { Scenario } from "../../packages/core/test/simulation/scenario/Scenario.ts"
import { Dice } from "../../packages/core/test/simulation/world/Dice.ts"

/** A store, and how the data of a schedule are made in it. */
export interface RealStore {
  /** The name of its package. */
  readonly name: string
  readonly make: (scenario: Scenario) => Promise<RealData>
}

const pollMillis = 50

/** A server also wakes its clients, and each look takes a while of real time. */
const serverPollMillis = 200

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

/** What is read back when the connection is lost on which it was asked, or asked again: the engine never hears of it. */
const settledWrites = /^(append|append-many|append-consume|park|release|renew|put-mail)$/
const askedAgain = /^(get|read|read-mail)$/

/** Where writes take time in a schedule, connections are lost now and then, with a question or with its answer. */
const losses = ({ seed, store }: Scenario): Lose => {
  const dice = new Dice(seed, "connections")
  if (store.latencyMillis === 0) return () => undefined
  return (statement) => {
    // Whoever wants to own a run is told when the server was not reached, and decides what then.
    if (statement === "claim" || statement === "create") return dice.chance(0.1) ? "answer" : undefined
    const probability = settledWrites.test(statement) ? 0.1 : askedAgain.test(statement) ? 0.03 : 0
    return dice.chance(probability) ? dice.pick(["question", "answer"] as const) : undefined
  }
}

const postgres: RealStore = {
  name: "store-postgres",
  make: async (scenario) => {
    const url = await postgresUrl()
    const schema = `simulation_${process.pid}_${schemas++}`
    traffic.hold(losses(scenario))
    return {
      newsMillis: 2 * serverPollMillis,
      open: PostgresStore.make({ url, schema, poolSize: 2, pollInterval: serverPollMillis }),
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
