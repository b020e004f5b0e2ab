import * as Effect from "effect/Effect"
import { append, claim, run } from "./requests.ts"
import { same, type StoreCase } from "../StoreCase.ts"

const owned = { _tag: "Owned", owner: "a", leaseUntilMillis: 2_000 }

/** Who may write. */
export const ownershipCases: ReadonlyArray<StoreCase> = [
  {
    name: "a run whose lease holds is not taken, and one whose lease is over is",
    goal: "a run of a living owner would run twice, one of a dead owner never",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      yield* same("the last moment", yield* second.claim(claim("r", 1_999)), owned)
      yield* same("the first moment after", yield* second.claim(claim("r", 2_000)), {
        _tag: "Claimed",
        epoch: 2,
        sequence: 2
      })
      const row = yield* first.get("r")
      yield* same("the row", [row?.owner, row?.epoch, row?.leaseUntilMillis], ["b", 2, 3_000])
    })
  },
  {
    name: "an owner of the same name does not take its own run",
    goal: "two processes that were given one name by mistake would take runs from each other",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      yield* same("the claim", yield* second.claim(claim("r", 1_500, { owner: "a" })), owned)
    })
  },
  {
    name: "of claimers at the same time, exactly one wins",
    goal: "a run would have two owners",
    run: Effect.fnUntraced(function* ({ open }) {
      const handles = [yield* open, yield* open]
      yield* handles[0]?.create(run("r")) ?? Effect.void
      const claims = Array.from(
        { length: 20 },
        (_, index) =>
          handles[index % 2]?.claim(claim("r", 2_500, { owner: `owner ${index}` })) ?? Effect.never
      )
      const answers = yield* Effect.all(claims, { concurrency: "unbounded" })
      const winners = answers.filter((answer) => answer._tag === "Claimed")
      yield* same("the winners", winners, [{ _tag: "Claimed", epoch: 2, sequence: 2 }])
      const row = yield* handles[0]?.get("r") ?? Effect.undefined
      const losers = answers.flatMap((answer) => (answer._tag === "Owned" ? [answer.owner] : []))
      yield* same("whom the losers name", [...new Set(losers)], [row?.owner])
    })
  },
  {
    name: "force takes a run from a living owner",
    goal: "a person could not take a run from an owner that hangs",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r"))
      yield* same("the claim", yield* store.claim(claim("r", 1_001, { force: true })), {
        _tag: "Claimed",
        epoch: 2,
        sequence: 2
      })
    })
  },
  {
    name: "a claim that was watched in vain is taken, unless it was prolonged or made anew",
    goal: "with a clock an hour ahead of others, a dead owner would keep its runs for an hour",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      const ahead = 3_600_000
      yield* first.create(run("r", { nowMillis: ahead }))
      const seen = { epoch: 1, leaseUntilMillis: ahead + 1_000 }
      yield* first.renew({ runs: [{ runId: "r", epoch: 1 }], nowMillis: ahead + 5, leaseMillis: 700 })
      const held = { _tag: "Owned", owner: "a", leaseUntilMillis: ahead + 705 }
      yield* same("once prolonged", yield* second.claim(claim("r", 50, { watched: seen })), held)
      const row = yield* second.get("r")
      yield* same("the lease", [row?.leaseUntilMillis, row?.leaseMillis], [ahead + 705, 700])
      const watched = { epoch: 1, leaseUntilMillis: ahead + 705 }
      yield* same(
        "of another epoch",
        yield* second.claim(claim("r", 50, { watched: { ...watched, epoch: 2 } })),
        held
      )
      const late = { ...claim("r", ahead + 9_999), watched: seen }
      yield* same("once prolonged, however late it seems", yield* second.claim(late), held)
      const taken = { _tag: "Claimed", epoch: 2, sequence: 2 }
      yield* same("in vain", yield* second.claim(claim("r", 50, { watched })), taken)
      const again = yield* first.claim(claim("r", 60, { watched, owner: "c" }))
      yield* same("made anew", again, { _tag: "Owned", owner: "b", leaseUntilMillis: 1_050 })
      const after = yield* second.get("r")
      yield* same("the new lease", [after?.owner, after?.leaseMillis], ["b", 1_000])
    })
  },
  {
    name: "renewing prolongs what is owned and names what is lost",
    goal: "an owner would lose runs while it works on them, or work on runs that it lost",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      for (const id of ["kept", "taken", "released", "late"]) yield* store.create(run(id))
      yield* store.claim(claim("taken", 5_000))
      yield* store.release("released", 1)
      const runs = ["kept", "taken", "unknown", "released", "late"].map((runId) => ({ runId, epoch: 1 }))
      const lost = yield* store.renew({ runs, nowMillis: 9_000, leaseMillis: 500 })
      yield* same("the lost ones", lost, ["taken", "unknown", "released"])
      yield* same("the lease", (yield* store.get("kept"))?.leaseUntilMillis, 9_500)
      yield* same("a lease that was over", (yield* store.get("late"))?.leaseUntilMillis, 9_500)
      yield* same("the lease of another owner", (yield* store.get("taken"))?.leaseUntilMillis, 6_000)
      yield* same("a claim after it", (yield* store.claim(claim("kept", 9_499)))._tag, "Owned")
      yield* same("nothing to renew", yield* store.renew({ runs: [], nowMillis: 1, leaseMillis: 1 }), [])
    })
  },
  {
    name: "a released run is taken at once, and releasing it again changes nothing",
    goal: "a server that stops would keep its runs waiting for its lease to end",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      yield* first.release("r", 1)
      const row = yield* second.get("r")
      yield* same("the row", [row?.owner, row?.leaseUntilMillis, row?.epoch], [undefined, 0, 1])
      yield* same("the lease", row?.leaseMillis, 0)
      yield* same("the claim", (yield* second.claim(claim("r", 1_001)))._tag, "Claimed")
      yield* first.release("r", 1)
      yield* first.release("unknown", 1)
      yield* same("the owner", (yield* first.get("r"))?.owner, "b")
      yield* second.append(append("r", 2, { epoch: 2 }))
    })
  },
  {
    name: "a lease that is over does not stop its owner while nobody has taken the run",
    goal: "a process that was asleep for a moment would lose a run that nobody wants",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r"))
      yield* store.append(append("r", 2, { nowMillis: 1_000_000 }))
      yield* same("the log", (yield* store.get("r"))?.sequence, 3)
    })
  }
]
