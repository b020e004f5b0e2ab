import { expect, it } from "@effect/vitest"
import { StoreError } from "@dagflow/protocol"
import Sqlite, { type Database } from "better-sqlite3"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { openConnection } from "../openConnection.ts"
import { temporaryFile } from "../TemporaryFolder.ts"

/** A table of the test's own, one column of which is looked at by COMMIT. */
/** A table of the test's own, one column of which is looked at by COMMIT. */
const tables = `
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE written (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
`

const setUp = Effect.gen(function* () {
  const path = yield* temporaryFile
  const { connection, database, statements, writer } = yield* openConnection(path)
  database.exec(tables)
  statements.length = 0
  const insert = database.prepare("INSERT INTO written VALUES (?, ?)")
  const write = (id: number, parent: number | null = null, rows = 1) =>
    writer.write({ operation: "append", runId: `r${id}` }, rows, (transaction) => {
      insert.run(id, parent)
      transaction.changed.push(`r${id}`)
      return Exit.succeed(id)
    })
  const commits = () => statements.filter((one) => one === "COMMIT")
  return { path, connection, writer, write, database, commits }
})

const written = (database: Database) => database.prepare("SELECT id FROM written ORDER BY id").pluck().all()

const all = { concurrency: "unbounded" } as const

it.effect("writes of one turn share one transaction, and each gets its own answer", () =>
  Effect.gen(function* () {
    const { commits, database, write } = yield* setUp
    const ids = Array.from({ length: 100 }, (_, index) => index)
    expect(yield* Effect.forEach(ids, (id) => write(id), all)).toEqual(ids)
    expect(commits()).toHaveLength(1)
    expect(written(database)).toEqual(ids)
  })
)

it.effect("a large group is split, so that nothing else waits for long", () =>
  Effect.gen(function* () {
    const { commits, write } = yield* setUp
    yield* Effect.forEach([1, 2, 3, 4, 5], (id) => write(id, null, 300), all)
    expect(commits()).toHaveLength(3)
  })
)

it.effect("writes one after the other have a transaction each", () =>
  Effect.gen(function* () {
    const { commits, write } = yield* setUp
    for (const id of [1, 2, 3]) yield* write(id)
    expect(commits()).toHaveLength(3)
  })
)

it.effect("a member that is refused leaves the others alone, in one transaction", () =>
  Effect.gen(function* () {
    const { commits, database, write, writer } = yield* setUp
    const refusal = new StoreError({ operation: "append", reason: { _tag: "RunNotFound" } })
    const refused = writer.write({ operation: "append" }, 1, () => Exit.fail(refusal))
    const exits = yield* Effect.forEach([write(1), refused, write(2)], Effect.exit, all)
    expect(exits.map(Exit.isSuccess)).toEqual([true, false, true])
    expect(exits[1]).toEqual(Exit.fail(refusal))
    expect(commits()).toHaveLength(1)
    expect(written(database)).toEqual([1, 2])
  })
)

it.effect("a member whose statement fails fails alone, and the others are written once", () =>
  Effect.gen(function* () {
    const { connection, database, write } = yield* setUp
    const told: Array<string> = []
    connection.changeListeners.add((runId) => told.push(runId))
    const exits = yield* Effect.forEach([write(1), write(2), write(1), write(3)], Effect.exit, all)
    expect(exits.map(Exit.isSuccess)).toEqual([true, true, false, true])
    expect(written(database)).toEqual([1, 2, 3])
    expect(told).toEqual(["r1", "r2", "r3"])
    expect(database.inTransaction).toBe(false)
  })
)

it.effect("a member with a mistake dies alone", () =>
  Effect.gen(function* () {
    const { database, write, writer } = yield* setUp
    const mistake = new TypeError("a mistake")
    const broken = writer.write<number>({ operation: "append" }, 1, () => {
      throw mistake
    })
    const exits = yield* Effect.forEach([write(1), broken, write(2)], Effect.exit, all)
    expect(exits).toEqual([Exit.succeed(1), Exit.die(mistake), Exit.succeed(2)])
    expect(written(database)).toEqual([1, 2])
  })
)

/** A deferred constraint is looked at by COMMIT, so it stands for whatever makes a COMMIT fail. */
it.effect("when the transaction fails as a whole, all of its members fail and none is written or told", () =>
  Effect.gen(function* () {
    const { connection, database, write } = yield* setUp
    const told: Array<string> = []
    connection.changeListeners.add((runId) => told.push(runId))
    const exits = yield* Effect.forEach([write(1), write(2, 404), write(3)], Effect.exit, all)
    expect(exits.map(Exit.isFailure)).toEqual([true, true, true])
    expect(written(database)).toEqual([])
    expect(told).toEqual([])
    expect(database.inTransaction).toBe(false)
    expect(yield* write(4)).toBe(4)
    expect(written(database)).toEqual([4])
  })
)

