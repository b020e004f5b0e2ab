import { expect, it } from "@effect/vitest"
import type { StoreDriverShape } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { SqliteStore } from "../src/index.ts"
import { type ChildProcess, startProgram } from "./ChildProcess.ts"
import { append, claim, events, run } from "./requests.ts"
import { temporaryFile } from "./TemporaryFolder.ts"

const open = (filename: string) =>
  SqliteStore.make({ filename, busyTimeout: "30 seconds", pollInterval: "20 millis" })

/** Lets processes begin together, and answers what each of them says at its end. */
const race = (processes: ReadonlyArray<ChildProcess>) =>
  Effect.gen(function* () {
    yield* Effect.forEach(processes, ({ next }) => next)
    yield* Effect.forEach(processes, ({ go }) => go)
    return yield* Effect.forEach(processes, ({ next }) => next, { concurrency: "unbounded" })
  })

const sequencesOf = (store: StoreDriverShape, runId: string) =>
  Effect.map(store.read(runId, 0, Infinity), (log) => log.map(({ sequence }) => sequence))

const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1)

/** Waits until a process has said a number of at least this. */
const until = (child: ChildProcess, least: number): Effect.Effect<number> =>
  Effect.flatMap(child.next, (said) =>
    Number(said) >= least ? Effect.succeed(Number(said)) : until(child, least)
  )

/** Goal: checklist rows 141, 142 and 145. Three processes write as fast as they can, to runs of their own and to one. */
it.live(
  "processes write to one file without a lock error, and a contended log has no gap",
  () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const store = yield* open(file)
      yield* store.create(run("everybody's"))
      const names = ["a", "b", "c"]
      const rounds = 150
      const processes = yield* Effect.forEach(names, (name) =>
        startProgram("contend.ts", [file, name, String(rounds)])
      )
      const won = (yield* race(processes)).map(Number)
      const total = won.reduce((sum, one) => sum + one, 0)
      expect(total).toBeGreaterThanOrEqual(rounds)
      expect(yield* sequencesOf(store, "everybody's")).toEqual(upTo(total))
      for (const name of names) {
        for (const number of [0, 1, 2]) {
          expect(yield* sequencesOf(store, `${name} ${number}`)).toEqual(upTo(rounds))
        }
      }
    }),
  120_000
)

it.live(
  "of processes that claim at the same time, exactly one gets each run",
  () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const store = yield* open(file)
      const ids = Array.from({ length: 200 }, (_, index) => `r${index}`)
      yield* Effect.forEach(ids, (id) => store.create(run(id, { leaseMillis: 1 })), {
        concurrency: "unbounded"
      })
      const processes = yield* Effect.forEach([1, 2, 3], () => startProgram("claimAll.ts", [file]))
      const claimed = (yield* race(processes)) as ReadonlyArray<ReadonlyArray<string>>
      expect(claimed.flat().toSorted()).toEqual(ids.toSorted())
      for (const id of ids) expect((yield* store.get(id))?.epoch).toBe(2)
    }),
  120_000
)

it.live(
  "processes that start together on a new file make its tables once",
  () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const names = ["a", "b", "c", "d"]
      const processes = yield* Effect.forEach(names, (name) => startProgram("open.ts", [file, name]))
      expect(yield* race(processes)).toEqual(names.map(() => "written"))
      const store = yield* open(file)
      expect((yield* store.list({ limit: 10 })).runs.map(({ runId }) => runId)).toEqual(names)
    }),
  120_000
)

/** Goal: promises 1 and 5. The lease has ten minutes to go, and yet nobody waits for it. */
it.live(
  "a run of a process that was killed is taken at once, with all that was recorded",
  () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const owner = yield* startProgram("own.ts", [file])
      const recorded = yield* until(owner, 20)
      const store = yield* open(file)
      expect((yield* store.claim(claim("r")))._tag).toBe("Owned")
      yield* owner.kill
      const claimed = yield* store.claim(claim("r"))
      expect(claimed).toMatchObject({ _tag: "Claimed", epoch: 2 })
      const log = yield* sequencesOf(store, "r")
      expect(log.length).toBeGreaterThanOrEqual(recorded)
      expect(log).toEqual(upTo(log.length))
      yield* store.append(append("r", log.length, { epoch: 2 }))
    }),
  120_000
)

it.live(
  "a run that a process releases is told to others and taken at once",
  () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const owner = yield* startProgram("own.ts", [file])
      yield* until(owner, 1)
      const store = yield* open(file)
      expect((yield* store.claim(claim("r")))._tag).toBe("Owned")
      const isFree = Effect.map(store.get("r"), (row) => row?.owner === undefined)
      const told = yield* Effect.forkChild(Stream.runHead(Stream.filterEffect(store.changes, () => isFree)), {
        startImmediately: true
      })
      yield* owner.go
      yield* Fiber.join(told)
      expect((yield* store.claim(claim("r")))._tag).toBe("Claimed")
    }),
  120_000
)

/** Goal: promise 6. A process that stands still is not dead; when it wakes up, it may not write any more. */
it.live(
  "a process that slept through its lease may not write any more",
  () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const owner = yield* startProgram("own.ts", [file])
      yield* until(owner, 5)
      const store = yield* open(file)
      owner.child.kill("SIGSTOP")
      // Whoever was stopped inside of a transaction holds the lock for as long as it sleeps, so it is stopped again.
      const taken = store.claim(claim("r", 10_000_000)).pipe(
        Effect.timeoutOrElse({
          duration: "500 millis",
          orElse: () =>
            Effect.sync(() => {
              owner.child.kill("SIGCONT")
              owner.child.kill("SIGSTOP")
            }).pipe(Effect.andThen(Effect.fail("locked" as const)))
        }),
        Effect.retry({ while: (error) => error === "locked", times: 100 })
      )
      expect(yield* taken).toMatchObject({ _tag: "Claimed", epoch: 2 })
      const end = (yield* store.get("r"))?.sequence ?? 0
      owner.child.kill("SIGCONT")
      let last: unknown
      do last = yield* owner.next
      while (typeof last === "number")
      expect(last).toBe("OwnershipLost")
      expect(yield* sequencesOf(store, "r")).toEqual(upTo(end))
    }),
  120_000
)

it.live(
  "what another process writes is told within the poll interval",
  () =>
    Effect.gen(function* () {
      const file = yield* temporaryFile
      const store = yield* open(file)
      const told = yield* Effect.forkChild(
        Stream.runHead(Stream.filter(store.changes, (runId) => runId === "theirs")),
        {
          startImmediately: true
        }
      )
      const other = yield* startProgram("open.ts", [file, "theirs"])
      expect(yield* race([other])).toEqual(["written"])
      expect((yield* Fiber.join(told)).valueOrUndefined).toBe("theirs")
      expect(yield* store.read("theirs", 0, 10)).toEqual(events(0, 0))
    }),
  120_000
)
