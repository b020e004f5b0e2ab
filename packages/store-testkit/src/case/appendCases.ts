import * as Effect from "effect/Effect"
import { append, claim, events, run } from "./requests.ts"
import { refused, same, type StoreCase } from "../StoreCase.ts"

/** What keeps a log whole. */
export const appendCases: ReadonlyArray<StoreCase> = [
  {
    name: "a run is created with its first events",
    goal: "a run without its first event could never be folded",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r", { tags: ["x", "y", "x"] }))
      yield* same("the log", yield* store.read("r", 0, 10), events(0, 2))
      yield* same("the row", yield* store.get("r"), {
        runId: "r",
        flow: "flow",
        status: "running",
        tags: ["x", "y", "x"],
        createdAtMillis: 1_000,
        updatedAtMillis: 1_000,
        sequence: 2,
        epoch: 1,
        owner: "a",
        leaseUntilMillis: 2_000,
        leaseMillis: 1_000
      })
    })
  },
  {
    name: "a run of an id that exists is refused and changes nothing",
    goal: "two starts of one id would overwrite each other",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      yield* refused(second.create(run("r", { flow: "other", events: events(0, 5) })), { _tag: "RunExists" })
      yield* same("the log", yield* second.read("r", 0, 10), events(0, 2))
      yield* same("the flow", (yield* first.get("r"))?.flow, "flow")
    })
  },
  {
    name: "an append is read in order, from any number on and with any limit",
    goal: "a state that was folded from a part of the log would be another one",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r"))
      yield* store.append(append("r", 2, { events: events(2, 40), status: "paused", nowMillis: 1_200 }))
      yield* same("the log", yield* store.read("r", 0, 1_000), events(0, 42))
      yield* same("a part", yield* store.read("r", 5, 3), events(5, 3))
      yield* same("nothing before the first", yield* store.read("r", -5, 1), events(0, 1))
      yield* same("the end", yield* store.read("r", 42, 10), [])
      yield* same("beyond the end", yield* store.read("r", 100, 10), [])
      yield* same("no rows", yield* store.read("r", 0, 0), [])
      yield* same("all rows", yield* store.read("r", 0, Infinity), events(0, 42))
      const row = yield* store.get("r")
      yield* same("the row", [row?.sequence, row?.status, row?.updatedAtMillis], [42, "paused", 1_200])
    })
  },
  {
    name: "an append of a stale sequence is refused and changes nothing",
    goal: "two writers that both read the log to the same end would both go on from there",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      yield* first.append(append("r", 2))
      for (const stale of [0, 1, 2, 4, 100]) {
        const late = append("r", stale, { status: "failed" })
        yield* refused(second.append(late), { _tag: "SequenceConflict", expected: stale, actual: 3 })
      }
      yield* same("the log", yield* second.read("r", 0, 10), events(0, 3))
      yield* same("the status", (yield* second.get("r"))?.status, "running")
    })
  },
  {
    name: "an append of a stale epoch is refused, whatever its sequence",
    goal: "a process that was thought dead would write into the run of its successor",
    run: Effect.fnUntraced(function* ({ open }) {
      const [zombie, successor] = [yield* open, yield* open]
      yield* zombie.create(run("r"))
      const claimed = yield* successor.claim(claim("r", 2_000))
      yield* same("the claim", claimed, { _tag: "Claimed", epoch: 2, sequence: 2 })
      for (const sequence of [2, 7]) {
        yield* refused(zombie.append(append("r", sequence)), { _tag: "OwnershipLost", epoch: 1, actual: 2 })
      }
      yield* refused(zombie.append(append("r", 2, { epoch: 3 })), {
        _tag: "OwnershipLost",
        epoch: 3,
        actual: 2
      })
      yield* successor.append(append("r", 2, { epoch: 2 }))
      yield* same("the log", yield* zombie.read("r", 0, 10), [...events(0, 2), ...events(2, 1, { epoch: 2 })])
    })
  },
  {
    name: "of appends at the same place, exactly one wins",
    goal: "a result would be recorded twice, or lost",
    run: Effect.fnUntraced(function* ({ open }) {
      const handles = [yield* open, yield* open]
      yield* Effect.forEach(handles, (_, index) => handles[0]?.create(run(`r${index}`)) ?? Effect.void)
      const racers = Array.from({ length: 20 }, (_, index) => handles[index % 2]?.append(append("r0", 2)))
      const exits = yield* Effect.forEach(racers, (racer) => Effect.exit(racer ?? Effect.never), {
        concurrency: "unbounded"
      })
      yield* same("the winners", exits.filter((exit) => exit._tag === "Success").length, 1)
      const log = yield* handles[1]?.read("r0", 0, 10) ?? Effect.succeed([])
      yield* same(
        "the numbers of the log",
        log.map((event) => event.sequence),
        [1, 2, 3]
      )
    })
  },
  {
    name: "appends of one turn do not fail each other",
    goal: "a run that lost its owner would fail the runs that are written in the same transaction",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const ids = Array.from({ length: 50 }, (_, index) => `r${index}`)
      yield* Effect.forEach(ids, (id) => store.create(run(id)), { concurrency: "unbounded" })
      const exits = yield* Effect.forEach(
        ids,
        (id, index) => Effect.exit(store.append(append(id, index % 3 === 0 ? 9 : 2))),
        { concurrency: "unbounded" }
      )
      const lengths = yield* Effect.forEach(ids, (id) => Effect.map(store.get(id), (row) => row?.sequence))
      yield* same(
        "which failed",
        exits.map((exit) => exit._tag),
        ids.map((_, index) => (index % 3 === 0 ? "Failure" : "Success"))
      )
      yield* same(
        "the logs",
        lengths,
        ids.map((_, index) => (index % 3 === 0 ? 2 : 3))
      )
    })
  },
  {
    name: "appends of one fiber after the other keep their order",
    goal: "a log in another order is another run",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r", { events: [] }))
      const chain = Array.from({ length: 30 }, (_, index) => store.append(append("r", index)))
      yield* Effect.forEach(chain, (one) => one, { concurrency: "unbounded" })
      yield* same("the log", yield* store.read("r", 0, 100), events(0, 30))
    })
  },
  {
    name: "an append without events writes the status and nothing else",
    goal: "mail that leaves no event could not be removed",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r"))
      yield* store.append(append("r", 2, { events: [], status: "completed", nowMillis: 5_000 }))
      const row = yield* store.get("r")
      yield* same("the row", [row?.sequence, row?.status, row?.updatedAtMillis], [2, "completed", 5_000])
    })
  },
  {
    name: "a run that does not exist is not found, and an empty log is no such run",
    goal: "a mistyped id would look like a run without events",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r", { events: [] }))
      yield* same("an empty log", yield* store.read("r", 0, 10), [])
      yield* same("an unknown row", yield* store.get("x"), undefined)
      yield* same("mail of an unknown run", yield* store.readMail("x", 10), [])
      yield* refused(store.read("x", 0, 10), { _tag: "RunNotFound" })
      yield* refused(store.append(append("x", 0)), { _tag: "RunNotFound" })
      yield* refused(store.claim(claim("x", 0)), { _tag: "RunNotFound" })
      yield* refused(store.putMail("x", { id: "m", atMillis: 0, command: "{}" }), { _tag: "RunNotFound" })
    })
  },
  {
    name: "runs survive a restart",
    goal: "that is what a store is for",
    run: Effect.fnUntraced(function* ({ open }) {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* open
          yield* store.create(run("r", { tags: ["kept"] }))
          yield* store.append(append("r", 2))
        })
      )
      const store = yield* open
      yield* same("the log", yield* store.read("r", 0, 10), events(0, 3))
      yield* same("the list", (yield* store.list({ limit: 10, tags: ["kept"] })).runs.length, 1)
      yield* store.append(append("r", 3))
    })
  },
  {
    name: "an append that is interrupted before its turn is wholly there or not at all",
    goal: "half of an append would be a state that never was",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r"))
      yield* Effect.raceFirst(store.append(append("r", 2, { events: events(2, 5) })), Effect.void)
      const row = yield* store.get("r")
      const log = yield* store.read("r", 0, 10)
      yield* same("the length and the row", log.length, row?.sequence)
      yield* same("whole or nothing", [2, 7].includes(log.length), true)
      yield* store.append(append("r", log.length))
    })
  }
]
