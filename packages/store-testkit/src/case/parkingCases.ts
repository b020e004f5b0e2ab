import { neverMillis, type StoreDriverShape } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { append, claim, mail, park, run } from "./requests.ts"
import { hears } from "./hears.ts"
import { same, type StoreCase } from "../StoreCase.ts"

const dueAt = (store: StoreDriverShape, dueAtMillis: number) =>
  Effect.map(
    Effect.forEach(["running", "paused"] as const, (status) =>
      store.list({ status, dueAtMillis, limit: 100 })
    ),
    (pages) => pages.flatMap(({ runs }) => runs.map(({ runId }) => runId)).sort()
  )

/** Runs that only wait, and who wakes them. */
export const parkingCases: ReadonlyArray<StoreCase> = [
  {
    name: "a parked run is nobody's, says until when it is parked, and is taken at any time",
    goal: "a run that waits would need an owner, or could not be looked at while it waits",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      for (const id of ["r", "s"]) yield* first.create(run(id))
      yield* same("before", "wakeAtMillis" in ((yield* second.get("r")) ?? {}), false)
      yield* same("the answer", yield* first.park(park("r", 9_000)), true)
      yield* first.park(park("s", neverMillis))
      const row = yield* second.get("r")
      yield* same("the row", [row?.owner, row?.leaseUntilMillis, row?.leaseMillis], [undefined, 0, 0])
      yield* same(
        "the place",
        [row?.wakeAtMillis, row?.status, row?.sequence, row?.epoch],
        [9_000, "running", 2, 1]
      )
      yield* same("without an end", (yield* second.get("s"))?.wakeAtMillis, neverMillis)
      const taken = { _tag: "Claimed", epoch: 2, sequence: 2 }
      yield* same("the claim", yield* second.claim(claim("r", 1_001)), taken)
      yield* same("after the claim", "wakeAtMillis" in ((yield* second.get("r")) ?? {}), false)
      yield* second.append(append("r", 2, { epoch: 2 }))
    })
  },
  {
    name: "only the owner parks a run, and only once",
    goal: "a process that has lost a run would put it to sleep under the hands of its owner",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      yield* second.claim(claim("r", 2_000))
      yield* same("by a stale owner", yield* first.park(park("r", 9_000)), false)
      yield* same("of no run", yield* first.park(park("unknown", 9_000)), false)
      const row = yield* first.get("r")
      yield* same("the row", [row?.owner, row?.wakeAtMillis], ["b", undefined])
      yield* second.release("r", 2)
      yield* same("once released", yield* second.park(park("r", 9_000, 2)), false)
      yield* same("after a release", (yield* first.get("r"))?.wakeAtMillis, undefined)
    })
  },
  {
    name: "a run with mail is not parked, and mail ends a parking",
    goal: "a run would sleep on an approval that lies in its mailbox",
    run: Effect.fnUntraced(function* ({ open }) {
      const [owner, person] = [yield* open, yield* open]
      for (const id of ["r", "s"]) yield* owner.create(run(id))
      yield* person.putMail("r", mail("m"))
      yield* same("with mail", yield* owner.park(park("r", neverMillis)), false)
      const row = yield* person.get("r")
      yield* same("the row", [row?.owner, row?.wakeAtMillis], ["a", undefined])
      yield* owner.append(append("r", 2, { consumed: ["m"] }))
      yield* same("once it is read", yield* owner.park(park("r", neverMillis)), true)
      yield* owner.park(park("s", neverMillis))
      yield* person.putMail("r", mail("n"))
      yield* same("after mail", (yield* owner.get("r"))?.wakeAtMillis, undefined)
      yield* same("the other run", (yield* owner.get("s"))?.wakeAtMillis, neverMillis)
      yield* same("who is due", yield* dueAt(owner, 0), ["r"])
    })
  },
  {
    name: "mail that is put while its run is being parked leaves it awake",
    goal: "one of a thousand approvals would be lost in the moment in which its run goes to sleep",
    run: Effect.fnUntraced(function* ({ open }) {
      const [owner, person] = [yield* open, yield* open]
      const ids = Array.from({ length: 100 }, (_, index) => `r${index}`)
      for (const id of ids) yield* owner.create(run(id))
      const each = <A, E>(ask: (id: string) => Effect.Effect<A, E>) =>
        Effect.forEach(ids, ask, { concurrency: "unbounded" })
      yield* Effect.all(
        [each((id) => owner.park(park(id, neverMillis))), each((id) => person.putMail(id, mail("m")))],
        {
          concurrency: "unbounded"
        }
      )
      const asleep = yield* Effect.filter(ids, (id) =>
        Effect.map(owner.get(id), (row) => row?.wakeAtMillis !== undefined)
      )
      yield* same("runs that sleep on their mail", asleep, [])
    })
  },
  {
    name: "those are due that have not ended and are not parked for longer",
    goal: "a deadline would pass unseen, or a thousand sleeping runs would be looked at again and again",
    run: Effect.fnUntraced(function* ({ open }) {
      const [store, other] = [yield* open, yield* open]
      for (const id of ["awake", "at 10", "at 20", "never"]) yield* store.create(run(id, { flow: id }))
      yield* store.create(run("paused", { status: "paused" }))
      yield* store.create(run("ended", { status: "completed" }))
      yield* store.create(run("ended asleep"))
      yield* store.append(append("ended asleep", 2, { status: "failed" }))
      const until = { "at 10": 10, "at 20": 20, never: neverMillis, paused: 15, "ended asleep": 5 }
      for (const [id, wakeAtMillis] of Object.entries(until)) yield* store.park(park(id, wakeAtMillis))
      yield* same("at 9", yield* dueAt(other, 9), ["awake"])
      yield* same("at 10", yield* dueAt(other, 10), ["at 10", "awake"])
      yield* same("at 25", yield* dueAt(other, 25), ["at 10", "at 20", "awake", "paused"])
      const one = yield* other.list({ dueAtMillis: 25, flow: "at 20", limit: 9 })
      yield* same(
        "of one flow",
        one.runs.map(({ runId }) => runId),
        ["at 20"]
      )
      const pages = yield* other.list({ dueAtMillis: 25, limit: 3 })
      const rest = yield* other.list({ dueAtMillis: 25, limit: 3, cursor: pages.next ?? "" })
      yield* same("in pages", [pages.runs.length, rest.runs.length, rest.next], [3, 1, undefined])
      const wakes = yield* Effect.forEach([0, 9, 10, 15, 20], (after) => other.nextWake(after))
      yield* same("who wakes next", wakes, [10, 10, 15, 20, neverMillis])
      yield* store.claim(claim("never", 1_001))
      yield* same("after the last", yield* other.nextWake(20), undefined)
    })
  },
  {
    name: "a parking is told to others",
    goal: "whoever follows a run would not learn that it waits",
    needs: ["notify"],
    run: Effect.fnUntraced(function* ({ deadline, open }) {
      const [owner, other] = [yield* open, yield* open]
      yield* owner.create(run("r"))
      yield* hears(deadline, other.changes, owner.park(park("r", 9_000)), ["r"])
      yield* hears(deadline, other.arrivals, other.putMail("r", mail("m")), ["r"])
    })
  }
]
