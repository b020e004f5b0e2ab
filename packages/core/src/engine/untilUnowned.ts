import { neverMillis, type RunRow, type StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { RunStore, WatchedClaim } from "../store/RunStore.ts"

/** A run that nobody executes although somebody should. */
export interface Unowned {
  readonly row: RunRow
  /** The claim that was watched for its lease and not prolonged, if there is one. */
  readonly watched: WatchedClaim | undefined
}

const isEnded = ({ status }: RunRow): boolean => status !== "running" && status !== "paused"

/**
 * Waits until nobody executes a run although somebody should: it has no owner, its owner has not prolonged its claim for as
 * long as it was made for, by this process's own clock, or it is parked and its time has come. Answers `undefined` once the
 * run has ended or is gone.
 */
export const untilUnowned = (
  store: RunStore,
  runId: string
): Effect.Effect<Unowned | undefined, StoreError> => {
  const look = (seen: RunRow | undefined): Effect.Effect<Unowned | undefined, StoreError> =>
    Effect.flatMap(store.get(runId), (row) => {
      if (row === undefined || isEnded(row)) return Effect.succeed(undefined)
      if (row.owner === undefined) return awake(row)
      const { epoch, leaseUntilMillis } = row
      if (seen?.epoch === epoch && seen.leaseUntilMillis === leaseUntilMillis) {
        return Effect.succeed({ row, watched: { epoch, leaseUntilMillis } })
      }
      return Effect.andThen(Effect.sleep(row.leaseMillis), look(row))
    })
  const awake = (row: RunRow): Effect.Effect<Unowned | undefined, StoreError> =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
      const { wakeAtMillis } = row
      if (wakeAtMillis === undefined || wakeAtMillis <= nowMillis) {
        return Effect.succeed({ row, watched: undefined })
      }
      const due = wakeAtMillis === neverMillis ? Effect.never : Effect.sleep(wakeAtMillis - nowMillis)
      return Effect.andThen(Effect.scoped(asleep(row, due)), look(undefined))
    })
  /** Mail ends the parking, and whoever takes the run up then may park it for another time. */
  const asleep = Effect.fnUntraced(function* (row: RunRow, due: Effect.Effect<void>) {
    const listening = yield* Effect.forkScoped(Stream.runHead(store.changesOf(runId)), {
      startImmediately: true
    })
    // What happened before anybody listened is told to nobody.
    const now = yield* store.get(runId)
    if (now?.epoch !== row.epoch || now.wakeAtMillis !== row.wakeAtMillis) return
    yield* Effect.raceFirst(Fiber.join(listening), due)
  })
  return look(undefined)
}
