/*
 * Goal: processes share each store that says so, and stand in each other's way no more than they must. Method: processes of the
 * kit, each with a handle of its own, do the same at the same moment; another handle looks at what came of it. (The cases of the
 * kit kill them; `tests/crash` freezes them.)
 */
import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import { StoreCheck, type StoreCase, StoreUnderTest } from "@dagflow/store-testkit"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { storeAdapters } from "./storeAdapters.ts"

const run = (runId: string, leaseMillis = 600_000) => ({
  runId,
  flow: "flow",
  tags: [],
  owner: "a",
  nowMillis: 1_000,
  leaseMillis,
  status: "running" as const,
  events: []
})

const append = (runId: string, afterSequence: number) => ({
  runId,
  epoch: 1,
  afterSequence,
  nowMillis: 1_100,
  status: "running" as const,
  events: [
    {
      sequence: afterSequence + 1,
      atMillis: 1_100,
      epoch: 1,
      cause: undefined,
      event: `{"_tag":"NodeStarted","nodeId":"n${afterSequence}"}`
    }
  ],
  consumed: []
})

const claim = (runId: string, nowMillis: number) => ({
  runId,
  owner: "b",
  nowMillis,
  leaseMillis: 600_000,
  force: false
})

const upTo = (length: number) => Array.from({ length }, (_, index) => index + 1)

const all = { concurrency: "unbounded" } as const

const isShared = async (adapter: StoreUnderTest.StoreUnderTest): Promise<boolean> =>
  (await Effect.runPromise(StoreCheck.abilitiesOf(adapter))).sharedProcesses

const shared: Array<StoreUnderTest.StoreUnderTest> = []
for (const adapter of storeAdapters) if (await isShared(adapter)) shared.push(adapter)

const onWorld = <A>(
  adapter: StoreUnderTest.StoreUnderTest,
  use: (world: StoreCase.StoreWorld) => Effect.Effect<A, unknown, Scope.Scope>
): Promise<A> => Effect.runPromise(Effect.scoped(Effect.flatMap(StoreUnderTest.world(adapter), use)))

/** Writes to runs of its own and to everybody's, and answers how often it won that one. */
const contend = (store: StoreDriverShape, own: ReadonlyArray<string>, rounds: number) =>
  Effect.gen(function* () {
    yield* Effect.forEach(own, (id) => store.create(run(id)), all)
    let won = 0
    const lost = (error: StoreError) =>
      error.reason._tag === "SequenceConflict" ? Effect.void : Effect.fail(error)
    for (let round = 0; round < rounds; round++) {
      const end = (yield* store.get("everybody's"))?.sequence ?? 0
      const compete = store
        .append(append("everybody's", end))
        .pipe(Effect.andThen(Effect.sync(() => void won++)), Effect.catch(lost))
      yield* Effect.all([compete, ...own.map((id) => store.append(append(id, round)))], all)
    }
    return won
  })

describe.each(shared)("processes on $name", (adapter) => {
  it(
    "write to one store without an error of a lock, and a contended log has no gap",
    { timeout: 120_000 },
    () =>
      onWorld(adapter, ({ elsewhere, open }) =>
        Effect.gen(function* () {
          const store = yield* open
          yield* store.create(run("everybody's"))
          const rounds = 60
          const processes = yield* Effect.all([elsewhere, elsewhere, elsewhere], all)
          const names = (process: number) => [0, 1, 2].map((number) => `${process} ${number}`)
          const won = yield* Effect.forEach(
            processes,
            (process, index) => contend(process.store, names(index), rounds),
            all
          )
          const total = won.reduce((sum, one) => sum + one, 0)
          expect(total).toBeGreaterThanOrEqual(rounds)
          const sequencesOf = (runId: string) =>
            Effect.map(store.read(runId, 0, Infinity), (log) => log.map(({ sequence }) => sequence))
          expect(yield* sequencesOf("everybody's")).toEqual(upTo(total))
          for (const id of processes.flatMap((_, index) => names(index))) {
            expect(yield* sequencesOf(id)).toEqual(upTo(rounds))
          }
        })
      )
  )

  it("that claim at the same time get each run once", { timeout: 120_000 }, () =>
    onWorld(adapter, ({ elsewhere, open }) =>
      Effect.gen(function* () {
        const store = yield* open
        const ids = Array.from({ length: 100 }, (_, index) => `r${index}`)
        yield* Effect.forEach(ids, (id) => store.create(run(id, 1)), all)
        const processes = yield* Effect.all([elsewhere, elsewhere, elsewhere], all)
        const claimed = yield* Effect.forEach(
          processes,
          (process) =>
            Effect.filter(ids, (id) =>
              Effect.map(process.store.claim(claim(id, 900_000)), ({ _tag }) => _tag === "Claimed")
            ),
          all
        )
        expect(claimed.flat().toSorted()).toEqual(ids.toSorted())
        for (const id of ids) expect((yield* store.get(id))?.epoch).toBe(2)
      })
    )
  )

  it("that start together on an empty place make the store once", { timeout: 120_000 }, () =>
    onWorld(adapter, ({ elsewhere, open }) =>
      Effect.gen(function* () {
        const names = ["a", "b", "c", "d"]
        const write = (name: string) => Effect.flatMap(elsewhere, ({ store }) => store.create(run(name)))
        yield* Effect.forEach(names, write, all)
        const { runs } = yield* (yield* open).list({ limit: 10 })
        expect(runs.map(({ runId }) => runId)).toEqual(names)
      })
    )
  )

  it("that release a run tell others, and it is taken at once", { timeout: 120_000 }, () =>
    onWorld(adapter, ({ elsewhere, open }) =>
      Effect.gen(function* () {
        const here = yield* open
        const { store: there } = yield* elsewhere
        yield* there.create(run("r"))
        expect((yield* here.claim(claim("r", 1_001)))._tag).toBe("Owned")
        const isFree = Effect.map(here.get("r"), (row) => row?.owner === undefined)
        const told = yield* Effect.forkChild(
          Stream.runHead(Stream.filterEffect(here.changes, () => isFree)),
          { startImmediately: true }
        )
        yield* there.release("r", 1)
        yield* Fiber.join(told)
        expect(yield* here.claim(claim("r", 1_001))).toMatchObject({ _tag: "Claimed", epoch: 2 })
      })
    )
  )
})

it("more than one store of this repository is shared by processes", () => {
  expect(shared.length).toBeGreaterThan(1)
})
