/* Goal: whatever happens to the server, a store survives it or says what happened, and goes on afterwards. */
import { changeUrl, postgresUrl, runSql, startEmbedded } from "@dagflow/internal-test-postgres"
import { describe, expect, it } from "@effect/vitest"
import type { StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import pg from "pg"
import { PostgresStore } from "../src/index.ts"
import { append, claim, events, run } from "./requests.ts"
import { endProcesses, testSchema } from "./TestSchema.ts"

/** A connection of somebody else, with which a test stands in the way of a store. */
const stranger = Effect.acquireRelease(
  Effect.promise(async () => {
    const client = new pg.Client({ connectionString: await postgresUrl() })
    await client.connect()
    return client
  }),
  (client) => Effect.promise(() => client.end())
)

/** Waits until a statement of a store waits for a lock. */
const untilBlocked = (url: string, pattern: string): Effect.Effect<void> =>
  Effect.promise(async () => {
    const question = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '${pattern}'`
    while ((await runSql(url, question)).length === 0);
  })

describe("a server that restarts", () => {
  it.live(
    "is waited for, and keeps what was written",
    () =>
      Effect.gen(function* () {
        const server = yield* Effect.acquireRelease(
          Effect.promise(() => startEmbedded({ isDurable: true })),
          ({ stop }) => Effect.promise(stop)
        )
        const store = yield* PostgresStore.make({ url: server.url, connectTimeout: "20 seconds" })
        yield* store.create(run("r"))
        yield* Effect.promise(server.kill)
        // Whoever was first to notice that the server is gone is told, and asks again, as an engine does.
        const again = { while: (error: StoreError) => error.isRetryable }
        const asked = [Effect.asVoid(store.append(append("r", 0))), Effect.asVoid(store.get("r"))]
        const waiting = yield* Effect.forkChild(
          Effect.all(
            asked.map((one) => Effect.retry(one, again)),
            { concurrency: "unbounded" }
          ),
          { startImmediately: true }
        )
        yield* Effect.promise(server.start)
        yield* Fiber.join(waiting)
        expect(yield* store.read("r", 0, 10)).toEqual(events(0, 1))
      }),
    120_000
  )

  it.live(
    "is unavailable while it is gone, which is told within the time that an operation may wait",
    () =>
      Effect.gen(function* () {
        const server = yield* Effect.acquireRelease(
          Effect.promise(() => startEmbedded({ isDurable: true })),
          ({ stop }) => Effect.promise(stop)
        )
        const store = yield* PostgresStore.make({ url: server.url, connectTimeout: "300 millis" })
        yield* store.create(run("r"))
        yield* Effect.promise(server.kill)
        const asked = [store.append(append("r", 0)), store.read("r", 0, 1), store.claim(claim("r"))]
        for (const one of asked) {
          const error = yield* Effect.flip(Effect.asVoid(one))
          expect(error.isRetryable).toBe(true)
          expect(error.reason._tag).toBe("Unavailable")
        }
        yield* Effect.promise(server.start)
        // As an engine does, since a busy machine may take longer to connect than this store waits.
        const again = { while: (error: StoreError) => error.isRetryable }
        yield* Effect.retry(store.append(append("r", 0)), again)
        expect(yield* Effect.retry(store.read("r", 0, 10), again)).toEqual(events(0, 1))
      }),
    120_000
  )
})

describe("a connection that an administrator ends", () => {
  it.live("is replaced by whoever writes or reads next", () =>
    Effect.gen(function* () {
      const { open, url } = yield* testSchema
      const store = yield* open()
      yield* store.create(run("r"))
      yield* store.get("r")
      // The server ends its processes when it gets round to it. A write that is on its way then is told that it did not take place,
      // and the next one, on another connection, does.
      const once = { times: 1, while: (error: StoreError) => error.reason._tag === "Unavailable" }
      for (const sequence of [0, 1, 2]) {
        yield* Effect.retry(store.append(append("r", sequence)), once)
        expect(yield* endProcesses(url, "%")).toBeGreaterThan(0)
        expect((yield* store.get("r"))?.sequence).toBe(sequence + 1)
      }
    })
  )

  it.live("while it waits for a lock has written nothing, which is read back", () =>
    Effect.gen(function* () {
      const { open, schema, sql, url } = yield* testSchema
      const store = yield* open()
      yield* store.create(run("r"))
      const other = yield* stranger
      const table = `"${schema.replaceAll('"', '""')}".run`
      yield* Effect.promise(() => other.query(`BEGIN; SELECT FROM ${table} FOR UPDATE`))
      const writing = yield* Effect.forkChild(Effect.flip(store.append(append("r", 0))), {
        startImmediately: true
      })
      yield* untilBlocked(url, "%moved AS%")
      yield* endProcesses(url, "%moved AS%")
      const error = yield* Fiber.join(writing)
      expect(error.reason._tag).toBe("Unavailable")
      yield* Effect.promise(() => other.query("ROLLBACK"))
      expect(yield* sql("SELECT sequence FROM @.run")).toEqual([{ sequence: 0 }])
      yield* store.append(append("r", 0))
    })
  )
})

