/** Mistakes of another kind than a wrong answer to a plain request: of size, of names, of time, of what is not declared. */
import {
  RunCursor,
  type RunRow,
  type StoreDriverShape,
  type StoredEvent,
  type StoreError
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { PlantedBug } from "../PlantedBugs.ts"

/** Reads ids as a database does that compares them with `LIKE`. */
const like = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll("%", ".*")
      .replaceAll("_", ".")}$`,
    "su"
  )

const cutTo = (batch: number, events: ReadonlyArray<StoredEvent>): ReadonlyArray<StoredEvent> =>
  events.slice(0, batch)

/** Gives every text that is an id another form on its way in. */
const renaming =
  (form: (id: string) => string): PlantedBug =>
  (store) => ({
    create: (run) => store.create({ ...run, runId: form(run.runId) }),
    append: (request) => store.append({ ...request, runId: form(request.runId) }),
    read: (runId, ...range) => store.read(form(runId), ...range),
    get: (runId) => store.get(form(runId)),
    claim: (request) => store.claim({ ...request, runId: form(request.runId) }),
    putMail: (runId, mail) => store.putMail(form(runId), mail),
    readMail: (runId, limit) => store.readMail(form(runId), limit)
  })

/** Looks at the log, and writes a moment later without looking again. */
const late: PlantedBug = (store) => ({
  append: (request) =>
    Effect.gen(function* () {
      const row = yield* store.get(request.runId)
      const isRight = row?.epoch === request.epoch && row.sequence === request.afterSequence
      if (!isRight) return yield* store.append(request)
      yield* Effect.yieldNow
      const now = (yield* store.get(request.runId))?.sequence ?? 0
      const events = request.events.map((event, index) => ({ ...event, sequence: now + index + 1 }))
      return yield* store.append({ ...request, afterSequence: now, events })
    })
})

/** Takes claims in two steps, so that two may find the lease over. */
const twoOwners: PlantedBug = (store) => ({
  claim: (request) =>
    Effect.gen(function* () {
      const row = yield* store.get(request.runId)
      yield* Effect.yieldNow
      const wasOver = row !== undefined && row.leaseUntilMillis <= request.nowMillis
      return yield* store.claim({ ...request, force: request.force || wasOver })
    })
})

/** Removes letters when they are read, whether or not an append settles them. */
const readOnce = (store: StoreDriverShape): Partial<StoreDriverShape> => {
  const taken = new Set<string>()
  return {
    readMail: (runId, limit) =>
      Effect.map(store.readMail(runId, limit), (letters) => {
        const left = letters.filter(({ command, id }) => !taken.has(`${runId} ${id} ${command}`))
        for (const { command, id } of left) taken.add(`${runId} ${id} ${command}`)
        return left
      })
  }
}

const shortTimes = (row: RunRow): RunRow => ({
  ...row,
  createdAtMillis: row.createdAtMillis | 0,
  updatedAtMillis: row.updatedAtMillis | 0,
  leaseUntilMillis: row.leaseUntilMillis | 0
})

/** Reads a stream once for all who listen, so that each piece of it comes to one of them. */
const shared = (news: Stream.Stream<string, StoreError>): Stream.Stream<string, StoreError> => {
  let queue: Queue.Queue<string> | undefined
  return Stream.unwrap(
    Effect.suspend(() => {
      const known = queue
      if (known !== undefined) return Effect.succeed(Stream.fromQueue(known))
      return Effect.flatMap(Queue.unbounded<string>(), (made) => {
        queue = made
        const read = Stream.runForEach(news, (runId) => Queue.offer(made, runId))
        return Effect.as(Effect.forkScoped(read, { startImmediately: true }), Stream.fromQueue(made))
      })
    })
  )
}

/** The mistakes, by what is so in a store that makes them. */
export const plantedSlips: Readonly<Record<string, PlantedBug>> = {
  "the tail of a large batch is lost": ({ append, create }) => ({
    create: (run) => create({ ...run, events: cutTo(10_000, run.events) }),
    append: (request) => append({ ...request, events: cutTo(10_000, request.events) })
  }),
  "the last event of an append is lost": ({ append }) => ({
    append: (request) => append({ ...request, events: request.events.slice(0, -1) })
  }),
  "a page of a log ends at a thousand events": ({ read }) => ({
    read: (runId, after, limit) => read(runId, after, Math.min(limit, 1_000))
  }),
  "a flow is a pattern for LIKE": ({ list }) => ({
    list: ({ flow, ...query }) =>
      Effect.map(list(query), (page) =>
        flow === undefined ? page : { ...page, runs: page.runs.filter((run) => like(flow).test(run.flow)) }
      )
  }),
  "ids are the same in capitals": renaming((id) => (id.length === 1 ? id.toLowerCase() : id)),
  "an id ends at NUL": renaming((id) => id.split("\0")[0] ?? ""),
  "an id is cut after 255 characters": renaming((id) => id.slice(0, 255)),
  "spaces at the end of an id are dropped": renaming((id) => (id.length > 1 ? id.trimEnd() : id)),
  "an output that is false is no output": ({ putCached }) => ({
    putCached: (output) => (output.content === "false" ? Effect.void : putCached(output))
  }),
  "the log is looked at before it is locked": late,
  "a lease is looked at before the run is locked": twoOwners,
  "mail is gone once it was read": readOnce,
  "mail of an id that lies there is replaced": ({ append, get, putMail, readMail }) => ({
    putMail: (runId, mail) =>
      Effect.gen(function* () {
        const row = yield* get(runId)
        const lies = (yield* readMail(runId, Infinity)).some(({ id }) => id === mail.id)
        if (row !== undefined && lies) {
          const { epoch, sequence: afterSequence, status, updatedAtMillis: nowMillis } = row
          const consumed = [mail.id]
          yield* append({ runId, epoch, afterSequence, status, nowMillis, events: [], consumed })
        }
        yield* putMail(runId, mail)
      })
  }),
  "a run is created although an artifact of it is gone": ({ create, getArtifact }) => ({
    create: (run) =>
      Effect.gen(function* () {
        const { artifacts, ...rest } = run
        const there = yield* Effect.filter(artifacts ?? [], ({ content, hash }) =>
          content === undefined
            ? Effect.map(getArtifact(hash), (found) => found !== undefined)
            : Effect.succeed(true)
        )
        yield* create(artifacts === undefined ? rest : { ...rest, artifacts: there })
      })
  }),
  "letters are read by the times that they bear": ({ readMail }) => ({
    readMail: (runId, limit) =>
      Effect.map(readMail(runId, Infinity), (letters) =>
        letters.toSorted((a, b) => a.atMillis - b.atMillis).slice(0, limit)
      )
  }),
  "a mailbox is full after a hundred letters": ({ putMail, readMail }) => ({
    putMail: (runId, mail) =>
      Effect.flatMap(readMail(runId, 100), ({ length }) =>
        length === 100 ? Effect.void : putMail(runId, mail)
      )
  }),
  "times of runs have 32 bits": ({ get, list }) => ({
    get: (runId) => Effect.map(get(runId), (row) => row && shortTimes(row)),
    list: (query) => Effect.map(list(query), (page) => ({ ...page, runs: page.runs.map(shortTimes) }))
  }),
  "a page goes on at the run of its cursor, and begins anew when that is gone": ({ get, list }) => ({
    list: ({ cursor, ...query }) =>
      Effect.gen(function* () {
        if (cursor === undefined) return yield* list(query)
        const last = RunCursor.decode(cursor)
        const isThere = last === undefined || (yield* get(last.runId)) !== undefined
        return yield* list(isThere ? { ...query, cursor } : query)
      })
  }),
  "two listeners share the news": ({ arrivals, changes }) => ({
    changes: shared(changes),
    arrivals: shared(arrivals)
  }),
  "the news of a thousand runs wait for a listener that is busy, and no more": ({ changes }) => ({
    changes: Stream.buffer(changes, { capacity: 1_000, strategy: "sliding" })
  }),
  "a listener hears of the first change only": ({ changes }) => ({ changes: Stream.take(changes, 1) }),
  "news that come while a listener is busy are dropped": ({ changes }) => ({
    changes: Stream.buffer(changes, { capacity: 4, strategy: "dropping" })
  }),
  "what is not declared is left out in silence": ({ abilities }) => ({
    abilities: { ...abilities, prune: false },
    prune: () => Effect.succeed({ runIds: [], eventCount: 0, artifactCount: 0, cachedCount: 0 })
  }),
  "a store that declares no news has a stream without end": ({ abilities }) => ({
    abilities: { ...abilities, notify: false },
    changes: Stream.never
  }),
  "artifacts of a new run are dropped where none are kept": ({ abilities, create }) => ({
    abilities: { ...abilities, artifacts: false },
    create: ({ artifacts: _artifacts, ...run }) => create(run)
  })
}
