import { describe, expect, it } from "@effect/vitest"
import { StoreDriver, type StoreDriverShape, type StoreError } from "@dagflow/protocol"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { SqliteStore } from "../src/index.ts"
import { version } from "../src/internal/sqliteSchema.ts"
import { openConnection } from "./openConnection.ts"
import { startProgram } from "./ChildProcess.ts"
import { append, claim, events, run } from "./requests.ts"
import { temporaryFile, temporaryFolder } from "./TemporaryFolder.ts"

/** Looks into a file with SQLite itself. */
const inspect = <A>(file: string, look: (database: Sqlite.Database) => A): A => {
  const database = new Sqlite(file)
  try {
    return look(database)
  } finally {
    database.close()
  }
}

const pragma = (file: string, name: string): unknown =>
  inspect(file, (database) => database.pragma(name, { simple: true }))

/** Opens a store, uses it and closes it. */
const using = <A>(
  options: SqliteStore.SqliteStoreOptions | string | URL,
  use: (store: StoreDriverShape) => Effect.Effect<A, StoreError>
): Effect.Effect<A, StoreError> => Effect.scoped(Effect.flatMap(SqliteStore.make(options), use))

/** Why a file is refused, and what is left of it and around it. */
const refusalOf = (file: string) =>
  Effect.gen(function* () {
    const before = readFileSync(file)
    const error = yield* Effect.flip(using(file, (store) => store.list({ limit: 1 })))
    expect(error.operation).toBe("open")
    expect(error.isRetryable).toBe(false)
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)])
    return error
  })

describe("SqliteStore.make", () => {
  it.effect("finds the same file by path, sqlite:, file: and URL, and makes its folders", () =>
    Effect.gen(function* () {
      const file = path.join(yield* temporaryFolder, "my läufe", "🙂 100%.db")
      const names = [file, `sqlite:${file}`, pathToFileURL(file).href, pathToFileURL(file)]
      for (const [index, filename] of names.entries()) {
        yield* using(filename, (store) => store.create(run(`r${index}`)))
      }
      const ids = yield* using({ filename: file }, (store) => store.list({ limit: 10 }))
      expect(ids.runs.map(({ runId }) => runId)).toEqual(["r0", "r1", "r2", "r3"])
      expect(readdirSync(path.dirname(file))).toEqual(["🙂 100%.db"])
    })
  )

  it.effect("offers a layer", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const create = Effect.flatMap(StoreDriver, (store) => store.create(run("r")))
      yield* Effect.provide(create, SqliteStore.layer(file))
      expect((yield* using(file, (store) => store.get("r")))?.runId).toBe("r")
    })
  )

  it.effect("keeps a database in memory to itself", () =>
    Effect.gen(function* () {
      const [first, second] = [
        yield* SqliteStore.make(":memory:"),
        yield* SqliteStore.make("sqlite::memory:")
      ]
      yield* first.create(run("r", { events: events(0, 3) }))
      expect(yield* first.read("r", 0, 10)).toEqual(events(0, 3))
      expect(yield* second.get("r")).toBeUndefined()
    })
  )

  it.effect("refuses an address that is no file", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(using("postgres://localhost/runs", (store) => store.get("r")))
      expect(error.reason._tag).toBe("Unsupported")
      expect(error.message).toContain("Write sqlite:PATH")
    })
  )

  it.effect("writes a log beside the file, and leaves one file behind", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* using(file, (store) =>
        Effect.andThen(
          store.create(run("r")),
          Effect.sync(() => expect(existsSync(`${file}-wal`)).toBe(true))
        )
      )
      expect(readdirSync(path.dirname(file))).toEqual([path.basename(file)])
      expect(pragma(file, "journal_mode")).toBe("wal")
    })
  )

  it.effect("keeps what was written when the store is closed without waiting", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const scope = yield* Scope.make()
      const store = yield* Scope.provide(SqliteStore.make(file), scope)
      yield* store.create(run("r"))
      yield* Effect.forkChild(store.append(append("r", 0)), { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      const error = yield* Effect.flip(store.append(append("r", 1)))
      expect(error.message).toContain("the store is closed")
      expect((yield* using(file, (again) => again.get("r")))?.sequence).toBe(1)
    })
  )
})

