import { describe, expect, it } from "@effect/vitest"
import { GoldenRuns } from "@dagflow/store-testkit"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { copyFileSync } from "node:fs"
import path from "node:path"
import { SqliteStore } from "../src/index.ts"
import { stateOf, version, versionOf } from "../src/internal/sqliteSchema.ts"
import { temporaryFile } from "./TemporaryFolder.ts"

const versions = Array.from({ length: version }, (_, index) => index + 1)

const schemaOf = (file: string) => {
  const database = new Sqlite(file)
  try {
    const statements = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all()
    return { version: versionOf(database), state: stateOf(database), statements }
  } finally {
    database.close()
  }
}

/** A copy, since a golden database is never written to. */
const copyOf = (golden: number) =>
  Effect.map(temporaryFile, (file) => {
    copyFileSync(path.join(import.meta.dirname, "fixtures", `v${golden}.db`), file)
    return file
  })

describe.each(versions)("a file of schema version %i", (golden) => {
  it.effect("becomes one of this version, with the tables of a new file", () =>
    Effect.gen(function* () {
      const [old, fresh] = [yield* copyOf(golden), yield* temporaryFile]
      expect(schemaOf(old).version).toBe(golden)
      for (const file of [old, fresh]) yield* Effect.scoped(SqliteStore.make(file))
      expect(schemaOf(old)).toEqual(schemaOf(fresh))
      expect(schemaOf(old)).toMatchObject({ version, state: "current" })
    })
  )

  it.effect("keeps everything that it held, and goes on", () =>
    Effect.gen(function* () {
      const old = yield* SqliteStore.make(yield* copyOf(golden))
      const leases = (yield* old.list({ limit: 10 })).runs.map(({ leaseMillis }) => leaseMillis)
      // The parked run of the third version has none.
      expect(leases).toEqual(golden === 1 ? [10_000, 10_000] : [5_000, 600_000, 0].slice(0, golden))
      expect(yield* old.getArtifact("hash")).toBe("content")
      // The first version kept nothing for later runs, and artifacts without the runs that refer to them.
      const parking = golden >= 3
      const kept = golden === 1 ? { artifacts: false, cache: false } : {}
      const then = { ...old.abilities, ...kept, parking }
      yield* GoldenRuns.check(old, then)
    })
  )
})

it.effect("artifacts of the first version go with the last run whose events refer to them", () =>
  Effect.gen(function* () {
    const file = yield* copyOf(1)
    const old = new Sqlite(file)
    const stub = (hash: string) => JSON.stringify({ outputs: { a: { $artifact: hash, bytes: 9 } } })
    const [completed, failed] = [
      { id: "first", hash: "own" },
      { id: "second", hash: "both" }
    ]
    for (const [index, { hash, id }] of [completed, { ...completed, hash: "both" }, failed].entries()) {
      old
        .prepare("INSERT INTO event SELECT (key << 32) + 900 + ?, 0, 1, NULL, ? FROM run WHERE id = ?")
        .run(index, stub(hash), id)
    }
    for (const hash of ["own", "both"]) old.prepare("INSERT INTO artifact VALUES (?, 'content')").run(hash)
    old.close()
    const store = yield* SqliteStore.make(file)
    const request = { endedBeforeMillis: 1e15, nowMillis: 0, limit: 10, isDryRun: false }
    expect(yield* store.prune(request)).toMatchObject({ runIds: ["first"], artifactCount: 1 })
    expect(yield* store.getArtifact("own")).toBeUndefined()
    expect(yield* store.getArtifact("both")).toBe("content")
  })
)

it.effect("a new file holds the golden runs too, which is what golden files are compared with", () =>
  Effect.gen(function* () {
    const store = yield* SqliteStore.make(yield* temporaryFile)
    yield* GoldenRuns.write(store)
    yield* GoldenRuns.check(store)
  })
)
