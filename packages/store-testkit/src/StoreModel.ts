/**
 * The reference model: a store that does what the contract says in the plainest way, with which random histories on a real
 * store are compared. It is slow, keeps everything in memory, and forgets it with the process.
 */
import {
  type Append,
  type CachedOutput,
  CodePoints,
  type CreateRun,
  type Mail,
  type Parking,
  type Prune,
  type Pruned,
  RunList,
  type RunRow,
  type StoreAbilities,
  type StoreDriverShape,
  type StoredEvent,
  StoreError,
  StoreRequest
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { limited } from "./internal/limited.ts"

interface ModelRun {
  row: RunRow
  readonly events: Array<StoredEvent>
  readonly mail: Map<string, Mail>
  readonly artifacts: Set<string>
}

/** The data of a model; models of the same data are handles on one store. */
export class ModelData {
  readonly runs = new Map<string, ModelRun>()
  readonly artifacts = new Map<string, string>()
  readonly cached = new Map<string, CachedOutput>()
  readonly changeListeners = new Set<(runId: string) => void>()
  readonly mailListeners = new Set<(runId: string) => void>()
}

/** What the model offers: all that one process can. */
export const abilities: StoreAbilities = {
  notify: true,
  artifacts: true,
  cache: true,
  prune: true,
  sharedProcesses: false,
  deadOwners: false,
  parking: true
}

/** Makes a model on new data or on that of another one. What `offered` leaves out, it refuses. */
export const make = (
  data: ModelData = new ModelData(),
  offered: StoreAbilities = abilities
): StoreDriverShape =>
  limited(
    {
      name: "model",
      abilities,
      create: (run) => attempt("create", run.runId, () => create(data, run, offered)),
      append: (request) => attempt("append", request.runId, () => append(data, request)),
      read: (runId, after, limit) =>
        attempt("read", runId, () =>
          found(data, runId)
            .events.filter(({ sequence }) => sequence > after)
            .slice(0, rowsOf(limit))
        ),
      get: (runId) => attempt("get", runId, () => data.runs.get(runId)?.row),
      list: (query) =>
        attempt("list", undefined, () => {
          refuse(StoreRequest.refuseQuery(query))
          return RunList.page(
            [...data.runs.values()].map(({ row }) => row),
            query
          )
        }),
      claim: (request) => attempt("claim", request.runId, () => claim(data, request)),
      renew: (request) => attempt("renew", undefined, () => renew(data, request)),
      release: (runId, epoch) => attempt("release", runId, () => release(data, runId, epoch)),
      park: (request) => attempt("park", request.runId, () => park(data, request)),
      nextWake: (after) => attempt("nextWake", undefined, () => nextWake(data, after)),
      putMail: (runId, mail) => attempt("putMail", runId, () => putMail(data, runId, mail)),
      readMail: (runId, limit) =>
        attempt("readMail", runId, () =>
          [...(data.runs.get(runId)?.mail.values() ?? [])].slice(0, rowsOf(limit))
        ),
      putArtifact: (runId, hash, content) =>
        attempt("putArtifact", runId, () => {
          refuse(StoreRequest.refuseArtifact(runId, hash, content))
          keep(data, found(data, runId), hash, content)
        }),
      getArtifact: (hash) => attempt("getArtifact", undefined, () => data.artifacts.get(hash)),
      putCached: (output) =>
        attempt("putCached", undefined, () => {
          refuse(StoreRequest.refuseCached(output))
          data.cached.set(output.key, { ...output })
        }),
      getCached: (key, nowMillis) =>
        attempt("getCached", undefined, () => {
          const output = data.cached.get(key)
          return output === undefined || isExpired(output, nowMillis) ? undefined : { ...output }
        }),
      prune: (request) => attempt("prune", undefined, () => prune(data, request)),
      changes: news(data.changeListeners),
      arrivals: news(data.mailListeners)
    },
    offered
  )

// -- internal -------------------------------------------------------------------------------------------------------

/** Why an operation refuses, on its way out of it. */
class Refusal {
  readonly reason: StoreError["reason"]
  constructor(reason: StoreError["reason"]) {
    this.reason = reason
  }
}

const attempt = <A>(
  operation: string,
  runId: string | undefined,
  perform: () => A
): Effect.Effect<A, StoreError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(perform())
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      return Effect.fail(
        new StoreError({ operation, reason: thrown.reason, ...(runId !== undefined && { runId }) })
      )
    }
  })