describe("a file that is no store", () => {
  it.effect("is refused as corrupt and left as it is when it is no database", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      writeFileSync(file, "name,age\n".repeat(1_000))
      const error = yield* refusalOf(file)
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("it is not a database of SQLite")
    })
  )

  it.effect("is refused as corrupt and left as it is when another program wrote it", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      inspect(file, (database) => database.exec("CREATE TABLE customer (name)"))
      const error = yield* refusalOf(file)
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("another program")
    })
  )

  it.effect("is refused and left as it is when a newer release wrote it", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* using(file, (store) => store.create(run("r")))
      inspect(file, (database) => database.pragma("user_version = 999"))
      const error = yield* refusalOf(file)
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("schema version 999")
      expect(error.message).toContain("update it")
    })
  )

  it.effect("is a new store when it is empty", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      writeFileSync(file, "")
      yield* using(file, (store) => store.create(run("r")))
      expect(pragma(file, "user_version")).toBe(version)
    })
  )

  it.effect("is unavailable when it is a folder", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const error = yield* Effect.flip(using(folder, (store) => store.get("r")))
      expect(error.reason._tag).toBe("Unavailable")
      expect(error.message).toContain("check that the path names a file")
    })
  )

  it.effect("is unavailable when a file stands where its folder has to be", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      writeFileSync(file, "")
      const error = yield* Effect.flip(using(path.join(file, "runs.db"), (store) => store.get("r")))
      expect(error.reason._tag).toBe("Unavailable")
      expect(error.message).toContain("check the path")
    })
  )
})

/** Fills a file, closes it, does something to it, and answers what a store then says. */
const damaged = (damage: (file: string) => void) =>
  Effect.gen(function* () {
    const file = yield* temporaryFile
    yield* using(file, (store) => store.create(run("r", { events: events(0, 500, 200) })))
    damage(file)
    return yield* Effect.flip(using(file, (store) => store.read("r", 0, Infinity)))
  })

describe("a damaged store", () => {
  it.effect("is corrupt when its pages are overwritten", () =>
    Effect.gen(function* () {
      const error = yield* damaged((file) => {
        const bytes = readFileSync(file)
        writeFileSync(file, bytes.fill(0xff, 4_096))
      })
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("damaged")
    })
  )

  it.effect("is corrupt when its end is missing", () =>
    Effect.gen(function* () {
      const error = yield* damaged((file) => truncateSync(file, 8_192))
      expect(error.reason._tag).toBe("Corrupt")
    })
  )

  it.effect("is corrupt when events are missing, inside of the log or at its end", () =>
    Effect.gen(function* () {
      const inside = yield* damaged((file) =>
        inspect(file, (database) => database.exec("DELETE FROM event WHERE position & 4294967295 = 7"))
      )
      expect(inside.message).toContain("event 7 of 500 is missing")
      const end = yield* damaged((file) =>
        inspect(file, (database) => database.exec("DELETE FROM event WHERE position & 4294967295 > 490"))
      )
      expect(end.reason._tag).toBe("Corrupt")
      expect(end.message).toContain("event 491 of 500 is missing")
    })
  )

  it.effect("is corrupt when a table or the tags of a run are not what they ought to be", () =>
    Effect.gen(function* () {
      const table = yield* damaged((file) => inspect(file, (database) => database.exec("DROP TABLE event")))
      expect(table.reason._tag).toBe("Corrupt")
      const file = yield* temporaryFile
      yield* using(file, (store) => store.create(run("r")))
      for (const tags of ["no JSON", "{}", "[1]"]) {
        inspect(file, (database) => database.prepare("UPDATE run SET tags = ?").run(tags))
        const asked = (store: StoreDriverShape) => [
          Effect.asVoid(store.get("r")),
          Effect.asVoid(store.list({ limit: 1 }))
        ]
        for (const result of yield* using(file, (store) => Effect.forEach(asked(store), Effect.result))) {
          const error = Result.getOrThrow(Result.flip(result))
          expect(error.reason._tag).toBe("Corrupt")
          expect(error.runId).toBe("r")
        }
      }
    })
  )
})