it.effect("a write that is interrupted before its turn is taken back", () =>
  Effect.gen(function* () {
    const { database, write } = yield* setUp
    const fiber = yield* Effect.forkChild(write(1), { startImmediately: true })
    const other = yield* Effect.forkChild(write(2), { startImmediately: true })
    yield* Fiber.interrupt(fiber)
    yield* Fiber.join(other)
    expect(written(database)).toEqual([2])
  })
)

it.effect("a write waits for another process by the clock, without stopping this one", () =>
  Effect.gen(function* () {
    const { database, path, write } = yield* setUp
    const other = yield* Effect.acquireRelease(
      Effect.sync(() => new Sqlite(path)),
      (opened) => Effect.sync(() => opened.close())
    )
    other.exec("BEGIN IMMEDIATE")
    const waiting = yield* Effect.forkChild(
      Effect.forEach([1, 2], (id) => write(id), all),
      { startImmediately: true }
    )
    yield* TestClock.adjust(900)
    const late = yield* Effect.forkChild(write(3), { startImmediately: true })
    expect([waiting.pollUnsafe(), late.pollUnsafe(), written(database)]).toEqual([undefined, undefined, []])
    other.exec("COMMIT")
    yield* TestClock.adjust(10)
    expect(yield* Fiber.join(waiting)).toEqual([1, 2])
    expect(yield* Fiber.join(late)).toBe(3)
    expect(written(database)).toEqual([1, 2, 3])
  })
)

it.effect("a write that has waited for the busy timeout fails, and one that came later goes on waiting", () =>
  Effect.gen(function* () {
    const { database, path, write } = yield* setUp
    const other = yield* Effect.acquireRelease(
      Effect.sync(() => new Sqlite(path)),
      (opened) => Effect.sync(() => opened.close())
    )
    other.exec("BEGIN IMMEDIATE")
    const early = yield* Effect.forkChild(Effect.flip(write(1)), { startImmediately: true })
    yield* TestClock.adjust(600)
    const late = yield* Effect.forkChild(write(2), { startImmediately: true })
    yield* TestClock.adjust(600)
    const error = yield* Fiber.join(early)
    expect(error.reason._tag).toBe("Unavailable")
    expect(error.isRetryable).toBe(true)
    expect(error.message).toContain("SQLITE_BUSY")
    expect(late.pollUnsafe()).toBeUndefined()
    other.exec("COMMIT")
    yield* TestClock.adjust(10)
    expect(yield* Fiber.join(late)).toBe(2)
    expect(written(database)).toEqual([2])
  })
)

/** A clock that somebody can set by some milliseconds. */
const settable = Effect.map(Clock.Clock, (base) => {
  let ahead = 0
  const millis = (): number => base.currentTimeMillisUnsafe() + ahead
  const nanos = (): bigint => BigInt(millis()) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: () => base.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: base.monotonicTimeNanos,
    sleep: (duration) => base.sleep(duration)
  }
  return {
    clock,
    set: (by: number) => {
      ahead = by
    }
  }
})

it.effect.each([3_600_000, -3_600_000])(
  "a write waits for as long as it may although the clock is set by %i ms meanwhile",
  (by) =>
    Effect.gen(function* () {
      const { clock, set } = yield* settable
      const { path, write } = yield* Effect.provideService(setUp, Clock.Clock, clock)
      const other = yield* Effect.acquireRelease(
        Effect.sync(() => new Sqlite(path)),
        (opened) => Effect.sync(() => opened.close())
      )
      other.exec("BEGIN IMMEDIATE")
      const waiting = yield* Effect.forkChild(Effect.flip(write(1)), { startImmediately: true })
      yield* TestClock.adjust(500)
      set(by)
      yield* TestClock.adjust(400)
      expect(waiting.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(200)
      expect((yield* Fiber.join(waiting)).reason._tag).toBe("Unavailable")
      other.exec("COMMIT")
    })
)

it.effect("closing commits what waits and refuses what comes after", () =>
  Effect.gen(function* () {
    const { database, write, writer } = yield* setUp
    const waiting = yield* Effect.forkChild(write(1), { startImmediately: true })
    writer.close()
    expect(yield* Fiber.join(waiting)).toBe(1)
    expect((yield* Effect.flip(write(2))).message).toContain("closed")
    expect(written(database)).toEqual([1])
  })
)
