import { changeUrl, runSql } from "@dagflow/internal-test-postgres"
import { describe, expect, it } from "@effect/vitest"
import { StoreDriver } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { PostgresStore } from "../src/index.ts"
import { startProxy } from "./PostgresProxy.ts"
import { append, claim, events, run } from "./requests.ts"
import { testSchema } from "./TestSchema.ts"

const refusalOf = (options: PostgresStore.PostgresStoreOptions | string) =>
  Effect.flip(Effect.scoped(PostgresStore.make(options)))

describe("PostgresStore.make", () => {
  it.live("offers a layer", () =>
    Effect.gen(function* () {
      const { open, schema, url } = yield* testSchema
      const create = Effect.flatMap(StoreDriver, (store) => store.create(run("r")))
      yield* Effect.provide(create, PostgresStore.layer({ url, schema }))
      expect((yield* (yield* open()).get("r"))?.runId).toBe("r")
    })
  )

  it.live("keeps stores of other schemas and prefixes apart, whatever they are called", () =>
    Effect.gen(function* () {
      const { open, schema } = yield* testSchema
      const names = [{ schema }, { schema, prefix: 'a"; DROP TABLE run; --' }, { schema, prefix: "🙂%_" }]
      const stores = yield* Effect.forEach(names, (name) => open(name))
      for (const [index, store] of stores.entries()) yield* store.create(run("r", { flow: String(index) }))
      const flows = yield* Effect.forEach(stores, (store) => Effect.map(store.get("r"), (row) => row?.flow))
      expect(flows).toEqual(["0", "1", "2"])
    })
  )

  it.live(
    "takes the names of schema and prefix from the address too, where the options do not say them",
    () =>
      Effect.gen(function* () {
        const { schema, url } = yield* testSchema
        const address = new URL(url)
        address.searchParams.set("schema", schema)
        address.searchParams.set("prefix", "p_")
        yield* (yield* PostgresStore.make(address)).create(run("r"))
        const same = yield* PostgresStore.make({ url, schema, prefix: "p_" })
        expect((yield* same.get("r"))?.runId).toBe("r")
        const other = yield* PostgresStore.make({ url: address, prefix: "" })
        expect(yield* other.get("r")).toBeUndefined()
      })
  )

  it.live("refuses an address that means no database, without showing it", () =>
    Effect.gen(function* () {
      for (const url of ["runs.db", "mysql://u:secret@localhost/x", ""]) {
        const error = yield* refusalOf(url)
        expect(error.reason._tag).toBe("Unsupported")
        expect(error.message).toContain("write postgres://USER@HOST/DATABASE")
        expect(error.message).not.toContain("secret")
      }
    })
  )

  it.live("refuses names that PostgreSQL would cut, and news by no way at all", () =>
    Effect.gen(function* () {
      const url = "postgres://localhost/x"
      const wrong = [
        { url, schema: "x".repeat(64) },
        { url, schema: "" },
        { url, prefix: "x".repeat(44) },
        { url, prefix: "a\0b" },
        { url, notify: false, pollInterval: Infinity }
      ]
      for (const options of wrong) expect((yield* refusalOf(options)).reason._tag).toBe("Unsupported")
    })
  )

  it.live("says what is wrong with a server that cannot be reached or does not let it in", () =>
    Effect.gen(function* () {
      const { url } = yield* testSchema
      const cases = [
        [changeUrl(url, { password: "wrong" }), "check the user, the password", "30 seconds"],
        [changeUrl(url, { database: "nowhere" }), "make the database", "30 seconds"],
        [changeUrl(url, { port: 1 }), "no server listens there", "100 millis"]
      ] as const
      for (const [address, remedy, connectTimeout] of cases) {
        const error = yield* refusalOf({ url: address, connectTimeout })
        expect(error.operation).toBe("open")
        expect(error.reason._tag).toBe("Unavailable")
        expect(error.message).toContain(remedy)
        expect(error.message).not.toContain(new URL(address).password)
      }
    })
  )

  it.live("refuses a pooler that stands between, by name", () =>
    Effect.gen(function* () {
      const { open, url } = yield* testSchema
      const proxy = yield* startProxy(url, { hidesProcess: true })
      const error = yield* Effect.flip(Effect.scoped(open({ url: proxy.url })))
      expect(error.reason._tag).toBe("Unsupported")
      expect(error.message).toContain("PgBouncer")
      const honest = yield* startProxy(url)
      yield* Effect.scoped(open({ url: honest.url }))
    })
  )

  it.live("refuses a database that cannot hold every text", () =>
    Effect.gen(function* () {
      const { url } = yield* testSchema
      const name = `latin_${process.pid}`
      yield* Effect.acquireRelease(
        Effect.promise(() => runSql(url, `CREATE DATABASE ${name} ENCODING 'LATIN1' TEMPLATE template0`)),
        () => Effect.promise(() => runSql(url, `DROP DATABASE ${name} WITH (FORCE)`))
      )
      const error = yield* refusalOf(changeUrl(url, { database: name }))
      expect(error.reason._tag).toBe("Unsupported")
      expect(error.message).toContain("LATIN1")
    })
  )

  it.live(
    "keeps what was written when the store is closed without waiting, and writes nothing afterwards",
    () =>
      Effect.gen(function* () {
        const { open } = yield* testSchema
        const scope = yield* Scope.make()
        const store = yield* Scope.provide(open(), scope)
        yield* store.create(run("r"))
        yield* Effect.forkChild(store.append(append("r", 0)), { startImmediately: true })
        yield* Scope.close(scope, Exit.void)
        const error = yield* Effect.flip(store.append(append("r", 1)))
        expect(error.message).toContain("the store is closed")
        expect((yield* (yield* open()).get("r"))?.sequence).toBe(1)
      })
  )
})

