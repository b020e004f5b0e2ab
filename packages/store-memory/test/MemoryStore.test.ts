import { describe, expect, it } from "@effect/vitest"
import { type CreateRun, StoreDriver } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { MemoryStore, MemoryStoreData } from "../src/index.ts"

const run = (runId: string): CreateRun => ({
  runId,
  flow: "flow",
  tags: ["x"],
  owner: "a",
  nowMillis: 1_000,
  leaseMillis: 1_000,
  status: "running",
  events: []
})

const create = (runId: string) => Effect.flatMap(StoreDriver, (store) => store.create(run(runId)))

const ids = Effect.map(
  Effect.flatMap(StoreDriver, (store) => store.list({ limit: 10 })),
  ({ runs }) => runs.map(({ runId }) => runId)
)

describe("MemoryStore", () => {
  it.effect("keeps nothing from one layer to the next", () =>
    Effect.gen(function* () {
      expect(yield* Effect.provide(Effect.andThen(create("r"), ids), MemoryStore.layer)).toEqual(["r"])
      expect(yield* Effect.provide(ids, MemoryStore.layer)).toEqual([])
    })
  )

  it.effect("shares data between layers and handles that are made on it", () =>
    Effect.gen(function* () {
      const data = new MemoryStoreData()
      yield* Effect.provide(create("r"), MemoryStore.layerOf(data))
      expect(yield* Effect.provide(ids, MemoryStore.layerOf(data))).toEqual(["r"])
      expect((yield* MemoryStore.make(data).get("r"))?.owner).toBe("a")
      expect(yield* MemoryStore.make().get("r")).toBeUndefined()
    })
  )

  it.effect("keeps what it was given when the caller changes its own lists later", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      const tags = ["x"]
      const events = [{ sequence: 1, atMillis: 0, epoch: 1, cause: undefined, event: "{}" }]
      yield* store.create({ ...run("r"), tags, events })
      tags.push("y")
      events.length = 0
      expect((yield* store.get("r"))?.tags).toEqual(["x"])
      expect(yield* store.read("r", 0, 10)).toHaveLength(1)
    })
  )

  it.effect("gives out lists that a caller may change", () =>
    Effect.gen(function* () {
      const store = MemoryStore.make()
      yield* store.create({
        ...run("r"),
        events: [{ sequence: 1, atMillis: 0, epoch: 1, cause: undefined, event: "{}" }]
      })
      const log = (yield* store.read("r", 0, 10)) as Array<unknown>
      log.length = 0
      expect(yield* store.read("r", 0, 10)).toHaveLength(1)
    })
  )
})
