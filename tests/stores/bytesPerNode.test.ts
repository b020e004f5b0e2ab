/*
 * Goal: what a node leaves in a store does not depend on how many other nodes there are. Method: the same layered graph in three
 * sizes, each on a store of its own; what the store holds with a run, less what it holds without one, is divided by the nodes.
 */
import { Action, Actions, DagFlow } from "@dagflow/core"
import { postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import type { FlowSpec, StoreDriver, StoreError } from "@dagflow/protocol"
import { PostgresStore } from "@dagflow/store-postgres"
import { SqliteStore } from "@dagflow/store-sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { describe, expect, it } from "vitest"

const sizes = [250, 1000, 4000]

const width = 25

const idOf = (node: number): string => `n${String(node).padStart(4, "0")}`

/** Layers of nodes, each of which depends on three of the layer before. */
const layered = (count: number): FlowSpec.FlowSpec => ({
  name: "layered",
  config: { maxParallel: 64 },
  nodes: Array.from({ length: count }, (_, node) => ({
    id: idOf(node),
    action: "step",
    dependencies:
      node < width
        ? []
        : [0, 7, 13].map((away) => idOf((Math.floor(node / width) - 1) * width + ((node + away) % width)))
  }))
})

/** A store of a test's own, and how many bytes it holds. */
interface Place {
  readonly layer: Layer.Layer<StoreDriver, StoreError>
  readonly bytes: () => Promise<number>
  readonly remove: () => Promise<unknown>
}

let made = 0

const places: Readonly<Record<string, () => Promise<Place>>> = {
  sqlite: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "dagflow-bytes-"))
    const filename = path.join(folder, "runs.db")
    return {
      layer: SqliteStore.layer({ filename }),
      bytes: async () => statSync(filename).size,
      remove: async () => rmSync(folder, { recursive: true })
    }
  },
  postgres: async () => {
    const url = await postgresUrl()
    const schema = `bytes_${process.pid}_${++made}`
    // The server takes pages of a table ahead of need, a few at a time, so the rows are asked and not the file.
    const size = `SELECT coalesce(sum(pg_column_size(e)), 0)::float AS bytes FROM ${schema}.event e`
    return {
      layer: PostgresStore.layer({ url, schema }),
      bytes: async () => Number((await runSql(url, size))[0]?.["bytes"]),
      remove: () => runSql(url, `DROP SCHEMA ${schema} CASCADE`)
    }
  }
}

const step = Action.fn("step", async (_: object, { nodeId }) => ({
  nodeId,
  note: "sixty bytes or so of result"
}))

const bytesPerNode = async (place: Place, count: number): Promise<number> => {
  const engine = DagFlow.layer().pipe(Layer.provide([place.layer, Actions.layer(step)]))
  const use = <A, E>(work: Effect.Effect<A, E, DagFlow>) =>
    Effect.runPromise(Effect.provide(work, engine, { local: true }))
  await use(Effect.void)
  const empty = await place.bytes()
  const run = Effect.flatMap(DagFlow, (dagflow) => dagflow.start(layered(count)))
  const { status } = await use(Effect.flatMap(run, ({ outcome }) => outcome))
  expect(status).toBe("completed")
  const bytes = ((await place.bytes()) - empty) / count
  await place.remove()
  return bytes
}

describe.each(Object.entries(places))("on %s", (_, make) => {
  it("a node takes as many bytes among 250 nodes as among 4,000", { timeout: 120_000 }, async () => {
    const measured: Array<number> = []
    for (const size of sizes) measured.push(await bytesPerNode(await make(), size))
    console.log(`bytes per node with ${sizes.join(", ")} nodes: ${measured.map(Math.round).join(", ")}`)
    const [least, most] = [Math.min(...measured), Math.max(...measured)]
    expect(least).toBeGreaterThan(100)
    expect(most / least).toBeLessThan(1.1)
  })
})
