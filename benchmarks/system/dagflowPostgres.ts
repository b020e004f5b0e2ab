/** DAG Flow with its runs in PostgreSQL, whose disk it waits for. */
import { postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { PostgresStore } from "@dagflow/store-postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { dagflow } from "./dagflow.ts"
import type { System } from "./System.ts"

const schema = "benchmark"

export const dagflowPostgres = (listens: "observer" | "gate"): System =>
  dagflow(
    {
      layer: () =>
        Layer.unwrap(
          Effect.promise(async () => {
            const url = await postgresUrl()
            await runSql(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`)
            return PostgresStore.layer({ url, schema })
          })
        ),
      bytes: async () => {
        const size = `SELECT pg_total_relation_size('${schema}.event')::float AS bytes`
        return Number((await runSql(await postgresUrl(), size))[0]?.["bytes"])
      }
    },
    listens
  )
