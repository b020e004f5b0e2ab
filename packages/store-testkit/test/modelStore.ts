/** The reference model as a store to be checked. */
import { StoreModel, type StoreUnderTest } from "../src/index.ts"
import * as Effect from "effect/Effect"

const places = new Map<string, StoreModel.ModelData>()

/** The data of a place. */
export const dataOf = (name: string): StoreModel.ModelData => {
  const data = places.get(name) ?? new StoreModel.ModelData()
  places.set(name, data)
  return data
}

const modelStore: StoreUnderTest.StoreUnderTest = {
  name: "model",
  module: import.meta.url,
  open: ({ name }) => Effect.sync(() => StoreModel.make(dataOf(name))),
  remove: ({ name }) => Effect.sync(() => places.delete(name))
}

export default modelStore
