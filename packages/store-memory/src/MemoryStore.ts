/**
 * A store in the memory of this process, for tests and for runs that may be lost with it. It refuses what every other
 * store refuses, for the same reasons, so that what works on it works on a database.
 *
 * It is the fast path of the engine too: appending an event is pushing it to an array.
 */
import {
  type Append,
  type CachedOutput,
  type Claim,
  CodePoints,
  type CreateRun,
  type Parking,
  type Prune,
  type Pruned,
  type RunPage,
  type RunQuery,
  type RunRow,
  StoreDriver,
  type StoreDriverShape,
  StoreError,
  RunCursor,
  RunList,
  StoreRequest
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { memoryChanges } from "./internal/memoryChanges.ts"
import { type MemoryRun, MemoryStoreData } from "./MemoryStoreData.ts"

type Operations = Omit<StoreDriverShape, "name" | "abilities" | "changes" | "arrivals">

const failed = (
  operation: string,
  runId: string,
  reason: StoreError["reason"]
): Effect.Effect<never, StoreError> => Effect.fail(new StoreError({ operation, runId, reason }))

const notFound = (operation: string, runId: string): Effect.Effect<never, StoreError> =>
  failed(operation, runId, { _tag: "RunNotFound" })

const rowOf = (run: MemoryRun): RunRow => ({
  runId: run.runId,
  flow: run.flow,
  status: run.status,
  tags: run.tags,
  createdAtMillis: run.createdAtMillis,
  updatedAtMillis: run.updatedAtMillis,
  sequence: run.events.length,
  epoch: run.epoch,
  owner: run.owner,
  leaseUntilMillis: run.leaseUntilMillis,
  leaseMillis: run.leaseMillis,
  ...(run.wakeAtMillis !== undefined && { wakeAtMillis: run.wakeAtMillis })
})

const create = (data: MemoryStoreData, run: CreateRun): Effect.Effect<void, StoreError> => {
  const refusal = StoreRequest.refuseCreate(run)
  if (refusal !== undefined) return Effect.fail(refusal)
  if (data.runs.has(run.runId)) return failed("create", run.runId, { _tag: "RunExists" })
  const gone = StoreRequest.artifactsNeeded(run).find((hash) => !data.artifacts.has(hash))
  if (gone !== undefined) return Effect.fail(StoreRequest.artifactGone(run.runId, gone))
  const created: MemoryRun = {
    runId: run.runId,
    flow: run.flow,
    tags: [...run.tags],
    createdAtMillis: run.nowMillis,
    updatedAtMillis: run.nowMillis,
    status: run.status,
    epoch: 1,
    owner: run.owner,
    leaseUntilMillis: run.nowMillis + run.leaseMillis,
    leaseMillis: run.leaseMillis,
    wakeAtMillis: undefined,
    events: [...run.events],
    mail: new Map(),
    artifacts: new Set()
  }
  data.add(created)
  for (const artifact of run.artifacts ?? []) data.addArtifact(created, artifact)
  data.notify(run.runId)
  return Effect.void
}

const append = (data: MemoryStoreData, append: Append): Effect.Effect<void, StoreError> => {
  const refusal = StoreRequest.refuseAppend(append)
  if (refusal !== undefined) return Effect.fail(refusal)
  const run = data.runs.get(append.runId)
  if (run === undefined) return notFound("append", append.runId)
  if (run.epoch !== append.epoch) {
    return failed("append", append.runId, { _tag: "OwnershipLost", epoch: append.epoch, actual: run.epoch })
  }
  if (run.events.length !== append.afterSequence) {
    const reason = { expected: append.afterSequence, actual: run.events.length }
    return failed("append", append.runId, { _tag: "SequenceConflict", ...reason })
  }
  for (const event of append.events) run.events.push(event)
  for (const id of append.consumed) run.mail.delete(id)
  run.status = append.status
  run.updatedAtMillis = append.nowMillis
  data.notify(append.runId)
  return Effect.void
}

const matches = (run: MemoryRun, query: RunQuery): boolean =>
  (query.flow === undefined || run.flow === query.flow) &&
  (query.status === undefined || run.status === query.status) &&
  (query.tags === undefined || query.tags.every((tag) => run.tags.includes(tag))) &&
  (query.createdFromMillis === undefined || run.createdAtMillis >= query.createdFromMillis) &&
  (query.createdBeforeMillis === undefined || run.createdAtMillis < query.createdBeforeMillis) &&
  (query.dueAtMillis === undefined || RunList.isDue(run, query.dueAtMillis))

const list = (data: MemoryStoreData, query: RunQuery): Effect.Effect<RunPage, StoreError> => {
  const refusal = StoreRequest.refuseQuery(query)
  if (refusal !== undefined) return Effect.fail(refusal)
  const limit = StoreRequest.pageRuns(query)
  const runs: Array<RunRow> = []
  for (const run of data.newestFirst(
    query.cursor === undefined ? undefined : RunCursor.decode(query.cursor)
  )) {
    if (!matches(run, query)) continue
    const last = runs.at(-1)
    if (runs.length === limit && last !== undefined) {
      return Effect.succeed({ runs, next: RunCursor.encode(last) })
    }
    runs.push(rowOf(run))
  }
  return Effect.succeed({ runs, next: undefined })
}

const claim = (
  data: MemoryStoreData,
  claim: Parameters<Operations["claim"]>[0]
): Effect.Effect<Claim, StoreError> => {
  const refusal = StoreRequest.refuseClaim(claim)
  if (refusal !== undefined) return Effect.fail(refusal)
  const run = data.runs.get(claim.runId)
  if (run === undefined) return notFound("claim", claim.runId)
  const { watched } = claim
  const isOver =
    watched === undefined
      ? run.leaseUntilMillis <= claim.nowMillis
      : watched.epoch === run.epoch && watched.leaseUntilMillis === run.leaseUntilMillis
  if (!claim.force && run.owner !== undefined && !isOver) {
    return Effect.succeed({ _tag: "Owned", owner: run.owner, leaseUntilMillis: run.leaseUntilMillis })
  }
  run.epoch++
  run.owner = claim.owner
  run.leaseUntilMillis = claim.nowMillis + claim.leaseMillis
  run.leaseMillis = claim.leaseMillis
  run.wakeAtMillis = undefined
  data.notify(claim.runId)
  return Effect.succeed({ _tag: "Claimed", epoch: run.epoch, sequence: run.events.length })
}

const renew = (data: MemoryStoreData, renewal: Parameters<Operations["renew"]>[0]): ReadonlyArray<string> => {
  const lost: Array<string> = []
  for (const { epoch, runId } of renewal.runs) {
    const run = data.runs.get(runId)
    if (run === undefined || run.epoch !== epoch || run.owner === undefined) lost.push(runId)
    else {
      run.leaseUntilMillis = renewal.nowMillis + renewal.leaseMillis
      run.leaseMillis = renewal.leaseMillis
    }
  }
  return lost
}

const release = (data: MemoryStoreData, runId: string, epoch: number): void => {
  const run = data.runs.get(runId)
  if (run === undefined || run.epoch !== epoch || run.owner === undefined) return
  run.owner = undefined
  run.leaseUntilMillis = 0
  run.leaseMillis = 0
  data.notify(runId)
}

const park = (data: MemoryStoreData, parking: Parking): boolean => {
  StoreRequest.assertParking(parking)
  const run = data.runs.get(parking.runId)
  if (run === undefined || run.epoch !== parking.epoch || run.owner === undefined || run.mail.size > 0) {
    return false
  }
  run.wakeAtMillis = parking.wakeAtMillis
  release(data, parking.runId, parking.epoch)
  return true
}

const nextWake = (data: MemoryStoreData, afterMillis: number): number | undefined => {
  let next: number | undefined
  for (const { status, wakeAtMillis } of data.runs.values()) {
    if (wakeAtMillis === undefined || wakeAtMillis <= afterMillis) continue
    if (status !== "running" && status !== "paused") continue
    if (next === undefined || wakeAtMillis < next) next = wakeAtMillis
  }
  return next
}

const putMail = (
  data: MemoryStoreData,
  runId: string,
  mail: Parameters<Operations["putMail"]>[1]
): Effect.Effect<void, StoreError> => {
  const refusal = StoreRequest.refuseMail(runId, mail)
  if (refusal !== undefined) return Effect.fail(refusal)
  const run = data.runs.get(runId)
  if (run === undefined) return notFound("putMail", runId)
  if (run.mail.has(mail.id)) return Effect.void
  run.mail.set(mail.id, mail)
  run.wakeAtMillis = undefined
  data.notify(runId)
  for (const listener of data.mailListeners) listener(runId)
  return Effect.void
}

const putArtifact = (
  data: MemoryStoreData,
  runId: string,
  hash: string,
  content: string
): Effect.Effect<void, StoreError> => {
  const refusal = StoreRequest.refuseArtifact(runId, hash, content)
  if (refusal !== undefined) return Effect.fail(refusal)
  const run = data.runs.get(runId)
  if (run === undefined) return notFound("putArtifact", runId)
  data.addArtifact(run, { hash, content })
  return Effect.void
}

const putCached = (data: MemoryStoreData, output: CachedOutput): Effect.Effect<void, StoreError> => {
  const refusal = StoreRequest.refuseCached(output)
  if (refusal !== undefined) return Effect.fail(refusal)
  data.cached.set(output.key, { ...output })
  return Effect.void
}

const isFresh = ({ expiresAtMillis }: CachedOutput, nowMillis: number): boolean =>
  expiresAtMillis === undefined || expiresAtMillis > nowMillis

const getCached = (data: MemoryStoreData, key: string, nowMillis: number): CachedOutput | undefined => {
  const found = data.cached.get(key)
  return found !== undefined && isFresh(found, nowMillis) ? { ...found } : undefined
}

const endedLongAgo = (data: MemoryStoreData, { endedBeforeMillis, limit }: Prune): Array<MemoryRun> => {
  const found = [...data.runs.values()].filter(
    ({ status, updatedAtMillis }) =>
      status !== "running" && status !== "paused" && updatedAtMillis < endedBeforeMillis
  )
  const oldestFirst = found.sort(
    (a, b) => a.updatedAtMillis - b.updatedAtMillis || CodePoints.compare(a.runId, b.runId)
  )
  return oldestFirst.slice(0, StoreRequest.rows(limit, 1, oldestFirst.length))
}

const prune = (data: MemoryStoreData, request: Prune): Pruned => {
  StoreRequest.assertPrune(request)
  const runs = endedLongAgo(data, request)
  const expired = [...data.cached.values()].filter((output) => !isFresh(output, request.nowMillis))
  const pruned: Pruned = {
    runIds: runs.map(({ runId }) => runId),
    eventCount: runs.reduce((count, { events }) => count + events.length, 0),
    artifactCount: data.artifactsOnlyOf(runs).length,
    cachedCount: expired.length
  }
  if (request.isDryRun) return pruned
  for (const run of runs) data.remove(run)
  for (const { key } of expired) data.cached.delete(key)
  return pruned
}

const operations = (data: MemoryStoreData): Operations => ({
  create: (run) => Effect.suspend(() => create(data, run)),
  append: (request) => Effect.suspend(() => append(data, request)),
  read: (runId, afterSequence, limit) =>
    Effect.suspend(() => {
      const run = data.runs.get(runId)
      if (run === undefined) return notFound("read", runId)
      const first = Math.max(0, afterSequence)
      return Effect.succeed(run.events.slice(first, first + StoreRequest.rows(limit, 0, run.events.length)))
    }),
  get: (runId) =>
    Effect.sync(() => {
      const run = data.runs.get(runId)
      return run === undefined ? undefined : rowOf(run)
    }),
  list: (query) => Effect.suspend(() => list(data, query)),
  claim: (request) => Effect.suspend(() => claim(data, request)),
  renew: (renewal) => Effect.sync(() => renew(data, renewal)),
  release: (runId, epoch) => Effect.sync(() => release(data, runId, epoch)),
  park: (parking) => Effect.sync(() => park(data, parking)),
  nextWake: (afterMillis) => Effect.sync(() => nextWake(data, afterMillis)),
  putMail: (runId, mail) => Effect.suspend(() => putMail(data, runId, mail)),
  readMail: (runId, limit) =>
    Effect.sync(() =>
      [...(data.runs.get(runId)?.mail.values() ?? [])].slice(0, StoreRequest.rows(limit, 0, Infinity))
    ),
  putArtifact: (runId, hash, content) => Effect.suspend(() => putArtifact(data, runId, hash, content)),
  getArtifact: (hash) => Effect.sync(() => data.artifacts.get(hash)),
  putCached: (output) => Effect.suspend(() => putCached(data, output)),
  getCached: (key, nowMillis) => Effect.sync(() => getCached(data, key, nowMillis)),
  prune: (request) => Effect.sync(() => prune(data, request))
})

/**
 * Makes a handle on data in memory: on new data, or on that of another handle, as a second process would have it.
 *
 * **Example** (Taking up a run after its owner is gone)
 *
 * ```ts
 * const data = new MemoryStoreData()
 * const first = MemoryStore.make(data)
 * const second = MemoryStore.make(data)
 * ```
 */
export const make = (data: MemoryStoreData = new MemoryStoreData()): StoreDriverShape => ({
  name: "memory",
  abilities: {
    notify: true,
    artifacts: true,
    cache: true,
    prune: true,
    sharedProcesses: false,
    deadOwners: false,
    parking: true
  },
  ...operations(data),
  changes: memoryChanges(data.listeners),
  arrivals: memoryChanges(data.mailListeners)
})

/** A store on new data, which is lost with the layer. */
export const layer: Layer.Layer<StoreDriver> = Layer.sync(StoreDriver, () => make())

/** A store on data that other handles may share. */
export const layerOf = (data: MemoryStoreData): Layer.Layer<StoreDriver> =>
  Layer.sync(StoreDriver, () => make(data))
