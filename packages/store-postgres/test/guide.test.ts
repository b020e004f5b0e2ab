/* Goal: an operator may trust every statement of the guide. Method: the statements are taken from it and run. */
import { changeUrl, postgresUrl, runSql } from "@dagflow/internal-test-postgres"
import { expect, it } from "@effect/vitest"
import { GoldenRuns } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import path from "node:path"
import { PostgresStore } from "../src/index.ts"
import { events, run } from "./requests.ts"

const guide = readFileSync(path.join(import.meta.dirname, "../../../docs/guides/postgres.md"), "utf8")

const [roles = "", version = "", overdue = "", last = ""] = [...guide.matchAll(/^```sql\n([^]*?)^```/gm)].map(
  ([, sql = ""]) => sql
)

/** A database of the test's own, since the guide's statements name the default schema. */
const database = Effect.acquireRelease(
  Effect.promise(async () => {
    const server = await postgresUrl()
    const name = `guide_${process.pid}`
    await runSql(server, `CREATE DATABASE ${name}`)
    return { server, name, url: changeUrl(server, { database: name }) }
  }),
  ({ name, server }) => Effect.promise(() => runSql(server, `DROP DATABASE ${name} WITH (FORCE)`))
)

it.live("the statements of the guide make a role that runs flows, and show what they say", () =>
  Effect.gen(function* () {
    const { name, url } = yield* database
    yield* PostgresStore.migrate(url)
    const role = `flows_${process.pid}`
    yield* Effect.acquireRelease(
      Effect.promise(() => runSql(url, roles.replaceAll("flows", role))),
      () => Effect.promise(() => runSql(url, `DROP OWNED BY ${role}`, `DROP ROLE ${role}`))
    )
    const limited = changeUrl(url, { database: name, user: role, password: "change me" })
    const store = yield* PostgresStore.make(limited)
    yield* GoldenRuns.write(store)
    const nowMillis = Date.now()
    yield* store.create(run("monday", { events: events(0, 30), nowMillis }))
    const ask = (sql: string) => Effect.promise(() => runSql(url, sql))
    expect(yield* ask(version)).toEqual([{ version: expect.any(Number) }])
    expect((yield* ask(overdue)).map(({ id }) => id)).toEqual(["second"])
    expect((yield* ask(last)).map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 20 }, (_, index) => 30 - index)
    )
    expect((yield* store.list({ limit: 10 })).runs).toHaveLength(4)
  })
)
