import * as Effect from "effect/Effect"
import fc from "fast-check"
import { expect, it } from "vitest"
import { StoreHistory, StoreModel, StoreUnderTest } from "../src/index.ts"
import modelStore from "./modelStore.ts"

const modelOf = (data: StoreModel.ModelData) => ({ open: Effect.sync(() => StoreModel.make(data)) })

it("histories get somewhere: every request succeeds in some of them and most are refused in some", async () => {
  const succeeded = new Set<unknown>()
  const refused = new Set<unknown>()
  for (const history of fc.sample(StoreHistory.storeHistory, { numRuns: 200, seed: 1 })) {
    const world = modelOf(new StoreModel.ModelData())
    for (const answer of await Effect.runPromise(Effect.scoped(StoreHistory.replay(world, history)))) {
      if (answer.reason === undefined) succeeded.add(answer.name)
      else refused.add(answer.reason._tag)
    }
  }
  expect(succeeded).toEqual(new Set(StoreHistory.requestNames))
  expect(refused).toEqual(
    new Set(["Corrupt", "OwnershipLost", "RunExists", "RunNotFound", "SequenceConflict"])
  )
})

/** A store that forgets the mail of a run whose owner is released, which no other case looks at. */
const forgetful: StoreUnderTest.StoreUnderTest = {
  ...modelStore,
  open: (place) =>
    Effect.map(modelStore.open(place), (store) => ({
      ...store,
      release: (runId, epoch) =>
        Effect.andThen(
          store.release(runId, epoch),
          Effect.flatMap(store.get(runId), (row) =>
            row?.owner === undefined && row !== undefined
              ? store.append({
                  runId,
                  epoch: row.epoch,
                  afterSequence: row.sequence,
                  status: row.status,
                  nowMillis: row.updatedAtMillis,
                  events: [],
                  consumed: ["a", "b", "c"]
                })
              : Effect.void
          )
        )
    }))
}

const check = (store: StoreUnderTest.StoreUnderTest, seed?: number) =>
  Effect.runPromise(
    Effect.scoped(Effect.flatMap(StoreUnderTest.world(store, { histories: 2_000, seed }), StoreHistory.check))
  )

it("a difference is told as the few steps that make it, and the seed finds it again", async () => {
  const found = await check(forgetful, 7)
  expect(found?.history.map(([, name]) => name)).toEqual(["create", "putMail", "release", "readMail"])
  expect(found?.step).toBe(4)
  const told = found === undefined ? "" : StoreHistory.describe(found)
  expect(told).toContain("seed 7")
  expect(told).toMatch(/4\. handle [01]: readMail/)
  expect((await check(forgetful, 7))?.history).toEqual(found?.history)
})

it("a store that is right has no difference", async () => {
  expect(await check(modelStore)).toBeUndefined()
})
