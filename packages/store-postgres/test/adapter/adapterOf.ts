import { postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import type { StoreUnderTest } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import { PostgresStore } from "../../src/index.ts"

/** The store with some options, as the kit wants it. */
export const adapterOf = (
  name: string,
  module: string,
  options: Partial<PostgresStore.PostgresStoreOptions>
): StoreUnderTest.StoreUnderTest => ({
  name,
  module,
  open: (place) =>
    Effect.flatMap(Effect.promise(postgresUrl), (url) =>
      PostgresStore.make({ url, schema: place.name, ...options })
    ),
  remove: (place) =>
    Effect.promise(async () => runSql(await postgresUrl(), `DROP SCHEMA IF EXISTS ${place.name} CASCADE`))
})
