import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { SqliteFile, SqliteStore } from "../src/index.ts"
import { version } from "../src/internal/sqliteSchema.ts"
import { temporaryFile } from "./TemporaryFolder.ts"

const golden = path.join(import.meta.dirname, "fixtures/v1.db")

/** Runs statements on a file. */
const execute = (file: string, statements: string): void => {
  const database = new Sqlite(file)
  database.exec(statements)
  database.close()
}

describe("SqliteFile", () => {
  it.effect.each<[string, (file: string) => void, SqliteFile.SqliteFile]>([
    [
      "an outdated store",
      (file) => copyFileSync(golden, file),
      { state: "outdated", version: 1, currentVersion: version }
    ],
    [
      "the database of another program",
      (file) => execute(file, "CREATE TABLE t (a); PRAGMA user_version = 7"),
      { state: "foreign", version: 0, currentVersion: version }
    ],
    [
      "an empty file",
      (file) => writeFileSync(file, ""),
      { state: "empty", version: 0, currentVersion: version }
    ],
    [
      "a store of a later release",
      (file) => {
        copyFileSync(golden, file)
        execute(file, `PRAGMA user_version = ${version + 1}`)
      },
      { state: "newer", version: version + 1, currentVersion: version }
    ]
  ])("tells what %s is, and changes nothing", ([, make, expected]) =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      make(file)
      const before = readFileSync(file)
      expect(yield* SqliteFile.inspect(file)).toEqual(expected)
      expect(readFileSync(file).equals(before)).toBe(true)
    })
  )

  it.effect("tells what a store is while it is open", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      yield* SqliteStore.make(file)
      expect(yield* SqliteFile.inspect(file)).toEqual({
        state: "current",
        version,
        currentVersion: version
      })
    })
  )

  it.effect("refuses what is no database, and what is not there", () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      expect((yield* Effect.flip(SqliteFile.inspect(file))).reason._tag).toBe("Unavailable")
      writeFileSync(file, "this is text, and long enough to be no database at all".repeat(20))
      expect((yield* Effect.flip(SqliteFile.inspect(file))).reason._tag).toBe("Corrupt")
    })
  )
})
