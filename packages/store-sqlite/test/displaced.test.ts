/*
 * Goal: a file that is deleted, moved or replaced while it is open is noticed, since what is written to it afterwards would be
 * gone with the process.
 */
import { expect, it } from "@effect/vitest"
import { type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs"
import { SqliteStore } from "../src/index.ts"
import { append, claim, events, run } from "./requests.ts"
import { temporaryFile } from "./TemporaryFolder.ts"

/** Everything that writes. */
const writes = (store: StoreDriverShape): ReadonlyArray<Effect.Effect<unknown, StoreError>> => [
  store.append(append("r", 1)),
  store.create(run("s")),
  store.claim({ ...claim("r"), force: true }),
  store.renew({ runs: [{ runId: "r", epoch: 1 }], nowMillis: 2_000, leaseMillis: 1_000 }),
  store.release("r", 1),
  store.park({ runId: "r", epoch: 1, wakeAtMillis: 5_000 }),
  store.putMail("r", { id: "m", atMillis: 1_000, command: "{}" }),
  store.putArtifact("r", "hash", "content"),
  store.putCached({ key: "k", content: "{}", atMillis: 1, expiresAtMillis: undefined }),
  store.prune({ endedBeforeMillis: 0, nowMillis: 0, limit: 1, isDryRun: false })
]

/** Waits until a store notices that its file is gone, by writes that change nothing. */
const noticed = (store: StoreDriverShape) =>
  Effect.repeat(Effect.result(store.release("r", 0)), { until: (written) => written._tag === "Failure" })

it.live.each([
  ["is deleted", (file: string) => rmSync(file), "it was deleted or moved away"],
  ["is moved away", (file: string) => renameSync(file, `${file}.old`), "it was deleted or moved away"],
  [
    "is replaced by a copy of itself",
    (file: string) => {
      copyFileSync(file, `${file}.copy`)
      renameSync(`${file}.copy`, file)
    },
    "another file has taken its place"
  ]
] as const)(
  "a file that %s while it is open takes no more writes, and says what to do",
  ([, displace, what]) =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const store = yield* SqliteStore.make(file)
      yield* store.create(run("r"))
      yield* store.append(append("r", 0))
      displace(file)
      yield* noticed(store)
      const before = existsSync(file) ? readFileSync(file) : undefined
      for (const write of writes(store)) {
        const error = yield* Effect.flip(write)
        expect(error).toBeInstanceOf(StoreError)
        expect(error.reason._tag).toBe("Corrupt")
        expect(error.message).toContain(`${file}: ${what}`)
        expect(error.message).toContain("put the file back")
        expect(error.isRetryable).toBe(false)
      }
      expect(existsSync(file) ? readFileSync(file) : undefined).toEqual(before)
      // What was written before can still be read, which is the chance to save it.
      expect(yield* store.read("r", 0, 10)).toEqual(events(0, 1))
    })
)

it.effect("a file that is put back at its place takes writes again", () =>
  Effect.gen(function* () {
    const file = yield* temporaryFile
    const store = yield* SqliteStore.make(file)
    yield* store.create(run("r"))
    renameSync(file, `${file}.old`)
    yield* noticed(store)
    yield* Effect.flip(store.append(append("r", 0)))
    renameSync(`${file}.old`, file)
    yield* store.append(append("r", 0))
    expect(yield* store.read("r", 0, 10)).toEqual(events(0, 1))
  })
)
