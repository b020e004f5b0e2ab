import type { StoreUnderTest } from "@dagflow/store-testkit"
import { adapterOf } from "./adapterOf.ts"

/** A store that neither wakes others nor is woken by them. */
const adapter: StoreUnderTest.StoreUnderTest = adapterOf("polling alone", import.meta.url, {
  notify: false,
  pollInterval: "20 millis"
})

export default adapter
