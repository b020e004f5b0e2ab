/**
 * Goal: whatever happened to the files of a store, what is read from it is whole or refused, and nothing gets worse. Method:
 * good files are cut off and overwritten in many places, and a store is opened on what is left.
 */
import { describe, expect, it } from "@effect/vitest"
import { type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import path from "node:path"
import { SqliteStore } from "../src/index.ts"
import { append, claim, events, run } from "./requests.ts"
import { temporaryFolder } from "./TemporaryFolder.ts"

const using = <A>(file: string, use: (store: StoreDriverShape) => Effect.Effect<A, StoreError>) =>
  Effect.scoped(Effect.flatMap(SqliteStore.make(file), use))

/** Events that each append of these tests has, so that half an append would show. */
const groupSize = 4

const groups = 30

/** The files of a store as they are while it is open, with all of its appends still in the file beside it. */
const openFiles = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const file = path.join(folder, "runs.db")
  const whole = path.join(folder, "whole.db")
  const store = yield* SqliteStore.make(file)
  yield* store.create(run("r"))
  for (let group = 0; group < groups; group++) {
    const after = group * groupSize
    yield* store.append(append("r", after, { events: events(after, groupSize, 150) }))
  }
  for (const end of ["", "-wal"]) copyFileSync(`${file}${end}`, `${whole}${end}`)
  return { folder, file: readFileSync(whole), log: readFileSync(`${whole}-wal`) }
})

const place = (folder: string, name: string, content: Uint8Array, log?: Uint8Array): string => {
  mkdirSync(path.join(folder, name))
  const file = path.join(folder, name, "runs.db")
  writeFileSync(file, content)
  if (log !== undefined) writeFileSync(`${file}-wal`, log)
  return file
}

/** How many events are left; each append is there wholly or not at all, and the next one can be made. */
const eventsLeft = (file: string) =>
  using(file, (store) =>
    Effect.gen(function* () {
      const row = yield* store.get("r")
      if (row === undefined) return undefined
      const log = yield* store.read("r", 0, Infinity)
      expect(log).toEqual(events(0, row.sequence, 150))
      expect(row.sequence % groupSize).toBe(0)
      yield* store.append(append("r", row.sequence, { events: events(row.sequence, 1, 150) }))
      return row.sequence
    })
  )

describe("the log beside the file", () => {
  it.effect("leaves every append that was whole, and no part of another, wherever it was cut off", () =>
    Effect.gen(function* () {
      const { file, folder, log } = yield* openFiles
      const lengths = Array.from({ length: 60 }, (_, step) => Math.round((log.length * step) / 59))
      const left: Array<number> = []
      for (const length of lengths) {
        const cut = place(folder, `cut-${length}`, file, log.subarray(0, length))
        left.push((yield* eventsLeft(cut)) ?? -1)
      }
      expect(left).toEqual(left.toSorted((a, b) => a - b))
      expect(left.at(-1)).toBe(groups * groupSize)
      expect(new Set(left).size).toBeGreaterThan(10)
    })
  )

  it.effect("leaves every append before a place that was overwritten", () =>
    Effect.gen(function* () {
      const { file, folder, log } = yield* openFiles
      const left: Array<number> = []
      for (let step = 1; step < 40; step++) {
        const spoiled = Buffer.from(log)
        spoiled.fill(0xff, Math.round((log.length * step) / 40), Math.round((log.length * step) / 40) + 64)
        left.push((yield* eventsLeft(place(folder, `spoiled-${step}`, file, spoiled))) ?? -1)
      }
      expect(left).toEqual(left.toSorted((a, b) => a - b))
      expect(new Set(left).size).toBeGreaterThan(10)
    })
  )
})

/** How many places are damaged, one after the other, and how many bytes of each. */
const places = 90
const lengths = [1, 16, 500, 5000]

/** What may be asked of a store that is damaged. */
const questions: ReadonlyArray<(store: StoreDriverShape) => Effect.Effect<unknown, StoreError>> = [
  (store) => store.list({ limit: 10 }),
  (store) => store.get("r7"),
  (store) => store.read("r7", 0, Infinity),
  (store) => store.readMail("r7", 10),
  (store) => store.claim(claim("r7", 900_000)),
  (store) => store.append(append("r7", 40, { epoch: 2 })),
  (store) => store.create(run("new"))
]

const isTyped = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isSuccess(exit) ||
  exit.cause.reasons.every((reason) => reason._tag === "Fail" && reason.error instanceof StoreError)

describe("a file with damage in any place", () => {
  it.live("is answered, or refused by a typed error, and never breaks the process", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const sound = path.join(folder, "sound.db")
      yield* using(sound, (store) =>
        Effect.forEach(
          Array.from({ length: 20 }, (_, number) => `r${number}`),
          (id) => store.create(run(id, { events: events(0, 40, 200), leaseMillis: 1 }))
        )
      )
      const bytes = readFileSync(sound)
      const tags = new Set<string>()
      for (let number = 0; number < places; number++) {
        const from = Math.floor((bytes.length * number) / places)
        const length = lengths[number % lengths.length] ?? 1
        const spoiled = Buffer.from(bytes)
        spoiled.fill(number % 2 === 0 ? 0xff : 0, from, from + length)
        const file = place(folder, String(number), number % 5 === 0 ? bytes.subarray(0, from) : spoiled)
        const ask = (store: StoreDriverShape) =>
          Effect.forEach(questions, (question) => Effect.exit(question(store)))
        const opened = yield* Effect.exit(using(file, ask))
        const exits = Exit.isSuccess(opened) ? opened.value : [opened]
        for (const exit of exits) {
          expect(isTyped(exit), Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "").toBe(true)
          const error = Exit.isFailure(exit)
            ? exit.cause.reasons.find((one) => one._tag === "Fail")?.error
            : undefined
          if (error instanceof StoreError) tags.add(error.reason._tag)
        }
      }
      expect(tags.has("Corrupt")).toBe(true)
    })
  )
})

describe("a damaged file", () => {
  it.effect("is not changed by whoever only reads it", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = path.join(folder, "runs.db")
      yield* using(file, (store) => store.create(run("r", { events: events(0, 500, 200) })))
      const damaged = readFileSync(file).fill(0xff, 20_000)
      writeFileSync(file, damaged)
      const error = yield* Effect.flip(using(file, (store) => store.read("r", 0, Infinity)))
      expect(error.reason._tag).toBe("Corrupt")
      expect(error.message).toContain("put a backup in its place")
      expect(readFileSync(file).equals(damaged)).toBe(true)
    })
  )
})
