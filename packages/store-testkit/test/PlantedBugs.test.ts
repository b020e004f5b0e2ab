/*
 * Goal: each mistake that a store can make is found, and by which case is known.
 * Method: each is planted into the reference model, which has none, and the case that is named with it has to fail.
 */
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import { PlantedBugs, StoreCases, StoreCheck, StoreModel, type StoreUnderTest } from "../src/index.ts"
import { finders } from "./finders.ts"
import modelStore, { dataOf } from "./modelStore.ts"

/** The handles of one place share what a bug remembers, as they share the data. */
const broken = (bug: PlantedBugs.PlantedBug): StoreUnderTest.StoreUnderTest => {
  const stores = new Map<string, ReturnType<typeof StoreModel.make>>()
  return {
    ...modelStore,
    open: ({ name }) =>
      Effect.sync(() => {
        const sound = StoreModel.make(dataOf(name))
        const store = stores.get(name) ?? { ...sound, ...bug(sound) }
        stores.set(name, store)
        return store
      }),
    deadline: "50 millis"
  }
}

/** The cases that fail: only the one that is named if it does, else whichever do. */
const failing = (store: StoreUnderTest.StoreUnderTest, finder: string | undefined) =>
  Effect.gen(function* () {
    const named = StoreCases.all.find(({ name }) => name === finder)
    if (named !== undefined && !(yield* StoreCheck.runCase(store, named)).passed) return [named.name]
    const { results } = yield* StoreCheck.check(store, { histories: 20 })
    return results.filter(({ passed }) => !passed).map(({ name }) => name)
  })

it.each(Object.entries(PlantedBugs.plantedBugs))(
  "the case that is named finds that %s",
  async (name, bug) => {
    const found = await Effect.runPromise(failing(broken(bug), finders[name]))
    expect(found, "name one of these in finders.ts").toContain(finders[name])
  }
)

it("every finder is of a bug", () => {
  expect(Object.keys(finders).toSorted()).toEqual(Object.keys(PlantedBugs.plantedBugs).toSorted())
})
