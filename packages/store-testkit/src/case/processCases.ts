import { type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { append, claim, events, mail, run } from "./requests.ts"
import { hears } from "./hears.ts"
import { fail, refused, same, type StoreCase } from "../StoreCase.ts"

const numbersOf = (log: ReadonlyArray<{ readonly sequence: number }>) => log.map(({ sequence }) => sequence)

/** Lets both ask for the same at once, and answers what each of them got. */
const race = <A, E>(
  stores: readonly [StoreDriverShape, StoreDriverShape],
  ids: ReadonlyArray<string>,
  ask: (store: StoreDriverShape, id: string, index: number) => Effect.Effect<A, E>
) =>
  Effect.forEach(
    stores,
    (store, index) =>
      Effect.forEach(ids, (id) => Effect.exit(ask(store, id, index)), { concurrency: "unbounded" }),
    { concurrency: "unbounded" }
  )

/** What holds between processes: a lock in the memory of one of them is none. */
export const processCases: ReadonlyArray<StoreCase> = [
  {
    name: "another process sees what is written, and is refused where it is stale",
    goal: "a server and a command line would work on two different stores",
    needs: ["sharedProcesses"],
    run: Effect.fnUntraced(function* ({ elsewhere, open }) {
      const here = yield* open
      const { store: there } = yield* elsewhere
      yield* here.create(run("r", { tags: ["x"] }))
      yield* same("the log there", yield* there.read("r", 0, 10), events(0, 2))
      yield* there.putMail("r", mail("m"))
      yield* same("the mail here", yield* here.readMail("r", 9), [mail("m")])
      yield* same("a claim too early", (yield* there.claim(claim("r", 1_999)))._tag, "Owned")
      const taken = { _tag: "Claimed", epoch: 2, sequence: 2 }
      yield* same("a claim", yield* there.claim(claim("r", 2_000)), taken)
      yield* refused(here.append(append("r", 2)), { _tag: "OwnershipLost", epoch: 1, actual: 2 })
      yield* there.append(append("r", 2, { epoch: 2, consumed: ["m"], status: "paused" }))
      const row = yield* here.get("r")
      yield* same("the row here", [row?.sequence, row?.owner, row?.status], [3, "b", "paused"])
      yield* same("the list there", (yield* there.list({ limit: 9, tags: ["x"] })).runs.length, 1)
      yield* same("the mail", yield* here.readMail("r", 9), [])
    })
  },
  {
    name: "of two processes that claim, append or create at once, exactly one wins",
    goal: "a run would have two owners, or two logs in one",
    needs: ["sharedProcesses"],
    run: Effect.fnUntraced(function* ({ elsewhere, open }) {
      const here = yield* open
      const { store: there } = yield* elsewhere
      const stores = [here, there] as const
      const ids = Array.from({ length: 30 }, (_, index) => `r${index}`)
      const winners = (answers: ReadonlyArray<ReadonlyArray<boolean>>) =>
        ids.map((_, index) => answers.filter((mine) => mine[index]).length)
      const one = ids.map(() => 1)
      const created = yield* race(stores, ids, (store, id, index) =>
        store.create(run(id, { owner: `owner ${index}` }))
      )
      const wins = created.map((mine) => mine.map(({ _tag }) => _tag === "Success"))
      yield* same("who created each run", winners(wins), one)
      const claimed = yield* race(stores, ids, (store, id) => store.claim(claim(id, 2_000)))
      const taken = claimed.map((mine) =>
        mine.map((exit) => exit._tag === "Success" && exit.value._tag === "Claimed")
      )
      yield* same("who took each run", winners(taken), one)
      const appended = yield* race(stores, ids, (store, id, index) =>
        store.append(append(id, 2, { epoch: 2, events: events(2, 3, { event: `of ${index}` }) }))
      )
      const written = appended.map((mine) => mine.map(({ _tag }) => _tag === "Success"))
      yield* same("who wrote to each run", winners(written), one)
      for (const id of ids) {
        const log = yield* here.read(id, 0, 100)
        yield* same(`the numbers of ${id}`, numbersOf(log), [1, 2, 3, 4, 5])
        const tail = new Set(log.slice(2).map(({ event }) => event))
        yield* same(`the writers of ${id}`, tail.size, 1)
      }
    })
  },
  {
    name: "what a process was answered is there after it was killed, and what it was not is whole or not there",
    goal: "a recorded result would be done again, or half of a turn would be read as the whole",
    needs: ["sharedProcesses"],
    run: Effect.fnUntraced(function* ({ elsewhere, open }) {
      const { kill, store: there } = yield* elsewhere
      const ids = Array.from({ length: 40 }, (_, index) => `r${index}`)
      for (const id of ids) yield* there.create(run(id))
      yield* there.putMail("r0", mail("m"))
      const answered = new Set<string>()
      const burst = Effect.forEach(
        ids,
        (id) =>
          Effect.tap(there.append(append(id, 2, { events: events(2, 50) })), () =>
            Effect.sync(() => answered.add(id))
          ),
        { concurrency: "unbounded" }
      )
      const writing = yield* Effect.forkChild(burst, { startImmediately: true })
      yield* there.append(append("r0", 2, { events: events(2, 1), consumed: ["m"] })).pipe(Effect.exit)
      yield* kill
      yield* Fiber.interrupt(writing)
      const here = yield* open
      for (const id of ids) {
        const log = yield* here.read(id, 0, 1_000)
        const row = yield* here.get(id)
        yield* same(`the row of ${id}`, row?.sequence, log.length)
        yield* same(
          `the numbers of ${id}`,
          numbersOf(log),
          events(0, log.length).map((one) => one.sequence)
        )
        const isWhole = [2, 52].includes(log.length) || (id === "r0" && log.length === 3)
        if (!isWhole || (answered.has(id) && log.length !== 52)) {
          yield* fail(
            `${id} has ${log.length} events, and its append was ${answered.has(id) ? "" : "not "}answered`
          )
        }
        yield* same(`the claim of ${id}`, (yield* here.claim(claim(id, 2_000)))._tag, "Claimed")
        yield* here.append(append(id, log.length, { epoch: 2 }))
      }
    })
  },
  {
    name: "changes and mail of another process are told",
    goal: "an approval from the command line would wait for ever",
    needs: ["sharedProcesses", "notify"],
    run: Effect.fnUntraced(function* ({ deadline, elsewhere, open }) {
      const here = yield* open
      const { store: there } = yield* elsewhere
      for (const id of ["r", "s"]) yield* here.create(run(id))
      yield* hears(deadline, here.changes, there.append(append("r", 2)), ["r"])
      yield* hears(deadline, here.changes, there.create(run("new")), ["new"])
      yield* hears(deadline, here.arrivals, there.putMail("s", mail("m")), ["s"])
    })
  },
  {
    name: "the run of a process that is dead is taken at once, that of a living one is not",
    goal: "whoever starts a program again after a crash would wait for the lease of the dead one",
    needs: ["sharedProcesses", "deadOwners"],
    run: Effect.fnUntraced(function* ({ elsewhere, open }) {
      const here = yield* open
      const { kill, store: there } = yield* elsewhere
      yield* there.create(run("r", { leaseMillis: 1e9 }))
      yield* same("while it lives", (yield* here.claim(claim("r", 1_001)))._tag, "Owned")
      yield* kill
      const taken = { _tag: "Claimed", epoch: 2, sequence: 2 }
      yield* same("once it is dead", yield* here.claim(claim("r", 1_001)), taken)
    })
  },
  {
    name: "where nothing is known of a dead owner, its lease decides",
    goal: "a run would be taken from an owner that lives on another machine",
    needs: ["sharedProcesses"],
    without: "deadOwners",
    run: Effect.fnUntraced(function* ({ elsewhere, open }) {
      const here = yield* open
      const { kill, store: there } = yield* elsewhere
      yield* there.create(run("r"))
      yield* kill
      yield* same("before its end", (yield* here.claim(claim("r", 1_999)))._tag, "Owned")
      yield* same("at its end", (yield* here.claim(claim("r", 2_000)))._tag, "Claimed")
    })
  },
  {
    name: "a store that processes do not share shows a second process nothing, or keeps it out",
    goal: "two processes would write into each other's data without knowing of each other",
    without: "sharedProcesses",
    run: Effect.fnUntraced(function* ({ elsewhere, open }) {
      const here = yield* open
      yield* here.create(run("r"))
      const opened = yield* Effect.exit(elsewhere)
      if (opened._tag === "Success") {
        const { store: there } = opened.value
        yield* same("what the other process sees", yield* there.get("r"), undefined)
        yield* there.create(run("r", { events: events(0, 5) }))
      } else {
        const [reason] = opened.cause.reasons
        const error = reason?._tag === "Fail" ? reason.error : undefined
        if (!(error instanceof StoreError) || error.reason._tag === "Corrupt") {
          yield* fail(`the other process ends otherwise than by a refusal: ${Cause.pretty(opened.cause)}`)
        }
      }
      yield* same("the log here", yield* here.read("r", 0, 10), events(0, 2))
    })
  }
]
