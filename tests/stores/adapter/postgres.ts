import { postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { PostgresStore } from "@dagflow/store-postgres"
import type { StoreUnderTest } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"

const postgres: StoreUnderTest.StoreUnderTest = {
  name: "store-postgres",
  module: import.meta.url,
  open: ({ name }) =>
    Effect.flatMap(Effect.promise(postgresUrl), (url) =>
      PostgresStore.make({ url, schema: name, pollInterval: "20 millis" })
    ),
  remove: ({ name }) =>
    Effect.promise(async () => runSql(await postgresUrl(), `DROP SCHEMA IF EXISTS ${name} CASCADE`))
}

export default postgres
