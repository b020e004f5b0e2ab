import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { append, claim, events, mail, run } from "./requests.ts"
import { fail, refused, same, type StoreCase } from "../StoreCase.ts"

/** Appends an event at the end of a log, again and again until nobody else was faster. */
const appendSomewhere = (
  store: StoreDriverShape,
  runId: string,
  event: string
): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const row = yield* store.get(runId)
    const after = row?.sequence ?? 0
    yield* store.append(append(runId, after, { events: events(after, 1, { event }) }))
  }).pipe(
    Effect.catchIf(
      ({ reason }) => reason._tag === "SequenceConflict",
      () =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.suspend(() => appendSomewhere(store, runId, event))
        )
    )
  )

/** Fails unless every log is whole, and its row says how long it is. */
const whole = (store: StoreDriverShape, runIds: ReadonlyArray<string>) =>
  Effect.forEach(runIds, (runId) =>
    Effect.gen(function* () {
      const row = yield* store.get(runId)
      const log = yield* store.read(runId, 0, Infinity)
      const numbers = log.map(({ sequence }) => sequence)
      yield* same(
        `the numbers of ${runId}`,
        numbers,
        numbers.map((_, index) => index + 1)
      )
      yield* same(`the row of ${runId}`, row?.sequence, log.length)
      return log
    })
  )

