/** Deletes runs that ended a while ago. */
import type { Pruned, StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { RunStore } from "../store/RunStore.ts"

/** Runs that are deleted at once, between which others get their turn. */
const atOnce = 200

/** Which runs are deleted. */
export interface PruneOptions {
  /** Runs that ended longer ago than this. */
  readonly olderThan: Duration.Input
  /** Only tell what would be deleted; default false. */
  readonly dryRun?: boolean
  /** At most this many runs, those that ended the longest ago; default: all of them. */
  readonly limit?: number
}

const add = (sum: Pruned, more: Pruned): Pruned => ({
  runIds: [...sum.runIds, ...more.runIds],
  eventCount: sum.eventCount + more.eventCount,
  artifactCount: sum.artifactCount + more.artifactCount,
  cachedCount: sum.cachedCount + more.cachedCount
})

/** Deletes runs that ended a while ago, some at a time, or tells which. */
export const pruneRuns = (
  { driver }: RunStore,
  { dryRun = false, limit = Infinity, olderThan }: PruneOptions
): Effect.Effect<Pruned, StoreError> =>
  Effect.gen(function* () {
    const nowMillis = yield* Clock.currentTimeMillis
    const request = {
      endedBeforeMillis: nowMillis - Duration.toMillis(olderThan),
      nowMillis,
      isDryRun: dryRun
    }
    if (dryRun) return yield* driver.prune({ ...request, limit })
    let pruned: Pruned = { runIds: [], eventCount: 0, artifactCount: 0, cachedCount: 0 }
    while (pruned.runIds.length < limit) {
      const rest = Math.min(atOnce, limit - pruned.runIds.length)
      const more = yield* driver.prune({ ...request, limit: rest })
      pruned = add(pruned, more)
      if (more.runIds.length < rest) break
    }
    return pruned
  })
