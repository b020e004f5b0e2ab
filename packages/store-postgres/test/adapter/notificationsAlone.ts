import type { StoreUnderTest } from "@dagflow/store-testkit"
import { adapterOf } from "./adapterOf.ts"

/** A store that never looks by itself for what others did. */
const adapter: StoreUnderTest.StoreUnderTest = adapterOf("notifications alone", import.meta.url, {
  pollInterval: Infinity
})

export default adapter