const refuse = (refusal: StoreError | undefined): void => {
  if (refusal !== undefined) throw new Refusal(refusal.reason)
}

const rowsOf = (limit: number): number => StoreRequest.rows(limit, 0, Infinity)

const found = (data: ModelData, runId: string): ModelRun => {
  const run = data.runs.get(runId)
  if (run === undefined) throw new Refusal({ _tag: "RunNotFound" })
  return run
}

const tell = (listeners: ReadonlySet<(runId: string) => void>, runId: string): void => {
  for (const listener of listeners) listener(runId)
}

/** Changes a row and tells of it. */
const change = (data: ModelData, run: ModelRun, fields: Partial<RunRow>): void => {
  run.row = { ...run.row, ...fields }
  tell(data.changeListeners, run.row.runId)
}

const keep = (data: ModelData, run: ModelRun, hash: string, content: string | undefined): void => {
  run.artifacts.add(hash)
  if (content !== undefined && !data.artifacts.has(hash)) data.artifacts.set(hash, content)
}

const create = (data: ModelData, request: CreateRun, offered: StoreAbilities): void => {
  refuse(StoreRequest.refuseCreate(request, offered))
  const { artifacts = [], events, flow, leaseMillis, nowMillis, owner, runId, status, tags } = request
  if (data.runs.has(runId)) throw new Refusal({ _tag: "RunExists" })
  const gone = StoreRequest.artifactsNeeded(request).find((hash) => !data.artifacts.has(hash))
  if (gone !== undefined) refuse(StoreRequest.artifactGone(runId, gone))
  const row: RunRow = {
    runId,
    flow,
    status,
    tags: [...tags],
    createdAtMillis: nowMillis,
    updatedAtMillis: nowMillis,
    sequence: events.length,
    epoch: 1,
    owner,
    leaseUntilMillis: nowMillis + leaseMillis,
    leaseMillis
  }
  const run: ModelRun = { row, events: [...events], mail: new Map(), artifacts: new Set() }
  data.runs.set(runId, run)
  for (const { content, hash } of artifacts) keep(data, run, hash, content)
  tell(data.changeListeners, runId)
}

const append = (data: ModelData, request: Append): void => {
  refuse(StoreRequest.refuseAppend(request))
  const { afterSequence, consumed, epoch, events, nowMillis, status } = request
  const run = found(data, request.runId)
  if (run.row.epoch !== epoch) throw new Refusal({ _tag: "OwnershipLost", epoch, actual: run.row.epoch })
  if (run.row.sequence !== afterSequence) {
    throw new Refusal({ _tag: "SequenceConflict", expected: afterSequence, actual: run.row.sequence })
  }
  run.events.push(...events)
  for (const id of consumed) run.mail.delete(id)
  change(data, run, { status, updatedAtMillis: nowMillis, sequence: run.events.length })
}

const claim = (
  data: ModelData,
  request: Parameters<StoreDriverShape["claim"]>[0]
): Effect.Success<ReturnType<StoreDriverShape["claim"]>> => {
  refuse(StoreRequest.refuseClaim(request))
  const run = found(data, request.runId)
  const { epoch, leaseUntilMillis, owner, sequence } = run.row
  const { watched } = request
  const isOver =
    watched === undefined
      ? leaseUntilMillis <= request.nowMillis
      : watched.epoch === epoch && watched.leaseUntilMillis === leaseUntilMillis
  if (owner !== undefined && !isOver && !request.force) {
    return { _tag: "Owned", owner, leaseUntilMillis }
  }
  unpark(run)
  change(data, run, {
    epoch: epoch + 1,
    owner: request.owner,
    leaseUntilMillis: request.nowMillis + request.leaseMillis,
    leaseMillis: request.leaseMillis
  })
  return { _tag: "Claimed", epoch: epoch + 1, sequence }
}

