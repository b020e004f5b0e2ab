/** Runs as documents: taken out of a store, compared, and put into one. */
import {
  type Envelope,
  RunArchive,
  type RunDelta,
  RunDifference,
  RunError,
  RunStatus,
  type StoreError
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { finishCancelling } from "../decide/interruptRun.ts"
import { Turn } from "../decide/Turn.ts"
import { wholeUntil } from "../decide/wholeLog.ts"
import { type RunStore, runIdProblem } from "../store/RunStore.ts"
import { findRow } from "./findRow.ts"
import { foldRun } from "./loadRun.ts"
import { tagsOf } from "./tagsOf.ts"

/** Artifacts that are fetched at once. */
const fetchesMax = 8

/** The whole log of a run. An unknown run fails with `RunNotFound`. */
export const readLog = (
  store: RunStore,
  runId: string
): Effect.Effect<ReadonlyArray<Envelope.Envelope>, StoreError | RunError> =>
  Effect.gen(function* () {
    yield* findRow(store, runId)
    const log: Array<Envelope.Envelope> = []
    yield* store.readAll(runId, 0, (envelope) => void log.push(envelope))
    return log
  })

/** The large outputs that events refer to, as texts by their hash. */
const fetchArtifacts = (
  store: RunStore,
  runId: string,
  events: ReadonlyArray<Envelope.Envelope>
): Effect.Effect<Readonly<Record<string, string>>, StoreError | RunError> =>
  Effect.gen(function* () {
    const fetched = yield* Effect.forEach(
      RunArchive.artifactsOf(events),
      (hash) => Effect.map(store.driver.getArtifact(hash), (content) => [hash, content] as const),
      { concurrency: fetchesMax }
    )
    const gone = fetched.find(([, content]) => content === undefined)
    if (gone !== undefined) return yield* corrupt(runId, "getArtifact", `artifact ${gone[0]} is gone`)
    return Object.fromEntries(fetched.map(([hash, content]) => [hash, content ?? ""]))
  })

/** A run with everything that its store keeps of it. */
export const exportRun = (
  store: RunStore,
  runId: string
): Effect.Effect<RunArchive.RunArchive, StoreError | RunError> =>
  Effect.gen(function* () {
    const events = yield* readLog(store, runId)
    const artifacts = yield* fetchArtifacts(store, runId, events)
    return { format: "dagflow-run", version: 1, runId, events, artifacts }
  })

/** What a run has become since its event of some number. */
export const exportDelta = (
  store: RunStore,
  runId: string,
  after: number
): Effect.Effect<RunDelta.RunDelta, StoreError | RunError> =>
  Effect.gen(function* () {
    const row = yield* findRow(store, runId)
    if (!Number.isInteger(after) || after < 0 || after > row.sequence) {
      return yield* invalid(runId, `there is no event ${after}: the run has ${row.sequence}`)
    }
    const events: Array<Envelope.Envelope> = []
    yield* store.readAll(runId, after, (envelope) => void events.push(envelope))
    const artifacts = yield* fetchArtifacts(store, runId, events)
    return { format: "dagflow-run-delta", version: 1, runId, after, events, artifacts }
  })

/**
 * Puts a run into a store, owned by nobody. Its log is checked first: one that breaks the rules is refused. The log of a run
 * that has not ended gets the first epoch, since its next owner has the second one. One that was cut in the middle of a decision
 * begins before it, as a fork does.
 */
export const importRun = (
  store: RunStore,
  document: unknown,
  options: { readonly id?: string; readonly owner: string; readonly leaseMillis: number }
): Effect.Effect<string, StoreError | RunError> =>
  Effect.gen(function* () {
    const archive = RunArchive.read(document)
    if (Result.isFailure(archive)) return yield* invalid(options.id ?? "", archive.failure)
    const { artifacts, events: given, runId: own } = archive.success
    const runId = options.id ?? own
    const problem = runIdProblem(runId)
    if (problem !== undefined) return yield* invalid(runId, problem)
    const isOver = RunStatus.isEnded(foldRun(own, given).state.status)
    const events = given
      .slice(0, isOver ? given.length : wholeUntil(given))
      .map((envelope) => ({ ...envelope, runId, epoch: isOver ? envelope.epoch : 1 }))
    const { state } = foldRun(runId, events)
    const broken = state.violations[0] ?? (state.flow === undefined ? "the log has no events" : undefined)
    if (broken !== undefined) return yield* invalid(runId, `the log breaks the rules: ${broken}`)
    const nowMillis = yield* Clock.currentTimeMillis
    const turn = new Turn(state)
    turn.epoch = 1
    turn.nowMillis = nowMillis
    finishCancelling(turn)
    const create = store.create({
      runId,
      flow: state.flow?.name ?? "",
      // Under another id, a child run is a copy that its parent knows nothing of.
      tags: tagsOf(runId === own ? state : { flow: state.flow, parent: undefined }),
      owner: options.owner,
      leaseMillis: options.leaseMillis,
      nowMillis,
      status: state.status,
      events: [...events, ...turn.take()],
      ...(Object.keys(artifacts).length > 0 && {
        artifacts: Object.entries(artifacts).map(([hash, content]) => ({ hash, content }))
      })
    })
    yield* Effect.catchIf(
      create,
      ({ reason }) => reason._tag === "RunExists",
      () => Effect.fail(new RunError({ runId, reason: { _tag: "RunExists" } }))
    )
    yield* store.release(runId, 1)
    return runId
  })

/** How two runs differ. */
export const compareRuns = (
  store: RunStore,
  left: string,
  right: string
): Effect.Effect<RunDifference.RunDifference, StoreError | RunError> =>
  Effect.map(Effect.all([readLog(store, left), readLog(store, right)]), ([a, b]) => RunDifference.make(a, b))

// -- internal -------------------------------------------------------------------------------------------------------

const invalid = (runId: string, message: string): Effect.Effect<never, RunError> =>
  Effect.fail(new RunError({ runId, reason: { _tag: "InvalidInput", message } }))

const corrupt = (runId: string, operation: string, message: string): Effect.Effect<never, RunError> =>
  Effect.fail(
    new RunError({ runId, reason: { _tag: "StoreFailed", operation, reason: { _tag: "Corrupt", message } } })
  )
