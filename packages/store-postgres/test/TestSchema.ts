import { postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { PostgresStore } from "../src/index.ts"

/** A schema of a test's own, which is gone when the scope ends. */
export interface TestSchema {
  readonly url: string
  readonly schema: string
  /** Opens a store on it that looks often for what others did. */
  readonly open: (
    options?: Partial<PostgresStore.PostgresStoreOptions>
  ) => Effect.Effect<StoreDriverShape, StoreError, Scope.Scope>
  /** Runs statements in which `@` stands for the schema, and answers the rows of the last one. */
  readonly sql: (
    ...statements: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<Record<string, unknown>>>
}

let made = 0

/** Makes the name of a schema; its tables come with the first store. */
export const testSchema: Effect.Effect<TestSchema, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const number = `${process.pid}.${++made}`
      // Other tests use the same server at the same time: its processes are told apart by this name.
      const url = new URL(await postgresUrl())
      url.searchParams.set("application_name", `dagflow ${number}`)
      return { url: url.href, schema: `test "${number}"` }
    }),
    ({ schema, url }) =>
      Effect.promise(() => runSql(url, `DROP SCHEMA IF EXISTS "${schema.replaceAll('"', '""')}" CASCADE`))
  ),
  ({ schema, url }) => {
    const quoted = `"${schema.replaceAll('"', '""')}"`
    return {
      url,
      schema,
      open: (options) => PostgresStore.make({ url, schema, pollInterval: "20 millis", ...options }),
      sql: (...statements) =>
        Effect.promise(() => runSql(url, ...statements.map((one) => one.replaceAll("@", quoted))))
    }
  }
)

/** Ends the server processes of a test that carried out this text last, as an administrator would. Answers how many there were. */
export const endProcesses = (url: string, pattern: string): Effect.Effect<number> =>
  Effect.promise(async () => {
    const rows = await runSql(
      url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid() AND query LIKE '${pattern}'`
    )
    return rows.length
  })