describe("a transaction of somebody else", () => {
  it.live("that locks a run for longer than a statement may take makes the store unavailable", () =>
    Effect.gen(function* () {
      const { open, schema } = yield* testSchema
      const store = yield* open({ statementTimeout: "200 millis" })
      yield* store.create(run("r"))
      const other = yield* stranger
      const table = `"${schema.replaceAll('"', '""')}".run`
      yield* Effect.promise(() => other.query(`BEGIN; SELECT FROM ${table} FOR UPDATE`))
      const error = yield* Effect.flip(store.append(append("r", 0)))
      expect(error.isRetryable).toBe(true)
      expect(error.message).toContain("longer than statementTimeout")
      yield* Effect.promise(() => other.query("ROLLBACK"))
      yield* store.append(append("r", 0))
      expect(yield* store.read("r", 0, 10)).toEqual(events(0, 1))
    })
  )

  it.live("that runs into a deadlock with a batch delays it, and it is written once", () =>
    Effect.gen(function* () {
      const { open, schema, url } = yield* testSchema
      const store = yield* open()
      for (const id of ["a", "b"]) yield* store.create(run(id))
      const other = yield* stranger
      const table = `"${schema.replaceAll('"', '""')}".run`
      // The server lets the one who waits longer than its own time look for deadlocks, and that one is the victim.
      yield* Effect.promise(() => other.query("SET deadlock_timeout = '1 min'"))
      yield* Effect.promise(() => other.query(`BEGIN; SELECT FROM ${table} WHERE id = 'b' FOR UPDATE`))
      const writing = yield* Effect.forkChild(
        Effect.forEach(["a", "b"], (id) => store.append(append(id, 0)), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      yield* untilBlocked(url, "%moved AS%")
      yield* Effect.promise(() => other.query(`SELECT FROM ${table} WHERE id = 'a' FOR UPDATE`))
      yield* Effect.promise(() => other.query("COMMIT"))
      yield* Fiber.join(writing)
      for (const id of ["a", "b"]) expect(yield* store.read(id, 0, 10)).toEqual(events(0, 1))
    })
  )

  it.live("is looked at in its newest version also where the database asks for serializable ones", () =>
    Effect.gen(function* () {
      const { open, url } = yield* testSchema
      const strict = new URL(url)
      strict.searchParams.set("options", "-c default_transaction_isolation=serializable")
      const stores = [yield* open({ url: strict }), yield* open({ url: strict })]
      yield* stores[0]?.create(run("r")) ?? Effect.void
      for (let sequence = 0; sequence < 10; sequence++) {
        const racing = stores.map((store) => Effect.result(store.append(append("r", sequence))))
        const results = yield* Effect.all(racing, { concurrency: "unbounded" })
        const lost = results.flatMap((result) =>
          result._tag === "Failure" ? [result.failure.reason._tag] : []
        )
        expect(lost).toEqual(["SequenceConflict"])
      }
    })
  )
})

describe("connections that are used up", () => {
  it.live("are never more than one to write, one to listen and those of the pool, whatever is asked", () =>
    Effect.gen(function* () {
      const { open, url } = yield* testSchema
      const store = yield* open({ poolSize: 3 })
      const ids = Array.from({ length: 40 }, (_, index) => `r${index}`)
      yield* Effect.forEach(ids, (id) => store.create(run(id)), { concurrency: "unbounded" })
      const told = yield* Effect.forkChild(Stream.runDrain(store.changes), { startImmediately: true })
      const asked = ids.flatMap((id) => [store.get(id), store.append(append(id, 0)), store.read(id, 0, 1)])
      yield* Effect.forEach(asked, (one) => Effect.asVoid(one), { concurrency: "unbounded" })
      const mine = `application_name = current_setting('application_name') AND pid <> pg_backend_pid()`
      const held = yield* Effect.promise(() => runSql(url, `SELECT pid FROM pg_stat_activity WHERE ${mine}`))
      expect(held.length).toBeGreaterThan(3)
      expect(held.length).toBeLessThanOrEqual(5)
      yield* Fiber.interrupt(told)
    })
  )

  it.live("make the store unavailable when they are its own, and say which option helps", () =>
    Effect.gen(function* () {
      const { open, schema, url } = yield* testSchema
      const store = yield* open({ poolSize: 1, connectTimeout: "300 millis" })
      yield* store.create(run("r"))
      const other = yield* stranger
      const table = `"${schema.replaceAll('"', '""')}".run`
      yield* Effect.promise(() => other.query(`BEGIN; LOCK ${table} IN ACCESS EXCLUSIVE MODE`))
      const first = yield* Effect.forkChild(store.get("r"), { startImmediately: true })
      yield* untilBlocked(url, "%created_at%")
      const error = yield* Effect.flip(store.get("r"))
      expect(error.isRetryable).toBe(true)
      expect(error.message).toContain("raise poolSize")
      yield* Effect.promise(() => other.query("ROLLBACK"))
      expect((yield* Fiber.join(first))?.runId).toBe("r")
      expect((yield* store.get("r"))?.runId).toBe("r")
    })
  )

  it.live("make the store unavailable when they are the server's, and say which options help", () =>
    Effect.gen(function* () {
      const { open, url } = yield* testSchema
      const role = `limited_${process.pid}`
      yield* Effect.acquireRelease(
        Effect.promise(() =>
          runSql(url, `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'x' CONNECTION LIMIT 0`)
        ),
        () => Effect.promise(() => runSql(url, `DROP ROLE ${role}`))
      )
      // A superuser has no limit, and somebody without any connection cannot be let in.
      yield* Effect.promise(() => runSql(url, `ALTER ROLE ${role} NOSUPERUSER`))
      const limited = changeUrl(url, { user: role, password: "x" })
      const error = yield* Effect.flip(Effect.scoped(open({ url: limited, connectTimeout: "1500 millis" })))
      expect(error.reason._tag).toBe("Unavailable")
      expect(error.message).toContain("lower poolSize, or raise max_connections")
    })
  )
})