const renew = (
  data: ModelData,
  { leaseMillis, nowMillis, runs }: Parameters<StoreDriverShape["renew"]>[0]
): ReadonlyArray<string> =>
  runs.flatMap(({ epoch, runId }) => {
    const run = data.runs.get(runId)
    if (run === undefined || run.row.epoch !== epoch || run.row.owner === undefined) return [runId]
    run.row = { ...run.row, leaseUntilMillis: nowMillis + leaseMillis, leaseMillis }
    return []
  })

const release = (data: ModelData, runId: string, epoch: number): void => {
  const run = data.runs.get(runId)
  if (run === undefined || run.row.epoch !== epoch || run.row.owner === undefined) return
  change(data, run, { owner: undefined, leaseUntilMillis: 0, leaseMillis: 0 })
}

const park = (data: ModelData, request: Parking): boolean => {
  StoreRequest.assertParking(request)
  const { epoch, runId, wakeAtMillis } = request
  const run = data.runs.get(runId)
  if (run === undefined || run.row.epoch !== epoch || run.row.owner === undefined) return false
  if (run.mail.size > 0) return false
  change(data, run, { owner: undefined, leaseUntilMillis: 0, leaseMillis: 0, wakeAtMillis })
  return true
}

const unpark = (run: ModelRun): void => {
  const { wakeAtMillis: _, ...row } = run.row
  run.row = row
}

const nextWake = (data: ModelData, afterMillis: number): number | undefined =>
  [...data.runs.values()]
    .flatMap(({ row }) => (isEnded(row) || row.wakeAtMillis === undefined ? [] : [row.wakeAtMillis]))
    .filter((wakeAtMillis) => wakeAtMillis > afterMillis)
    .sort((a, b) => a - b)[0]

const putMail = (data: ModelData, runId: string, mail: Mail): void => {
  refuse(StoreRequest.refuseMail(runId, mail))
  const run = found(data, runId)
  if (run.mail.has(mail.id)) return
  run.mail.set(mail.id, mail)
  unpark(run)
  tell(data.changeListeners, runId)
  tell(data.mailListeners, runId)
}

const isExpired = ({ expiresAtMillis }: CachedOutput, nowMillis: number): boolean =>
  expiresAtMillis !== undefined && expiresAtMillis <= nowMillis

const isEnded = ({ status }: RunRow): boolean => status !== "running" && status !== "paused"

const prune = (data: ModelData, request: Prune): Pruned => {
  StoreRequest.assertPrune(request)
  const runs = [...data.runs.values()]
    .filter(({ row }) => isEnded(row) && row.updatedAtMillis < request.endedBeforeMillis)
    .sort(
      ({ row: a }, { row: b }) =>
        a.updatedAtMillis - b.updatedAtMillis || CodePoints.compare(a.runId, b.runId)
    )
    .slice(0, StoreRequest.rows(request.limit, 1, Infinity))
  const left = [...data.runs.values()].filter((run) => !runs.includes(run))
  const unused = [...data.artifacts.keys()].filter(
    (hash) =>
      runs.some(({ artifacts }) => artifacts.has(hash)) && !left.some(({ artifacts }) => artifacts.has(hash))
  )
  const expired = [...data.cached.values()].filter((output) => isExpired(output, request.nowMillis))
  if (!request.isDryRun) {
    for (const { row } of runs) data.runs.delete(row.runId)
    for (const hash of unused) data.artifacts.delete(hash)
    for (const { key } of expired) data.cached.delete(key)
  }
  return {
    runIds: runs.map(({ row }) => row.runId),
    eventCount: runs.reduce((count, { events }) => count + events.length, 0),
    artifactCount: unused.length,
    cachedCount: expired.length
  }
}

const news = (listeners: Set<(runId: string) => void>): Stream.Stream<string> =>
  Stream.callback<string>((queue) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const listener = (runId: string): void => void Queue.offerUnsafe(queue, runId)
        listeners.add(listener)
        return listener
      }),
      (listener) => Effect.sync(() => listeners.delete(listener))
    )
  )
