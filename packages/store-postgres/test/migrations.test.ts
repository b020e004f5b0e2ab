import { changeUrl, runSql } from "@dagflow/internal-test-postgres"
import { describe, expect, it } from "@effect/vitest"
import { GoldenRuns } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { readFileSync } from "node:fs"
import path from "node:path"
import pg from "pg"
import { PostgresStore } from "../src/index.ts"
import { version } from "../src/internal/postgresSchema.ts"
import { run } from "./requests.ts"
import { testSchema, type TestSchema } from "./TestSchema.ts"

const versions = Array.from({ length: version }, (_, index) => index + 1)

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A role of a test's own, which may do nothing yet. */
const role = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const name = `role_${process.pid}_${performance.now().toString().replace(".", "_")}`
      await runSql(url, `CREATE ROLE ${name} LOGIN PASSWORD 'x'`)
      return { name, url: changeUrl(url, { user: name, password: "x" }) }
    }),
    ({ name }) => Effect.promise(() => runSql(url, `DROP OWNED BY ${name}`, `DROP ROLE ${name}`))
  )

/** Everything that the database says of the tables of a schema. */
const shapeOf = ({ schema, sql }: TestSchema) =>
  Effect.all({
    columns: sql(
      `SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default, is_identity
       FROM information_schema.columns WHERE table_schema = '${schema}' ORDER BY table_name, ordinal_position`
    ),
    indexes: Effect.map(
      sql(`SELECT indexdef FROM pg_indexes WHERE schemaname = '${schema}' ORDER BY indexname`),
      (rows) => rows.map(({ indexdef }) => String(indexdef).replaceAll(quoted(schema), "@"))
    )
  })

describe.each(versions)("a schema of version %i", (golden) => {
  const file = path.join(import.meta.dirname, "fixtures", `v${golden}.sql`)

  it.live(
    "becomes one of this version, with the tables of a new one, and keeps everything that it held",
    () =>
      Effect.gen(function* () {
        const [old, fresh] = [yield* testSchema, yield* testSchema]
        yield* old.sql(readFileSync(file, "utf8"))
        const [oldStore, freshStore] = [yield* old.open(), yield* fresh.open()]
        const then = { ...oldStore.abilities, parking: golden >= 2 }
        yield* GoldenRuns.write(freshStore)
        expect(yield* shapeOf(old)).toEqual(yield* shapeOf(fresh))
        yield* GoldenRuns.check(oldStore, then)
        yield* GoldenRuns.check(freshStore)
        yield* oldStore.create(run("third"))
      })
  )
})

describe("PostgresStore.migrate", () => {
  it.live("says in a dry run what it would do, and that SQL makes the same tables", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* testSchema, yield* testSchema]
      const planned = yield* PostgresStore.migrate({ ...one, dryRun: true })
      expect(planned).toMatchObject({ from: 0, to: version })
      expect((yield* shapeOf(one)).columns).toEqual([])
      yield* one.sql(planned.statements.join(";\n"))
      const done = yield* PostgresStore.migrate(other)
      expect(done.statements).toHaveLength(planned.statements.length)
      expect(yield* shapeOf(one)).toEqual(yield* shapeOf(other))
      const again = { from: version, to: version, statements: [] }
      expect(yield* PostgresStore.migrate(one)).toEqual(again)
      expect(yield* PostgresStore.migrate({ ...other, dryRun: true })).toEqual(again)
      yield* (yield* one.open({ migrate: false })).create(run("r"))
    })
  )

  it.live("changes nothing when one of its statements fails", () =>
    Effect.gen(function* () {
      const made = yield* testSchema
      yield* made.sql("CREATE SCHEMA @", "CREATE TABLE @.cached (other text)")
      const error = yield* Effect.flip(PostgresStore.migrate(made))
      expect(error.reason._tag).toBe("Corrupt")
      expect((yield* shapeOf(made)).columns).toHaveLength(1)
    })
  )
})

it.live("a migration takes as long as it has to, whatever a statement of a run may take", () =>
  Effect.gen(function* () {
    const made = yield* testSchema
    yield* made.sql(readFileSync(path.join(import.meta.dirname, "fixtures", "v1.sql"), "utf8"))
    const other = yield* Effect.acquireRelease(
      Effect.promise(async () => {
        const client = new pg.Client({ connectionString: made.url })
        await client.connect()
        return client
      }),
      (client) => Effect.promise(() => client.end())
    )
    // Somebody reads the table for longer than a statement may take, and a second process waits for the first one's migration.
    yield* Effect.promise(() =>
      other.query(`BEGIN; LOCK TABLE ${quoted(made.schema)}.run IN ACCESS SHARE MODE`)
    )
    const open = made.open({ statementTimeout: "500 millis" })
    const opening = yield* Effect.forkChild(Effect.scoped(Effect.all([open, open], { concurrency: 2 })), {
      startImmediately: true
    })
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE application_name = current_setting('application_name')
      AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '700 milliseconds'`
    while ((yield* made.sql(waiting)).length < 2) expect(opening.pollUnsafe()).toBeUndefined()
    yield* Effect.promise(() => other.query("COMMIT"))
    const [store] = yield* Fiber.join(opening)
    expect(store.name).toBe("postgres")
  })
)

describe("tables that are not of this release", () => {
  it.live("are refused and left as they are when a newer release made them", () =>
    Effect.gen(function* () {
      const made = yield* testSchema
      yield* Effect.scoped(made.open())
      yield* made.sql("UPDATE @.schema_version SET version = 999")
      const attempts = [Effect.asVoid(Effect.scoped(made.open())), Effect.asVoid(PostgresStore.migrate(made))]
      for (const attempt of attempts) {
        const error = yield* Effect.flip(attempt)
        expect(error.reason._tag).toBe("Corrupt")
        expect(error.message).toContain("version 999")
        expect(error.message).toContain("update it")
      }
    })
  )

  it.live("are refused and left as they are when another program made them", () =>
    Effect.gen(function* () {
      const made = yield* testSchema
      yield* made.sql("CREATE SCHEMA @", "CREATE TABLE @.run (distance int)")
      const error = yield* Effect.flip(Effect.scoped(made.open()))
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("another program")
      expect((yield* shapeOf(made)).columns).toHaveLength(1)
    })
  )

  it.live("are not made when the store may not make them", () =>
    Effect.gen(function* () {
      const made = yield* testSchema
      const error = yield* Effect.flip(Effect.scoped(made.open({ migrate: false })))
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("run dagflow migrate")
      expect((yield* shapeOf(made)).columns).toEqual([])
    })
  )

  it.live("cannot be made by a role without the right, which the error says", () =>
    Effect.gen(function* () {
      const made = yield* testSchema
      const { url } = yield* role(made.url)
      const error = yield* Effect.flip(Effect.scoped(made.open({ url })))
      expect(error.reason._tag).toBe("Unavailable")
      expect(error.message).toContain("docs/guides/postgres.md")
    })
  )
})

it.live("a role that may read and write rows, and nothing else, runs a store with all that it does", () =>
  Effect.gen(function* () {
    const made = yield* testSchema
    const { name, url } = yield* role(made.url)
    yield* PostgresStore.migrate(made)
    yield* made.sql(
      `GRANT USAGE ON SCHEMA @ TO ${name}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA @ TO ${name}`
    )
    const store = yield* made.open({ url })
    yield* GoldenRuns.write(store)
    yield* GoldenRuns.check(store)
  })
)
