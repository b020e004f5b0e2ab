import { type RunRow, StoreRequest } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { append, claim, events, falsy, half, mail, mebibyte, run } from "./requests.ts"
import { refused, same, type StoreCase } from "../StoreCase.ts"

/** What a store keeps comes back unchanged, or is refused. */
export const contentCases: ReadonlyArray<StoreCase> = [
  {
    name: "events, causes and mail that look like nothing come back as they were",
    goal: "a node's false or empty output would be lost",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const log = falsy.map((event, index) => ({
        sequence: index + 1,
        atMillis: index % 2 === 0 ? 0 : 0.25,
        epoch: 0,
        cause: index === 0 ? undefined : event,
        event
      }))
      yield* store.create(run("r", { events: log, nowMillis: 0 }))
      yield* same("the log", yield* store.read("r", 0, 100), log)
      for (const text of falsy) yield* store.putMail("r", mail(text, { command: text, atMillis: 0 }))
      yield* same(
        "the mail",
        yield* store.readMail("r", 100),
        falsy.map((text) => ({ id: text, atMillis: 0, command: text }))
      )
    })
  },
  {
    name: "times come back to the millisecond, those of today and those far away",
    goal: "a lease would be over too early or never, and a list would be in another order",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const times = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 1_764_201_600_123, 253_402_300_799_999]
      for (const nowMillis of times) {
        const [id, leaseMillis] = [`${nowMillis}`, 86_400_123]
        yield* store.create(run(id, { nowMillis, leaseMillis }))
        const times = ({ createdAtMillis, leaseMillis, leaseUntilMillis, updatedAtMillis }: RunRow) => [
          createdAtMillis,
          updatedAtMillis,
          leaseUntilMillis,
          leaseMillis
        ]
        const row = yield* store.get(id)
        const created = [nowMillis, nowMillis, nowMillis + leaseMillis, leaseMillis]
        yield* same(`a run of ${id}`, row && times(row), created)
        const later = nowMillis + 1_001
        yield* store.append(append(id, 2, { nowMillis: later }))
        yield* store.renew({ runs: [{ runId: id, epoch: 1 }], nowMillis: later, leaseMillis: 2_002 })
        const written = yield* store.get(id)
        yield* same(`its next times`, written && times(written), [nowMillis, later, later + 2_002, 2_002])
        yield* store.putMail(id, mail("m", { atMillis: nowMillis }))
        yield* same("its mail", (yield* store.readMail(id, 1))[0]?.atMillis, nowMillis)
      }
      const listed = (yield* store.list({ limit: 100 })).runs.map(({ createdAtMillis }) => createdAtMillis)
      yield* same("the list", listed, times.toReversed())
      const since = yield* store.list({ limit: 100, createdFromMillis: 2 ** 32 })
      yield* same("those since a time", since.runs.length, 3)
    })
  },
  {
    name: "texts of a mebibyte in any script come back as they were",
    goal: "a large result would be cut",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const texts = [...["x", "é", "🙂", "\0"].map(mebibyte), `${mebibyte("x")}🙂`]
      const log = texts.map((event, index) => ({ ...events(index, 1)[0], event, cause: event }))
      yield* store.create(run("r", { events: log as ReturnType<typeof events> }))
      yield* same("the log", yield* store.read("r", 0, 100), log)
    })
  },
  {
    name: "a text that is too large is refused with both sizes, and changes nothing",
    goal: "one result would fill the disk or stop the process",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const maximum = StoreRequest.textBytesMax
      const reason = { _tag: "TooLarge", bytes: maximum + 1, maximum } as const
      const tooLong = "x".repeat(maximum + 1)
      yield* store.create(run("r"))
      yield* refused(store.append(append("r", 2, { events: events(2, 1, { event: tooLong }) })), reason)
      yield* refused(store.append(append("r", 2, { events: events(2, 1, { cause: tooLong }) })), reason)
      yield* refused(store.create(run("s", { events: events(0, 1, { event: tooLong }) })), reason)
      yield* refused(store.putMail("r", mail("m", { command: tooLong })), reason)
      const wide = "é".repeat(maximum / 2 + 1)
      yield* refused(store.putMail("r", mail("m", { command: wide })), {
        _tag: "TooLarge",
        bytes: maximum + 2,
        maximum
      })
      yield* same("the log", (yield* store.read("r", 0, 10)).length, 2)
      yield* same("the other run", yield* store.get("s"), undefined)
      yield* same("the mail", yield* store.readMail("r", 10), [])
    })
  },
  {
    name: "a text that is no Unicode is refused when it is to be kept, and finds nothing when it is looked up",
    goal: "it would be kept as another text, and two ids would become one",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      const unsupported = { _tag: "Unsupported" } as const
      yield* store.create(run("\ufffd", { flow: "\ufffd", tags: ["\ufffd"] }))
      yield* store.putMail("\ufffd", mail("\ufffd"))
      yield* refused(store.create(run(half)), unsupported)
      yield* refused(store.create(run("r", { flow: half })), unsupported)
      yield* refused(store.create(run("r", { tags: ["x", half] })), unsupported)
      yield* refused(store.create(run("r", { owner: half })), unsupported)
      yield* refused(
        store.append(append("\ufffd", 2, { events: events(2, 1, { event: half }) })),
        unsupported
      )
      yield* refused(store.claim(claim("\ufffd", 9_999, { owner: half })), unsupported)
      yield* refused(store.putMail("\ufffd", mail(half)), unsupported)
      yield* same("a row", yield* store.get(half), undefined)
      yield* same("mail", yield* store.readMail(half, 10), [])
      yield* same("a flow", (yield* store.list({ limit: 9, flow: half })).runs, [])
      yield* same("a tag", (yield* store.list({ limit: 9, tags: [half] })).runs, [])
      yield* refused(store.read(half, 0, 10), { _tag: "RunNotFound" })
      yield* refused(store.append(append(half, 2)), { _tag: "RunNotFound" })
      yield* refused(store.claim(claim(half, 9_999)), { _tag: "RunNotFound" })
      yield* store.release(half, 1)
      yield* store.append(append("\ufffd", 2, { consumed: [half] }))
      yield* same("what is there", (yield* store.get("\ufffd"))?.owner, "a")
      yield* same("its mail", (yield* store.readMail("\ufffd", 10)).length, 1)
    })
  },
  {
    name: "events with a gap or with numbers that are none are a defect, which harms nobody else",
    goal: "an engine with a mistake would leave a log that nobody can fold",
    run: Effect.fnUntraced(function* ({ open }) {
      const store = yield* open
      yield* store.create(run("r"))
      yield* store.create(run("neighbour"))
      const wrong = [
        append("r", 2, { events: events(3, 1) }),
        append("r", 2, { events: [...events(2, 1), ...events(2, 1)] }),
        append("r", 2, { events: events(2, 1, { atMillis: NaN }) }),
        append("r", 2, { nowMillis: Infinity }),
        append("r", NaN),
        append("r", 2, { epoch: NaN })
      ]
      const exits = yield* Effect.all(
        [
          ...wrong.map((one) => Effect.exit(store.append(one))),
          Effect.exit(store.append(append("neighbour", 2)))
        ],
        {
          concurrency: "unbounded"
        }
      )
      const kinds = exits.map((exit) => (exit._tag === "Success" ? "Success" : exit.cause.reasons[0]?._tag))
      yield* same("how they ended", kinds, [...wrong.map(() => "Die"), "Success"])
      yield* same("the log", (yield* store.read("r", 0, 10)).length, 2)
    })
  }
]
