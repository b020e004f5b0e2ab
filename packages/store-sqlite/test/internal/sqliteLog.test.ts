import { expect, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { openConnection } from "../openConnection.ts"
import { append, events, run } from "../requests.ts"
import { temporaryFile } from "../TemporaryFolder.ts"

it.effect("a log is read after any number, however many runs were created before it", () =>
  Effect.gen(function* () {
    const { database, driver } = yield* openConnection(yield* temporaryFile)
    yield* driver.create(run("first"))
    // The next run gets the next key, as if there had been a thousand million of them.
    database.prepare("UPDATE run SET key = ?").run(2 ** 30)
    yield* driver.create(run("r", { events: events(0, 20) }))
    yield* driver.append(append("r", 20, { events: events(20, 20) }))
    for (let after = 0; after <= 40; after++) {
      expect(yield* driver.read("r", after, 3), `after ${after}`).toEqual(
        events(after, Math.min(3, 40 - after))
      )
    }
    expect(yield* driver.read("first", 0, 3)).toEqual([])
  })
)

it.effect("a log that another process deletes and replaces while it is read is read as it was", () =>
  Effect.gen(function* () {
    const path = yield* temporaryFile
    const { driver, statements } = yield* openConnection(path)
    yield* driver.create(run("r", { events: events(0, 20) }))
    const other = yield* Effect.acquireRelease(
      Effect.sync(() => new Sqlite(path)),
      (opened) => Effect.sync(() => opened.close())
    )
    // Between the look for the run and that for its events, another process prunes it, and creates one that gets its key.
    let isDeleted = false
    statements.push = (text) => {
      if (isDeleted || !text.includes("FROM event")) return 0
      isDeleted = true
      other.exec("DELETE FROM event WHERE position & 4294967295 > 10")
      other.exec("UPDATE run SET id = 'other', sequence = 10; UPDATE event SET event = 'other'")
      return 0
    }
    expect(yield* driver.read("r", 0, 100)).toEqual(events(0, 20))
    expect(isDeleted).toBe(true)
    expect((yield* Effect.flip(driver.read("r", 0, 100))).reason._tag).toBe("RunNotFound")
    expect(yield* driver.read("other", 0, 100)).toHaveLength(10)
  })
)
