/** Mistakes that a store can make, each planted into a store that makes none, to prove that the cases find them. */
import { type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** Puts one mistake into a store. */
export type PlantedBug = (store: StoreDriverShape) => Partial<StoreDriverShape>

const ignoring = (tag: StoreError["reason"]["_tag"], operation: Effect.Effect<void, StoreError>) =>
  Effect.catchIf(
    operation,
    (error) => error.reason._tag === tag,
    () => Effect.void
  )

/** Appends at the end of the log, wherever the writer thought that it is. */
const renumbering =
  (store: StoreDriverShape): StoreDriverShape["append"] =>
  (request) =>
    Effect.flatMap(store.get(request.runId), (row) =>
      store.append({
        ...request,
        afterSequence: row?.sequence ?? 0,
        events: request.events.map((event, index) => ({
          ...event,
          sequence: (row?.sequence ?? 0) + index + 1
        }))
      })
    )

export const plantedBugs: Readonly<Record<string, PlantedBug>> = {
  "a run that exists is created again in silence": ({ create }) => ({
    create: (run) => ignoring("RunExists", create(run))
  }),
  "an append of a stale sequence is put at the end": (store) => ({ append: renumbering(store) }),
  "an append of a stale sequence is dropped in silence": ({ append }) => ({
    append: (request) => ignoring("SequenceConflict", append(request))
  }),
  "an append of a stale epoch is written": ({ append, get }) => ({
    append: (request) =>
      Effect.flatMap(get(request.runId), (row) => append({ ...request, epoch: row?.epoch ?? request.epoch }))
  }),
  "the sequence is looked at before the epoch": ({ append, get }) => ({
    append: (request) =>
      Effect.flatMap(get(request.runId), (row) => {
        if (row === undefined || row.sequence === request.afterSequence) return append(request)
        const reason = {
          _tag: "SequenceConflict",
          expected: request.afterSequence,
          actual: row.sequence
        } as const
        return Effect.fail(new StoreError({ operation: "append", runId: request.runId, reason }))
      })
  }),
  "the status of an append is lost": ({ append }) => ({
    append: (request) => append({ ...request, status: "running" })
  }),
  "the cause of an event is lost": ({ read }) => ({
    read: (...request) =>
      Effect.map(read(...request), (events) => events.map((event) => ({ ...event, cause: undefined })))
  }),
  "an empty event is dropped": ({ read }) => ({
    read: (...request) => Effect.map(read(...request), (events) => events.filter(({ event }) => event !== ""))
  }),
  "a text ends at NUL": ({ read }) => ({
    read: (...request) =>
      Effect.map(read(...request), (events) =>
        events.map((event) => ({ ...event, event: event.event.split("\0")[0] ?? "" }))
      )
  }),
  "one event too many is read": ({ read }) => ({
    read: (runId, after, limit) => read(runId, after, limit + 1)
  }),
  "the event of the given number is read again": ({ read }) => ({
    read: (runId, after, limit) => read(runId, after - 1, limit)
  }),
  "an unknown run has an empty log": ({ read }) => ({
    read: (...request) =>
      Effect.catchIf(
        read(...request),
        ({ reason }) => reason._tag === "RunNotFound",
        () => Effect.succeed([])
      )
  }),
  "a run of a living owner is taken": ({ claim }) => ({
    claim: (request) => claim({ ...request, force: true })
  }),
  "a lease is over a moment too early": ({ claim }) => ({
    claim: (request) => claim({ ...request, nowMillis: request.nowMillis + 1 })
  }),
  "a run is never taken by force": ({ claim }) => ({
    claim: (request) => claim({ ...request, force: false })
  }),
  "an owner takes its own run": ({ claim, get }) => ({
    claim: (request) =>
      Effect.flatMap(get(request.runId), (row) =>
        claim({ ...request, force: request.force || row?.owner === request.owner })
      )
  }),
  "no run is ever lost": ({ renew }) => ({ renew: (renewal) => Effect.as(renew(renewal), []) }),
  "a claim is not prolonged": () => ({ renew: () => Effect.succeed([]) }),
  "a run is not released": () => ({ release: () => Effect.void }),
  "a run is released by a stale owner": ({ get, release }) => ({
    release: (runId) => Effect.flatMap(get(runId), (row) => release(runId, row?.epoch ?? 0))
  }),
  "the same mail is put twice": ({ putMail, readMail }) => ({
    putMail: (runId, mail) =>
      Effect.flatMap(readMail(runId, 100), (found) =>
        putMail(runId, found.some(({ id }) => id === mail.id) ? { ...mail, id: `${mail.id}'` } : mail)
      )
  }),
  "mail is read the latest first": ({ readMail }) => ({
    readMail: (...request) => Effect.map(readMail(...request), (mail) => mail.toReversed())
  }),
  "mail is not consumed": ({ append }) => ({ append: (request) => append({ ...request, consumed: [] }) }),
  "mail is consumed by an append that is refused": ({ append, get }) => ({
    append: (request) =>
      Effect.tapError(append(request), () =>
        Effect.flatMap(get(request.runId), (row) =>
          row === undefined
            ? Effect.void
            : append({ ...request, epoch: row.epoch, afterSequence: row.sequence, events: [] })
        )
      )
  }),
  "a list ignores the flow": ({ list }) => ({ list: ({ flow: _flow, ...query }) => list(query) }),
  "a list ignores the status": ({ list }) => ({ list: ({ status: _status, ...query }) => list(query) }),
  "a list asks for one of the tags only": ({ list }) => ({
    list: (query) => list({ ...query, tags: query.tags?.slice(0, 1) ?? [] })
  }),
  "a list is sorted by UTF-16": ({ list }) => ({
    list: (query) =>
      Effect.map(list(query), (page) => ({
        ...page,
        runs: page.runs.toSorted(
          (a, b) => b.createdAtMillis - a.createdAtMillis || (a.runId < b.runId ? -1 : 1)
        )
      }))
  }),
  "a page says that there is more when there is not": ({ list }) => ({
    list: (query) => Effect.map(list(query), (page) => ({ ...page, next: page.next ?? "0:x" }))
  }),
  "a page ends one run too early": ({ list }) => ({
    list: (query) =>
      Effect.map(list(query), (page) =>
        page.next === undefined ? page : { ...page, runs: page.runs.slice(1) }
      )
  }),
  "an artifact is written over": ({ getArtifact, putArtifact }) => {
    const latest = new Map<string, string>()
    return {
      putArtifact: (hash, content) =>
        Effect.andThen(
          putArtifact(hash, content),
          Effect.sync(() => void latest.set(hash, content))
        ),
      getArtifact: (hash) => Effect.map(getArtifact(hash), (content) => latest.get(hash) ?? content)
    }
  },
  "changes are told to nobody": () => ({ changes: Stream.never }),
  "the arrival of mail is told to nobody": () => ({ arrivals: Stream.never }),
  "owners are told of every change": ({ changes }) => ({ arrivals: changes })
}
