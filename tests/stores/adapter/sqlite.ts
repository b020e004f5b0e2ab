import { SqliteStore } from "@dagflow/store-sqlite"
import type { StoreUnderTest } from "@dagflow/store-testkit"
import path from "node:path"

const sqlite: StoreUnderTest.StoreUnderTest = {
  name: "store-sqlite",
  module: import.meta.url,
  open: ({ folder }) =>
    SqliteStore.make({
      filename: path.join(folder, "runs.db"),
      // Waiting for the disk changes nothing that a case can see; it only takes longer.
      durability: "normal",
      pollInterval: "20 millis"
    })
}

export default sqlite
