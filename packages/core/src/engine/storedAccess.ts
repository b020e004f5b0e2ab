import { type RunError, RunStatus, type RunState, type StoreError } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"
import type { Coordinator } from "./Coordinator.ts"
import { findRow } from "./findRow.ts"
import { loadRun } from "./loadRun.ts"
import { localAccess, wasParked } from "./localAccess.ts"
import { mapStoreError } from "./mapStoreError.ts"
import type { Look, RunAccess } from "./runAccess.ts"
import type { CommandOutcome, LiveMessage } from "./RunHandle.ts"
import { runEvents } from "./runEvents.ts"
import { sendToRun } from "./sendToRun.ts"
import { isSettledNow, untilSettled } from "./untilSettled.ts"
import { type Unowned, untilUnowned } from "./untilUnowned.ts"

/** What the way through the store needs. */
export interface StoredAccessOptions {
  readonly store: RunStore
  readonly runId: string
  /**
   * Takes the run up in this process. Who waits for the run here does so when nobody else executes it; without it, the run
   * is only followed.
   */
  readonly takeUp: ((unowned: Unowned) => Effect.Effect<Coordinator, StoreError | RunError>) | undefined
}

const lookNow = <A>(state: RunState.RunState, look: Look<A>): Effect.Effect<A> =>
  Effect.map(Clock.currentTimeMillis, (nowMillis) => look(state, nowMillis))

/** Another process was faster, this one cannot execute the run, or its engine is being closed: the run is followed. */
const isLeftAlone = (error: StoreError | RunError): boolean =>
  error._tag === "RunError" &&
  (error.reason._tag === "RunNotOwned" ||
    error.reason._tag === "ActionsMissing" ||
    error.reason._tag === "Parked")

/** Takes the run up as soon as nobody else executes it. */
const taken = ({
  runId,
  store,
  takeUp
}: StoredAccessOptions): Effect.Effect<Coordinator, StoreError | RunError> => {
  if (takeUp === undefined) return Effect.never
  return Effect.flatMap(untilUnowned(store, runId), (unowned) => {
    if (unowned === undefined) return Effect.never
    return Effect.catchIf(takeUp(unowned), isLeftAlone, (error) =>
      error._tag === "RunError" && error.reason._tag === "RunNotOwned"
        ? taken({ runId, store, takeUp })
        : Effect.never
    )
  })
}

/** The way to a run through the store, whoever executes it. */
export const storedAccess = (options: StoredAccessOptions): RunAccess => {
  const { runId, store, takeUp } = options
  const settle = <A>(look: Look<A>): Effect.Effect<A, StoreError | RunError> =>
    Effect.gen(function* () {
      const { state } = yield* loadRun(store, runId)
      if (yield* isSettledNow(store, state)) return yield* lookNow(state, look)
      const elsewhere = Effect.andThen(untilSettled(store, state), lookNow(state, look))
      const here = Effect.flatMap(taken(options), (coordinator) =>
        Effect.catchIf(
          localAccess(coordinator).settle(look),
          (error) => wasParked(coordinator, error),
          () => settle(look)
        )
      )
      return yield* Effect.raceFirst(elsewhere, here)
    })
  const send: RunAccess["send"] = (command) =>
    mapStoreError(runId)(
      Effect.gen(function* () {
        const row = yield* findRow(store, runId)
        const isFree = row.owner === undefined && !RunStatus.isEnded(row.status)
        if (isFree && takeUp !== undefined) {
          const up = takeUp({ row, watched: undefined })
          const coordinator = yield* Effect.catchIf(up, isLeftAlone, () => Effect.undefined)
          if (coordinator !== undefined) return yield* localAccess(coordinator).send(command)
        }
        // Should its owner be gone, whoever takes the run up here finds the command in the mail.
        const here = Effect.andThen(taken(options), Effect.never)
        const outcome = yield* Effect.raceFirst(sendToRun(store, row, command, true), here)
        return outcome as CommandOutcome
      })
    )
  return {
    see: (look) =>
      mapStoreError(runId)(Effect.flatMap(loadRun(store, runId), ({ state }) => lookNow(state, look))),
    settle: (look) => mapStoreError(runId)(settle(look)),
    send,
    events: (after) => runEvents(store, runId, { after, follow: true }),
    live: ({ after = 0 }) => recordedOnly(options, after)
  }
}

/** What is recorded. What attempts in other processes log and emit is not stored, so it is not among it. */
const recordedOnly = (
  { runId, store }: StoredAccessOptions,
  after: number
): Stream.Stream<LiveMessage, RunError> =>
  Stream.map(runEvents(store, runId, { after, follow: true }), (envelope): LiveMessage => ({
    _tag: "Recorded",
    envelope
  }))
