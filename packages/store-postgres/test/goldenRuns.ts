import type { StoreDriverShape, StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { append, events, run } from "./requests.ts"

/** What every golden schema holds: something of each kind that a store keeps. */
export const writeGoldenRuns = (store: StoreDriverShape): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    yield* store.create(run("first", { tags: ["nightly", "🙂", "\0"], events: events(0, 20) }))
    const failed = events(20, 2).map((event) => ({ ...event, cause: '{"hook":"it\'s \\"reviewed\\""}' }))
    yield* store.append(append("first", 20, { events: failed, status: "failed" }))
    yield* store.create(run("second", { flow: "other", nowMillis: 2_000 }))
    yield* store.claim({ runId: "second", owner: "b", nowMillis: 700_000, leaseMillis: 5_000, force: false })
    yield* store.putMail("second", { id: "pause", atMillis: 3_000, command: '{"_tag":"PauseRun"}' })
    for (const id of ["first", "second"]) yield* store.putArtifact(id, "of both", "content")
    yield* store.putArtifact("first", "hash", "content")
    yield* store.putCached({ key: "asked", content: "{}", atMillis: 1_000, expiresAtMillis: 9_000 })
  })

/** All that a store of them answers. */
export const readGoldenRuns = (store: StoreDriverShape): Effect.Effect<unknown, StoreError> =>
  Effect.all({
    runs: store.list({ limit: 10 }),
    tagged: store.list({ limit: 10, tags: ["nightly", "\0"] }),
    log: store.read("first", 0, 100),
    mail: store.readMail("second", 10),
    artifact: store.getArtifact("of both"),
    cached: store.getCached("asked", 1_000),
    pruned: store.prune({ endedBeforeMillis: 1e15, nowMillis: 1e15, limit: 10, isDryRun: true })
  })
