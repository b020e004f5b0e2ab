/**
 * A store in the memory of this process, for tests and for runs that may be lost with it. It refuses what every other
 * store refuses, for the same reasons, so that what works on it works on a database.
 *
 * It is the fast path of the engine too: appending an event is pushing it to an array.
 */
import {
  type Append,
  type CachedOutput,
  CodePoints,
  type CreateRun,
  type Prune,
  type Pruned,
  type RunPage,
  type RunQuery,
  type RunRow,
  StoreDriver,
  type StoreDriverShape,
  StoreError,
  RowChange,
  RunCursor,
  RunList,
  StoreRequest
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
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

/** Writes the row of a run, whose log says where it ends. */
const write = (run: MemoryRun, row: RunRow): void => {
  run.epoch = row.epoch
  run.owner = row.owner
  run.leaseUntilMillis = row.leaseUntilMillis
  run.leaseMillis = row.leaseMillis
  run.wakeAtMillis = row.wakeAtMillis
}

/** Writes what a request makes of a run and, unless that is no news, tells of it. */
const settle = <A>(
  data: MemoryStoreData,
  runId: string,
  decide: (row: RunRow | undefined, run: MemoryRun | undefined) => RowChange.Decided<A>,
  isNews = true
): Result.Result<A, StoreError> => {
  const run = data.runs.get(runId)
  return Result.map(decide(run && rowOf(run), run), ({ answer, row }) => {
    if (run === undefined || row === undefined) return answer
    write(run, row)
    if (isNews) data.notify(runId)
    return answer
  })
}

const create = (data: MemoryStoreData, request: CreateRun): Effect.Effect<void, StoreError> => {
  const { runId } = request
  const known = data.runs.get(runId)
  const decided = RowChange.create(known && rowOf(known), request)
  if (Result.isFailure(decided)) return Effect.fail(decided.failure)
  const { row } = decided.success
  if (row === undefined) return Effect.void
  const gone = StoreRequest.artifactsNeeded(request).find((hash) => !data.artifacts.has(hash))
  if (gone !== undefined) return Effect.fail(StoreRequest.artifactGone(runId, gone))
  const { sequence: _, ...fields } = row
  const parts = { events: [...request.events], mail: new Map(), artifacts: new Set<string>() }
  const created: MemoryRun = { ...fields, wakeAtMillis: undefined, ...parts }
  data.add(created)
  for (const artifact of request.artifacts ?? []) data.addArtifact(created, artifact)
  data.notify(runId)
  return Effect.void
}

/** Appending is pushing: the fast path of the engine makes no row to throw away. */
const append = (data: MemoryStoreData, append: Append): Effect.Effect<void, StoreError> => {
  const refusal = StoreRequest.refuseAppend(append)
  if (refusal !== undefined) return Effect.fail(refusal)
  const run = data.runs.get(append.runId)
  if (run === undefined) return notFound("append", append.runId)
  const lost = RowChange.notWriter({ epoch: run.epoch, sequence: run.events.length }, append)
  if (lost !== undefined) return failed("append", append.runId, lost)
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

const renew = (
  data: MemoryStoreData,
  { runs, ...lease }: Parameters<Operations["renew"]>[0]
): Result.Result<ReadonlyArray<string>, StoreError> => {
  const lost: Array<string> = []
  for (const { epoch, runId } of runs) {
    const renewed = settle(data, runId, (row) => RowChange.renew(row, epoch, lease), false)
    if (Result.isFailure(renewed)) return Result.fail(renewed.failure)
    if (!renewed.success) lost.push(runId)
  }
  return Result.succeed(lost)
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
): Result.Result<void, StoreError> => {
  const run = data.runs.get(runId)
  const decided = RowChange.putMail(run && rowOf(run), runId, mail, run?.mail.has(mail.id) === true)
  return Result.map(decided, ({ row }) => {
    if (run === undefined || row === undefined) return
    write(run, row)
    run.mail.set(mail.id, mail)
    data.notify(runId)
    for (const listener of data.mailListeners) listener(runId)
  })
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

const answer = <A>(perform: () => Result.Result<A, StoreError>): Effect.Effect<A, StoreError> =>
  Effect.suspend(() => Effect.fromResult(perform()))

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
  claim: (request) => answer(() => settle(data, request.runId, (row) => RowChange.claim(row, request))),
  renew: (renewal) => answer(() => renew(data, renewal)),
  release: (runId, epoch) => answer(() => settle(data, runId, (row) => RowChange.release(row, epoch))),
  park: (parking) =>
    answer(() =>
      settle(data, parking.runId, (row, run) =>
        RowChange.park(row, parking, run !== undefined && run.mail.size > 0)
      )
    ),
  nextWake: (afterMillis) => Effect.sync(() => nextWake(data, afterMillis)),
  putMail: (runId, mail) => answer(() => putMail(data, runId, mail)),
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