describe("a store that cannot write", () => {
  it.effect(
    "refuses what does not fit on the disk, keeps what does, and goes on when there is room again",
    () =>
      Effect.gen(function* () {
        const { database, driver: store } = yield* openConnection(yield* temporaryFile)
        for (const id of ["large", "small"]) yield* store.create(run(id))
        const pages = Number(database.pragma("page_count", { simple: true }))
        database.pragma(`max_page_count = ${pages + 10}`)
        const large = append("large", 0, { events: events(0, 1, 100_000) })
        const asked = [store.append(large), store.append(append("small", 0))]
        const [refused, kept] = yield* Effect.forEach(asked, Effect.result, { concurrency: "unbounded" })
        expect(kept).toEqual(Result.void)
        const error = refused === undefined ? undefined : Result.getOrThrow(Result.flip(refused))
        expect(error?.reason._tag).toBe("Unavailable")
        expect(error?.message).toContain("the disk is full; free some space")
        expect(yield* store.read("large", 0, 10)).toEqual([])
        expect(yield* store.read("small", 0, 10)).toEqual(events(0, 1))
        database.pragma(`max_page_count = ${pages + 1_000}`)
        yield* store.append(large)
        expect(yield* store.read("large", 0, 10)).toEqual(large.events)
      })
  )

  /** Root may write everywhere, so the program runs as a user who may not. */
  it.live(
    "is unavailable in a folder that this user may not write, and leaves it alone",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const closed = path.join(folder, "closed")
        mkdirSync(closed)
        chmodSync(closed, 0o555)
        const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
        for (const file of ["runs.db", "deeper/runs.db"]) {
          const program = yield* startProgram("open.ts", [path.join(closed, file), "r"], user)
          yield* program.next
          yield* program.go
          const reason = yield* program.next
          expect(reason).toMatchObject({ _tag: "Unavailable" })
          expect(JSON.stringify(reason)).toContain("the right to write the file and its directory")
        }
        expect(readdirSync(closed)).toEqual([])
      }),
    60_000
  )

  it.live.each([
    ["the file", 0o777],
    ["the file and its folder", 0o555]
  ] as const)(
    "is unavailable when this user may only read %s, and leaves it alone",
    ([, mode]) =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        yield* using(file, (store) => store.create(run("r")))
        chmodSync(file, 0o444)
        chmodSync(path.dirname(file), mode)
        const before = readFileSync(file)
        const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
        const program = yield* startProgram("open.ts", [file, "s"], user)
        yield* program.next
        yield* program.go
        const reason = yield* program.next
        expect(reason).toMatchObject({ _tag: "Unavailable" })
        expect(JSON.stringify(reason)).toContain("the right to write the file and its directory")
        expect(readFileSync(file).equals(before)).toBe(true)
        chmodSync(path.dirname(file), 0o755)
      }),
    60_000
  )
})

describe("the size of a store", () => {
  /** Two events of about 100 bytes for each node, in appends of 20 as a coordinator's turn makes them. */
  const sizeOf = (nodes: number, bytes: number) =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* using({ filename: file, durability: "normal" }, (store) =>
        Effect.gen(function* () {
          yield* store.create(run("r"))
          for (let after = 0; after < nodes * 2; after += 20) {
            yield* store.append(append("r", after, { events: events(after, 20, bytes) }))
          }
        })
      )
      return statSync(file).size
    })

  /** Tables and indexes have a page each before anything is in them, which no node is to blame for. */
  const bytesOf = (nodes: number, bytes: number) =>
    Effect.zipWith(sizeOf(nodes, bytes), sizeOf(0, bytes), (size, empty) => (size - empty) / nodes)

  it.effect("grows by less than 300 bytes a node, however many there are", () =>
    Effect.gen(function* () {
      const [small, large] = [yield* bytesOf(1_000, 100), yield* bytesOf(4_000, 100)]
      expect(large).toBeLessThan(300)
      expect(Math.abs(small - large) / large).toBeLessThan(0.2)
    })
  )

  it.effect("is hardly more than the events themselves when they are long", () =>
    Effect.gen(function* () {
      expect(yield* bytesOf(1_000, 1_100)).toBeLessThan(1.3 * 2 * 1_100)
    })
  )
})

it.effect(
  "a claim by the process that owns the run waits for its lease, also after the store was opened anew",
  () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* using(file, (store) => store.create(run("r")))
      yield* using(file, (store) =>
        Effect.map(store.claim(claim("r")), ({ _tag }) => expect(_tag).toBe("Owned"))
      )
    })
)