/** What holds when many ask at once, and when a handle goes away. */
export const concurrencyCases: ReadonlyArray<StoreCase> = [
  {
    name: "many fibers on two handles lose nothing and write nothing twice",
    goal: "under load, a run would forget what it did or do it twice",
    run: Effect.fnUntraced(function* ({ open }) {
      const handles = [yield* open, yield* open]
      const runIds = ["r", "s", "t"]
      yield* Effect.forEach(runIds, (id) => handles[0]?.create(run(id, { events: [] })) ?? Effect.void)
      const wanted = Array.from({ length: 60 }, (_, index) => `event ${index}`)
      yield* Effect.forEach(
        wanted,
        (event, index) => {
          const store = handles[index % 2]
          const runId = runIds[index % 3] ?? ""
          return store === undefined ? Effect.void : appendSomewhere(store, runId, event)
        },
        { concurrency: "unbounded", discard: true }
      )
      const logs = handles[1] === undefined ? [] : yield* whole(handles[1], runIds)
      const written = logs.flat().map(({ event }) => event)
      yield* same("what was written", written.toSorted(), wanted.toSorted())
    })
  },
  {
    name: "an append that arrives twice is written once",
    goal: "a request that the network repeats would write its events twice",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      for (const id of ["m", "n"]) yield* first.putMail("r", mail(id))
      const request = append("r", 2, { events: events(2, 3), consumed: ["m"] })
      const twice = [Effect.exit(first.append(request)), Effect.exit(second.append(request))]
      const exits = yield* Effect.all(twice, { concurrency: "unbounded" })
      yield* same("how many succeed", exits.filter(Exit.isSuccess).length, 1)
      yield* same("the log", yield* first.read("r", 0, 100), events(0, 5))
      yield* same("the mail", yield* first.readMail("r", 9), [mail("n")])
      yield* refused(first.append(request), { _tag: "SequenceConflict", expected: 2, actual: 5 })
    })
  },
  {
    name: "of appends that consume one letter, exactly one does",
    goal: "an approval would be counted twice",
    run: Effect.fnUntraced(function* ({ open }) {
      const handles = [yield* open, yield* open]
      const [first, second] = [yield* open, yield* open]
      yield* first.create(run("r"))
      for (let round = 0; round < 10; round++) {
        yield* second.putMail("r", mail("m", { command: `${round}` }))
        const taken = yield* Effect.forEach(
          handles,
          (store) =>
            Effect.gen(function* () {
              const letters = yield* store.readMail("r", 1)
              const done = append("r", 2 + round, { consumed: letters.map(({ id }) => id) })
              return Exit.isSuccess(yield* Effect.exit(store.append(done))) ? letters : []
            }),
          { concurrency: "unbounded" }
        )
        const letters = taken.flat().map(({ command }) => command)
        yield* same(`who took the letter in round ${round}`, letters, [`${round}`])
        yield* same("what lies there", yield* first.readMail("r", 9), [])
      }
    })
  },
  {
    name: "a batch of thousands of events is written and read whole",
    goal: "the tail of a large batch would be lost, or a growing flow could not be recorded",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      const length = 20_000
      yield* first.create(run("r", { events: events(0, length, { event: "{}" }) }))
      yield* first.append(append("r", length, { events: events(length, length, { event: "[]" }) }))
      const log = yield* second.read("r", 0, Infinity)
      yield* same("the length", [log.length, (yield* second.get("r"))?.sequence], [2 * length, 2 * length])
      yield* same("the first", log[0]?.event, "{}")
      yield* same("the last", [log.at(-1)?.event, log.at(-1)?.sequence], ["[]", 2 * length])
      yield* same(
        "a part in the middle",
        (yield* second.read("r", length - 1, 2)).map(({ event }) => event),
        ["{}", "[]"]
      )
    })
  },
  {
    name: "a handle that is closed while it writes leaves whole appends, and all that it has answered",
    goal: "a process that stops would leave half of a turn, or forget one that it had recorded",
    run: Effect.fnUntraced(function* ({ open }) {
      const runIds = Array.from({ length: 20 }, (_, index) => `r${index}`)
      const answered = new Set<string>()
      const scope = yield* Scope.make()
      const closing = yield* Scope.provide(open, scope)
      for (const id of runIds) yield* closing.create(run(id))
      const writing = yield* Effect.forEach(runIds, (id) =>
        Effect.forkChild(
          Effect.tap(closing.append(append(id, 2, { events: events(2, 3) })), () =>
            Effect.sync(() => answered.add(id))
          ),
          { startImmediately: true }
        )
      )
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.interruptAll(writing)
      const store = yield* open
      for (const [index, log] of (yield* whole(store, runIds)).entries()) {
        const id = runIds[index] ?? ""
        if (log.length !== 5 && (log.length !== 2 || answered.has(id))) {
          yield* fail(`the log of ${id} has ${log.length} events, answered: ${answered.has(id)}`)
        }
        yield* store.append(append(id, log.length))
      }
    })
  },
  {
    name: "a writer that lost its run while it was away writes nothing when it comes back, whatever it tries",
    goal: "a process that slept through its lease would undo what its successor did",
    run: Effect.fnUntraced(function* ({ open }) {
      const [sleeper, successor] = [yield* open, yield* open]
      yield* sleeper.create(run("r"))
      yield* sleeper.putMail("r", mail("m"))
      for (const epoch of [2, 3, 4]) {
        const claimed = yield* successor.claim(claim("r", epoch * 10_000, { owner: `owner ${epoch}` }))
        yield* same("the claim", claimed, { _tag: "Claimed", epoch, sequence: epoch })
        yield* successor.append(append("r", epoch, { epoch, nowMillis: epoch * 10_000 }))
        for (const stale of [1, epoch - 1]) {
          const late = append("r", epoch + 1, { epoch: stale, status: "failed", consumed: ["m"] })
          yield* refused(sleeper.append(late), { _tag: "OwnershipLost", epoch: stale, actual: epoch })
          yield* refused(sleeper.append({ ...late, events: [] }), { _tag: "OwnershipLost" })
          yield* sleeper.release("r", stale)
          const renewal = { runs: [{ runId: "r", epoch: stale }], nowMillis: 1e9, leaseMillis: 1e9 }
          yield* same("what it lost", yield* sleeper.renew(renewal), ["r"])
        }
        const row = yield* successor.get("r")
        const expected = [epoch, `owner ${epoch}`, epoch * 10_000 + 1_000, "running", epoch + 1]
        const actual = [row?.epoch, row?.owner, row?.leaseUntilMillis, row?.status, row?.sequence]
        yield* same("the row", actual, expected)
      }
      yield* same("the mail", yield* successor.readMail("r", 9), [mail("m")])
    })
  },
  {
    name: "every handle declares the same abilities, and a name",
    goal: "an engine would ask one process for what only another one offers",
    run: Effect.fnUntraced(function* ({ open }) {
      const [first, second] = [yield* open, yield* open]
      yield* same("the abilities", second.abilities, first.abilities)
      yield* same("that they are words and yes or no", typeOf(first), true)
      if (first.name === "") yield* fail("the store has no name: give it that of its technology")
    })
  }
]

const typeOf = ({ abilities }: StoreDriverShape): boolean =>
  Object.values(abilities).every((one) => typeof one === "boolean")
