import { describe, it } from "vitest"
import { StoreTests } from "../src/index.ts"
import modelStore from "./modelStore.ts"

await StoreTests.describeStore(modelStore, { describe, it })
