import { expect, it } from "@effect/vitest"
import type { StoreDriverShape } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { type ChildProcess, startProgram } from "./ChildProcess.ts"
import { append, claim, events, run } from "./requests.ts"
import { testSchema } from "./TestSchema.ts"

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

/** Goal: checklist rows 141 and 142. Three processes write as fast as they can, to runs of their own and to one. */
it.live(
  "processes write to one database without an error, and a contended log has no gap",
  () =>
    Effect.gen(function* () {
      const { open, schema, url } = yield* testSchema
      const store = yield* open()
      yield* store.create(run("everybody's"))
      const names = ["a", "b", "c"]
      const rounds = 100
      const processes = yield* Effect.forEach(names, (name) =>
        startProgram("contend.ts", [url, schema, name, String(rounds)])
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
      const { open, schema, url } = yield* testSchema
      const store = yield* open()
      const ids = Array.from({ length: 200 }, (_, index) => `r${index}`)
      yield* Effect.forEach(ids, (id) => store.create(run(id, { leaseMillis: 1 })), {
        concurrency: "unbounded"
      })
      const processes = yield* Effect.forEach([1, 2, 3], () => startProgram("claimAll.ts", [url, schema]))
      const claimed = (yield* race(processes)) as ReadonlyArray<ReadonlyArray<string>>
      expect(claimed.flat().toSorted()).toEqual(ids.toSorted())
      for (const id of ids) expect((yield* store.get(id))?.epoch).toBe(2)
    }),
  120_000
)

it.live(
  "processes that start together on an empty database make the tables once",
  () =>
    Effect.gen(function* () {
      const { open, schema, url } = yield* testSchema
      const names = ["a", "b", "c", "d"]
      const processes = yield* Effect.forEach(names, (name) => startProgram("open.ts", [url, schema, name]))
      expect(yield* race(processes)).toEqual(names.map(() => "written"))
      const store = yield* open()
      expect((yield* store.list({ limit: 10 })).runs.map(({ runId }) => runId)).toEqual(names)
    }),
  120_000
)

/** Goal: promises 1 and 5. */
it.live(
  "a run of a process that was killed waits for its lease, and has all that was recorded",
  () =>
    Effect.gen(function* () {
      const { open, schema, url } = yield* testSchema
      const store = yield* open()
      const owner = yield* startProgram("own.ts", [url, schema])
      const recorded = yield* until(owner, 20)
      yield* owner.kill
      expect((yield* store.claim(claim("r")))._tag).toBe("Owned")
      expect(yield* store.claim(claim("r", 10_000_000))).toMatchObject({ _tag: "Claimed", epoch: 2 })
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
      const { open, schema, url } = yield* testSchema
      const store = yield* open()
      const owner = yield* startProgram("own.ts", [url, schema])
      yield* until(owner, 1)
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
      const { open, schema, url } = yield* testSchema
      const store = yield* open()
      const owner = yield* startProgram("own.ts", [url, schema])
      yield* until(owner, 5)
      owner.child.kill("SIGSTOP")
      // A statement is one transaction, which the server ends without the process that sent it.
      expect(yield* store.claim(claim("r", 10_000_000))).toMatchObject({ _tag: "Claimed", epoch: 2 })
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
  "what another process writes is told and can be read",
  () =>
    Effect.gen(function* () {
      const { open, schema, url } = yield* testSchema
      const store = yield* open()
      const told = yield* Effect.forkChild(
        Stream.runHead(Stream.filter(store.changes, (runId) => runId === "theirs")),
        { startImmediately: true }
      )
      const other = yield* startProgram("open.ts", [url, schema, "theirs"])
      expect(yield* race([other])).toEqual(["written"])
      expect((yield* Fiber.join(told)).valueOrUndefined).toBe("theirs")
      expect(yield* store.read("theirs", 0, 10)).toEqual(events(0, 0))
    }),
  120_000
)