describe("what a table holds", () => {
  it.live("is corrupt when events are missing, inside of the log or at its end", () =>
    Effect.gen(function* () {
      const { open, sql } = yield* testSchema
      const store = yield* open()
      yield* store.create(run("r", { events: events(0, 500) }))
      yield* sql("DELETE FROM @.event WHERE sequence > 490")
      expect((yield* Effect.flip(store.read("r", 0, Infinity))).message).toContain(
        "event 491 of 500 is missing"
      )
      yield* sql("DELETE FROM @.event WHERE sequence = 7")
      const error = yield* Effect.flip(store.read("r", 0, 100))
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("event 7 of 500 is missing")
    })
  )

  it.live("is corrupt when a table is missing, or holds events that the run does not know", () =>
    Effect.gen(function* () {
      const { open, sql } = yield* testSchema
      const store = yield* open()
      yield* store.create(run("r", { events: events(0, 5) }))
      yield* sql("UPDATE @.run SET sequence = 3")
      expect((yield* Effect.flip(store.append(append("r", 3)))).reason._tag).toBe("Corrupt")
      yield* sql("DROP TABLE @.event")
      const error = yield* Effect.flip(store.read("r", 0, 9))
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("a table is missing")
    })
  )

  it.live("is refused when a name is longer than an index holds", () =>
    Effect.gen(function* () {
      const { open } = yield* testSchema
      const store = yield* open()
      const longest = "🙂".repeat(650)
      yield* store.create(run(longest, { flow: longest, tags: [longest] }))
      expect((yield* store.get(longest))?.flow).toBe(longest)
      const tooLong = [
        store.create(run(`${longest}x`)),
        store.create(run("r", { flow: `${longest}x` })),
        store.create(run("r", { tags: ["\0".repeat(1_301)] })),
        store.putMail(longest, { id: `${longest}x`, atMillis: 0, command: "" }),
        store.putArtifact(longest, `${longest}x`, "")
      ]
      for (const one of tooLong) {
        expect((yield* Effect.flip(one)).reason).toMatchObject({ _tag: "TooLarge", maximum: 2_600 })
      }
    })
  )

  it.live("has no more than two thousand million events", () =>
    Effect.gen(function* () {
      const { open, sql } = yield* testSchema
      const store = yield* open()
      yield* store.create(run("r"))
      yield* sql("UPDATE @.run SET sequence = 2147483646")
      yield* store.append(append("r", 2_147_483_646))
      const error = yield* Effect.flip(store.append(append("r", 2_147_483_647)))
      expect(error.reason._tag).toBe("Unsupported")
      expect(yield* store.read("r", 2_147_483_646, 9)).toHaveLength(1)
      expect(yield* store.read("r", 9e15, 9)).toEqual([])
    })
  )
})

it.live("a claim by the process that owns the run waits for its lease", () =>
  Effect.gen(function* () {
    const { open } = yield* testSchema
    yield* Effect.scoped(Effect.flatMap(open(), (store) => store.create(run("r"))))
    expect((yield* (yield* open()).claim(claim("r")))._tag).toBe("Owned")
  })
)

/** Goal: checklist row 14 and issue of linear storage: two events of about 100 bytes a node. */
it.live("the size of a store grows by less than 650 bytes a node, however many there are", () =>
  Effect.gen(function* () {
    const { open, sql } = yield* testSchema
    const store = yield* open()
    yield* store.create(run("r"))
    const size = "pg_total_relation_size('@.event')::float / (SELECT count(*) / 2 FROM @.event)"
    const bytes: Array<number> = []
    for (let after = 0; after < 8_000; after += 20) {
      if (after === 2_000) bytes.push(Number((yield* sql(`SELECT ${size} AS bytes`))[0]?.["bytes"]))
      yield* store.append(append("r", after, { events: events(after, 20, 100) }))
    }
    bytes.push(Number((yield* sql(`SELECT ${size} AS bytes`))[0]?.["bytes"]))
    const [small = 0, large = 0] = bytes
    expect(large).toBeLessThan(650)
    expect(Math.abs(small - large) / large).toBeLessThan(0.2)
  })
)
