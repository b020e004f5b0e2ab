/* Goal: news of other processes comes by notifications and by polling, by either of them alone, and is never lost. */
import { describe, expect, it } from "@effect/vitest"
import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { PostgresStore } from "../src/index.ts"
import { append, claim, run } from "./requests.ts"
import { endProcesses, testSchema } from "./TestSchema.ts"

type Options = Partial<PostgresStore.PostgresStoreOptions>

const ways: ReadonlyArray<readonly [string, Options]> = [
  ["notifications and polling", {}],
  ["notifications alone", { pollInterval: Infinity }],
  ["polling alone", { notify: false }]
]

const mail = (id: string) => ({ id, atMillis: 0, command: "{}" })

/** Waits until a stream has named a run. */
const named = (news: Stream.Stream<string, StoreError>, runId: string) =>
  Stream.runHead(Stream.filter(news, (told) => told === runId))

const listening = (news: Stream.Stream<string, StoreError>, runId: string) =>
  Effect.forkChild(named(news, runId), { startImmediately: true })

const everyChange = (
  store: StoreDriverShape
): ReadonlyArray<readonly [string, Effect.Effect<unknown, StoreError>]> => [
  ["created", store.create(run("created"))],
  ["appended", store.append(append("appended", 0))],
  ["claimed", store.claim(claim("claimed", 10_000_000))],
  ["released", store.release("released", 1)],
  ["mailed", store.putMail("mailed", mail("m"))]
]

describe.each(ways)("by %s", (_, options) => {
  it.live("every change of a run is told to other stores", () =>
    Effect.gen(function* () {
      const { open } = yield* testSchema
      const [writer, reader] = [yield* open(options), yield* open(options)]
      for (const id of ["appended", "claimed", "released", "mailed"]) yield* writer.create(run(id))
      for (const [runId, act] of everyChange(writer)) {
        const told = yield* listening(reader.changes, runId)
        yield* act
        yield* Fiber.join(told)
      }
    })
  )

  it.live("mail is told to other stores, and writes to the log are not", () =>
    Effect.gen(function* () {
      const { open } = yield* testSchema
      const [owner, person] = [yield* open(options), yield* open(options)]
      for (const id of ["r", "quiet"]) yield* owner.create(run(id))
      const heard: Array<string> = []
      const told = yield* Effect.forkChild(
        named(
          Stream.tap(owner.arrivals, (runId) => Effect.sync(() => heard.push(runId))),
          "r"
        ),
        { startImmediately: true }
      )
      yield* person.append(append("quiet", 0))
      yield* person.putMail("r", mail("m"))
      yield* Fiber.join(told)
      expect(heard).toEqual(["r"])
    })
  )
})

const options: Options = { pollInterval: "200 millis" }

describe("a listening connection that is ended", () => {
  it.live.each([
    ["delays mail by no more than a poll", options],
    ["is opened again when nobody polls, and what came meanwhile is found", { pollInterval: Infinity }]
  ] as const)("%s", ([, given]) =>
    Effect.gen(function* () {
      const { open, url } = yield* testSchema
      const [owner, person] = [yield* open(given), yield* open(given)]
      yield* owner.create(run("r"))
      const first = yield* listening(owner.arrivals, "r")
      yield* person.putMail("r", mail("0"))
      yield* Fiber.join(first)
      for (const id of ["1", "2", "3"]) {
        const told = yield* listening(owner.arrivals, "r")
        while ((yield* endProcesses(url, "LISTEN%")) === 0);
        yield* person.putMail("r", mail(id))
        yield* Fiber.join(told)
      }
    })
  )
})

it.live("a stream that begins while the server is asked misses nothing", () =>
  Effect.gen(function* () {
    const { open } = yield* testSchema
    const [writer, reader] = [yield* open({ notify: false }), yield* open({ notify: false })]
    for (let index = 0; index < 30; index++) {
      const told = yield* listening(reader.changes, `r${index}`)
      yield* writer.create(run(`r${index}`))
      yield* Fiber.join(told)
    }
  })
)

/** Goal: a backup that is restored on another server does not wake everybody for ever. */
it.live(
  "runs of a restored backup, whose transactions this server has not had, are told only when they change",
  () =>
    Effect.gen(function* () {
      const { open, sql } = yield* testSchema
      const [writer, reader] = [yield* open(), yield* open()]
      for (const id of ["old", "older"]) yield* writer.create(run(id))
      const ahead = "(pg_current_xact_id()::text::bigint + 1000000000)"
      yield* sql(
        `UPDATE @.run SET change = ${ahead}::text::xid8, change_block = (${ahead} >> 10)::integer, changed_by = 1`
      )
      const heard: Array<string> = []
      const told = yield* Effect.forkChild(
        named(
          Stream.tap(reader.changes, (runId) => Effect.sync(() => heard.push(runId))),
          "new"
        ),
        { startImmediately: true }
      )
      yield* writer.append(append("old", 0))
      yield* writer.create(run("new"))
      yield* Fiber.join(told)
      expect(heard).not.toContain("older")
    })
)
