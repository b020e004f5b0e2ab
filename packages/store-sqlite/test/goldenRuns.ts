import type { RunPage, StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { append, events, run } from "./requests.ts"

/** What every golden database holds: something of each kind that the first version kept. */
export const writeGoldenRuns = (store: StoreDriverShape): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    yield* store.create(run("first", { tags: ["nightly", "🙂"], events: events(0, 20) }))
    const failed = events(20, 2).map((event) => ({ ...event, cause: '{"hook":"review"}' }))
    yield* store.append(append("first", 20, { events: failed, status: "failed" }))
    yield* store.create(run("second", { flow: "other", nowMillis: 2_000 }))
    yield* store.claim({ runId: "second", owner: "b", nowMillis: 700_000, leaseMillis: 5_000, force: false })
    yield* store.putMail("second", { id: "pause", atMillis: 3_000, command: '{"_tag":"PauseRun"}' })
    yield* store.putArtifact("second", "hash", "content")
  })

/** What golden databases hold beside that from the second version on. */
export const writeGoldenCache = (store: StoreDriverShape): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    yield* store.putArtifact("first", "of both", "content")
    yield* store.putArtifact("second", "of both", "content")
    yield* store.putCached({ key: "asked", content: "{}", atMillis: 1_000, expiresAtMillis: 9_000 })
  })

const withoutLeases = ({ next, runs }: RunPage) => ({
  next,
  runs: runs.map((run) => ({ ...run, leaseMillis: undefined }))
})

/** All that a store of them answers. The first version did not keep how long a claim is. */
export const readGoldenRuns = (store: StoreDriverShape): Effect.Effect<unknown, StoreError> =>
  Effect.all({
    runs: Effect.map(store.list({ limit: 10 }), withoutLeases),
    tagged: Effect.map(store.list({ limit: 10, tags: ["nightly"] }), withoutLeases),
    log: store.read("first", 0, 100),
    mail: store.readMail("second", 10),
    artifact: store.getArtifact("hash")
  })

/** What a store answers from the second version on. */
export const readGoldenCache = (store: StoreDriverShape): Effect.Effect<unknown, StoreError> =>
  Effect.all({
    artifact: store.getArtifact("of both"),
    cached: store.getCached("asked", 1_000),
    pruned: store.prune({ endedBeforeMillis: 1e15, nowMillis: 1e15, limit: 10, isDryRun: true })
  })
