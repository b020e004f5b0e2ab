import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { append, claim, mail, prune, run } from "./requests.ts"
import { hears, within } from "./hears.ts"
import { same, type StoreCase, type StoreCaseFailed } from "../StoreCase.ts"

const everyChange = (
  store: StoreDriverShape
): ReadonlyArray<readonly [string, Effect.Effect<unknown, StoreError>]> => [
  ["created", store.create(run("created"))],
  ["appended", store.append(append("appended", 2))],
  ["claimed", store.claim(claim("claimed", 9_999))],
  ["released", store.release("released", 1)],
  ["mailed", store.putMail("mailed", mail("m"))]
]

const before = ["appended", "claimed", "released", "mailed", "quiet"]

/** How others learn of what was written. */
export const changeCases: ReadonlyArray<StoreCase> = [
  {
    name: "every change of a run is told to this handle and to others",
    goal: "a page that shows a run would stand still, a released run would wait for nobody",
    run: Effect.fnUntraced(function* ({ deadline, open }) {
      const [writer, reader] = [yield* open, yield* open]
      for (const id of before) yield* writer.create(run(id))
      const changes = everyChange(writer)
      for (const [runId, act] of changes.slice(0, 3)) yield* hears(deadline, reader.changes, act, [runId])
      for (const [runId, act] of changes.slice(3)) yield* hears(deadline, writer.changes, act, [runId])
    })
  },
  {
    name: "a listener hears of every one of many runs, however they change",
    goal: "one that is missed waits for ever",
    run: Effect.fnUntraced(function* ({ deadline, open }) {
      const [writer, reader] = [yield* open, yield* open]
      const ids = Array.from({ length: 200 }, (_, index) => `r${index}`)
      const create = Effect.forEach(ids, (id) => writer.create(run(id)), {
        concurrency: "unbounded",
        discard: true
      })
      yield* hears(deadline, reader.changes, create, ids)
      const write = Effect.forEach(ids, (id) => writer.append(append(id, 2, { status: "completed" })), {
        discard: true
      })
      yield* hears(deadline, reader.changes, write, ids)
    })
  },
  {
    name: "a listener that is busy hears of thousands of runs once it reads on",
    goal: "a page that was slow for a moment would show for ever what was so before",
    run: Effect.fnUntraced(function* ({ deadline, open }) {
      const [writer, reader] = [yield* open, yield* open]
      const ids = Array.from({ length: 2_100 }, (_, index) => `r${index}`)
      const missing = new Set(ids)
      const written = yield* Deferred.make<void>()
      const listen = Stream.runForEachWhile(reader.changes, (runId) =>
        Effect.map(Deferred.await(written), () => {
          missing.delete(runId)
          return missing.size > 0
        })
      )
      const listening = yield* Effect.forkChild(listen, { startImmediately: true })
      const create = (runId: string) => writer.create(run(runId, { events: [] }))
      yield* Effect.forEach(ids, create, { concurrency: "unbounded", discard: true })
      yield* Deferred.succeed(written, undefined)
      yield* within(deadline, listening, () => [...missing].slice(0, 5))
    })
  },
  {
    name: "each of several listeners hears of everything, of changes and of mail",
    goal: "two who follow a run would take its news from each other",
    run: Effect.fnUntraced(function* ({ deadline, open }) {
      const [writer, reader] = [yield* open, yield* open]
      const ids = Array.from({ length: 20 }, (_, index) => `r${index}`)
      for (const id of ids) yield* writer.create(run(id))
      const put = Effect.forEach(ids, (id) => writer.putMail(id, mail("m")), { discard: true })
      // Each one listens before the next one does, and the last one writes.
      const streams = [reader.changes, reader.changes, reader.arrivals, reader.arrivals]
      yield* streams.reduce<Effect.Effect<unknown, StoreCaseFailed | StoreError>>(
        (act, news) => hears(deadline, news, act, ids),
        put
      )
    })
  },
  {
    name: "every change after a prune is told, although the latest runs are gone",
    goal: "a store that counts its changes would count from anew, and nobody would hear of the next ones",
    needs: ["prune"],
    run: Effect.fnUntraced(function* ({ deadline, open }) {
      const [writer, reader] = [yield* open, yield* open]
      yield* writer.create(run("kept"))
      for (const id of ["1", "2", "3"]) yield* writer.create(run(id, { status: "completed", nowMillis: 10 }))
      const act = Effect.andThen(writer.prune(prune(11)), writer.append(append("kept", 2)))
      yield* hears(deadline, reader.changes, act, ["kept"])
    })
  },
  {
    name: "mail is told to owners in this handle and in others, and their own writes are not",
    goal: "an approval from the command line would not reach the server",
    run: Effect.fnUntraced(function* ({ deadline, open }) {
      const [owner, person] = [yield* open, yield* open]
      for (const id of before) yield* owner.create(run(id))
      yield* hears(deadline, owner.arrivals, person.putMail("mailed", mail("1")), ["mailed"])
      yield* hears(deadline, owner.arrivals, owner.putMail("mailed", mail("2")), ["mailed"])
      yield* owner.append(append("mailed", 2, { consumed: ["1", "2"] }))
      yield* hears(deadline, owner.arrivals, person.putMail("mailed", mail("3")), ["mailed"])
      const heard: Array<string> = []
      const listen = Stream.runForEachWhile(owner.arrivals, (runId) =>
        Effect.sync(() => heard.push(runId) > 0 && runId !== "mailed")
      )
      const listening = yield* Effect.forkChild(listen, { startImmediately: true })
      yield* owner.append(append("quiet", 2))
      yield* owner.claim(claim("claimed", 9_999))
      yield* person.putMail("mailed", mail("4"))
      yield* within(deadline, listening, () => ["mailed"])
      yield* same("what was told", [...new Set(heard)], ["mailed"])
    })
  },
  {
    name: "what changes nothing is told to nobody",
    goal: "two engines that try to claim a run would wake each other for ever",
    run: Effect.fnUntraced(function* ({ deadline, open }) {
      const store = yield* open
      for (const id of before) yield* store.create(run(id))
      yield* store.putMail("mailed", mail("m"))
      const heard: Array<string> = []
      const listen = Stream.runForEachWhile(store.changes, (runId) =>
        Effect.sync(() => heard.push(runId) > 0 && runId !== "quiet")
      )
      const listening = yield* Effect.forkChild(listen, { startImmediately: true })
      yield* store.claim(claim("claimed", 1_001))
      yield* Effect.exit(store.append(append("appended", 7)))
      yield* store.putMail("mailed", mail("m"))
      yield* store.release("released", 9)
      yield* store.renew({ runs: [{ runId: "claimed", epoch: 1 }], nowMillis: 1_001, leaseMillis: 9 })
      yield* store.append(append("quiet", 2))
      yield* within(deadline, listening, () => ["quiet"])
      yield* same("what was told", heard, ["quiet"])
    })
  }
]
