// Plants each mistake that it is told into a store that makes none, and runs the case that is named with it on both.
import { PlantedBugs, StoreCases, StoreCheck, StoreModel } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import sound, { dataOf } from "./sound.mjs"

const broken = (plant) => {
  const stores = new Map()
  const open = ({ name }) =>
    Effect.sync(() => {
      const whole = StoreModel.make(dataOf(name))
      const store = stores.get(name) ?? { ...whole, ...plant(whole) }
      stores.set(name, store)
      return store
    })
  return { ...sound, name: "broken", open }
}

const found = []
for (const [bug, name] of Object.entries(JSON.parse(process.argv[2]))) {
  const one = StoreCases.all.find((other) => other.name === name)
  const plant = PlantedBugs.plantedBugs[bug]
  if (one === undefined || plant === undefined) throw new Error(`there is no "${bug}" or no case "${name}"`)
  // The refusals of an ability have a meaning only for a store that lacks it.
  const before =
    one.without === undefined ? await Effect.runPromise(StoreCheck.runCase(sound, one)) : undefined
  const after = await Effect.runPromise(StoreCheck.runCase(broken(plant), one))
  found.push({ bug, name: after.name, before: before?.passed ?? true, after: after.passed })
}
console.log(JSON.stringify(found))
