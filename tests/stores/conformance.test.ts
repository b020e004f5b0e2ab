import { StoreTests } from "@dagflow/store-testkit"
import { describe, expect, it } from "vitest"
import { publicPackages } from "../repository/Package.ts"
import { storeAdapters } from "./storeAdapters.ts"

for (const adapter of storeAdapters) await StoreTests.describeStore(adapter, { describe, it })

it("every package that is a store is held to the cases", () => {
  const packages = publicPackages().map(({ folder }) => folder.split("/").at(-1) ?? "")
  const stores = packages.filter((name) => name.startsWith("store-") && name !== "store-testkit")
  expect(storeAdapters.map(({ name }) => name)).toEqual(stores)
})
