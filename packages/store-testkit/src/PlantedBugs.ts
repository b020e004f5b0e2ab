/**
 * Mistakes that a store can make, each to be planted into a store that makes none: whoever doubts that the cases would find
 * a mistake in their own store plants it there and looks.
 */
import { type StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { parkingSlips } from "./internal/parkingSlips.ts"
import { plantedSlips } from "./internal/plantedSlips.ts"

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

/** All mistakes, by what is so in a store that makes them. */
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
  "a claim that was watched is taken although it was prolonged": ({ claim, get }) => ({
    claim: (request) =>
      Effect.flatMap(get(request.runId), (row) =>
        request.watched === undefined || row === undefined
          ? claim(request)
          : claim({
              ...request,
              watched: { epoch: request.watched.epoch, leaseUntilMillis: row.leaseUntilMillis }
            })
      )
  }),
  "a claim that was watched and prolonged is over by its time": ({ claim, get }) => ({
    claim: ({ watched, ...request }) =>
      Effect.flatMap(get(request.runId), (row) =>
        claim({
          ...request,
          ...(watched !== undefined && (row?.leaseUntilMillis ?? 0) > request.nowMillis && { watched })
        })
      )
  }),
  "a claim that was watched counts as any other": ({ claim }) => ({
    claim: ({ watched: _watched, ...request }) => claim(request)
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
      putArtifact: (runId, hash, content) =>
        Effect.andThen(
          putArtifact(runId, hash, content),
          Effect.sync(() => void latest.set(hash, content))
        ),
      getArtifact: (hash) => Effect.map(getArtifact(hash), (content) => latest.get(hash) ?? content)
    }
  },
  "a list ignores from when on": ({ list }) => ({
    list: ({ createdFromMillis: _from, ...query }) => list(query)
  }),
  "a list takes a run of the very moment before which it was asked": ({ list }) => ({
    list: (query) =>
      list(
        query.createdBeforeMillis === undefined
          ? query
          : { ...query, createdBeforeMillis: query.createdBeforeMillis + 1 }
      )
  }),
  "an artifact is put for a run that does not exist": ({ putArtifact }) => ({
    putArtifact: (...request) => ignoring("RunNotFound", putArtifact(...request))
  }),
  "a new run loses its artifacts": ({ create }) => ({
    create: ({ artifacts: _artifacts, ...run }) => create(run)
  }),
  "cached outputs never expire": ({ putCached }) => ({
    putCached: (output) => putCached({ ...output, expiresAtMillis: undefined })
  }),
  "cached outputs are given a moment too long": ({ getCached }) => ({
    getCached: (key, nowMillis) => getCached(key, nowMillis - 1)
  }),
  "cached outputs are never replaced": ({ getCached, putCached }) => ({
    putCached: (output) =>
      Effect.flatMap(getCached(output.key, -Infinity), (found) =>
        found === undefined ? putCached(output) : Effect.void
      )
  }),
  "a dry run deletes": ({ prune }) => ({ prune: (request) => prune({ ...request, isDryRun: false }) }),
  "a prune deletes nothing": ({ prune }) => ({ prune: (request) => prune({ ...request, isDryRun: true }) }),
  "a prune has no limit": ({ prune }) => ({ prune: (request) => prune({ ...request, limit: Infinity }) }),
  "a run of the very moment is pruned": ({ prune }) => ({
    prune: (request) => prune({ ...request, endedBeforeMillis: request.endedBeforeMillis + 1 })
  }),
  "a paused run is pruned": ({ append, list, prune }) => ({
    prune: (request) =>
      Effect.gen(function* () {
        if (!request.isDryRun) {
          const { runs } = yield* list({ limit: 1000, status: "paused" })
          for (const { epoch, runId, sequence, updatedAtMillis } of runs) {
            const at = { epoch, afterSequence: sequence, nowMillis: updatedAtMillis }
            yield* append({ runId, ...at, status: "cancelled", events: [], consumed: [] })
          }
        }
        return yield* prune(request)
      })
  }),
  "an artifact goes with the first of its runs": (store) => {
    const gone = new Set<string>()
    const hashes = new Map<string, Set<string>>()
    return {
      putArtifact: (runId, hash, content) =>
        Effect.andThen(
          store.putArtifact(runId, hash, content),
          Effect.sync(() => void hashes.set(runId, (hashes.get(runId) ?? new Set()).add(hash)))
        ),
      prune: (request) =>
        Effect.tap(store.prune(request), ({ runIds }) =>
          Effect.sync(() => {
            if (request.isDryRun) return
            for (const runId of runIds) for (const hash of hashes.get(runId) ?? []) gone.add(hash)
          })
        ),
      getArtifact: (hash) => (gone.has(hash) ? Effect.undefined : store.getArtifact(hash))
    }
  },
  "artifacts are never deleted": ({ getArtifact, putArtifact }) => {
    const kept = new Map<string, string>()
    return {
      putArtifact: (runId, hash, content) =>
        Effect.andThen(
          putArtifact(runId, hash, content),
          Effect.sync(() => void kept.set(hash, kept.get(hash) ?? content))
        ),
      getArtifact: (hash) => Effect.map(getArtifact(hash), (content) => content ?? kept.get(hash))
    }
  },
  "changes are told to nobody": () => ({ changes: Stream.never }),
  "the arrival of mail is told to nobody": () => ({ arrivals: Stream.never }),
  "owners are told of every change": ({ changes }) => ({ arrivals: changes }),
  ...parkingSlips,
  ...plantedSlips
}
