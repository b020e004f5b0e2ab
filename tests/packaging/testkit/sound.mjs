// A store that makes no mistake, of nothing but the kit.
import { StoreModel } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"

const places = new Map()

export const dataOf = (name) => {
  const data = places.get(name) ?? new StoreModel.ModelData()
  places.set(name, data)
  return data
}

export default {
  name: "sound",
  module: import.meta.url,
  open: ({ name }) => Effect.sync(() => StoreModel.make(dataOf(name))),
  deadline: "50 millis"
}
