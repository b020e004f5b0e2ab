/** Waits for runs that another process executes, by their logs. */
import { Descendants, Evolve, RunStatus, type RunState, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { restsForSomebody, waitsForSomebody } from "../decide/waitsForSomebody.ts"
import type { RunStore } from "../store/RunStore.ts"
import { loadDescendants } from "./descendants.ts"
import { followLog } from "./followLog.ts"
import { loadRun } from "./loadRun.ts"
import { untilThere } from "./untilThere.ts"

const isSettled = (state: RunState.RunState): boolean =>
  RunStatus.isEnded(state.status) || waitsForSomebody(state)

/** Follows a run until what is asked of it holds. Whole appends are looked at, as far as pages hold them. */
const followUntil = (
  store: RunStore,
  state: RunState.RunState,
  holds: () => boolean
): Effect.Effect<void, StoreError> =>
  followLog(store, state.runId, state.sequence).pipe(
    Stream.mapArray((envelopes) => {
      for (const envelope of envelopes) Evolve.evolve(state, envelope)
      return [holds()] as const
    }),
    Stream.filter((isOver) => isOver),
    Stream.runHead,
    Effect.asVoid
  )

/**
 * Tells whether a run has ended, or only waits for somebody, with every run below it. A child that has ended does not count as
 * one that waits: its parent goes on once it has been told.
 */
export const isSettledNow = (
  store: RunStore,
  state: RunState.RunState
): Effect.Effect<boolean, StoreError> => {
  if (state.children.size === 0 || RunStatus.isEnded(state.status)) return Effect.succeed(isSettled(state))
  if (!restsForSomebody(state)) return Effect.succeed(false)
  const open = Descendants.openChildren(state.children)
  return Effect.map(loadDescendants(store, { open, ended: [] }, Infinity), ({ states }) =>
    [state, ...states.values()].every(
      (one) =>
        (one.children.size === 0 ? waitsForSomebody(one) : restsForSomebody(one)) &&
        Descendants.openChildren(one.children).every(({ runId }) => states.has(runId))
    )
  )
}

/** Follows a run until it has ended, or only waits for somebody with every run below it. */
export const untilSettled = (store: RunStore, state: RunState.RunState): Effect.Effect<void, StoreError> =>
  Effect.suspend(() => {
    if (isSettled(state)) return Effect.void
    const rests = () => state.children.size > 0 && restsForSomebody(state)
    if (!rests()) {
      const moved = followUntil(store, state, () => isSettled(state) || rests())
      return Effect.andThen(moved, untilSettled(store, state))
    }
    const more = Effect.as(
      followUntil(store, state, () => true),
      false
    )
    return Effect.flatMap(Effect.raceFirst(more, Effect.as(childrenSettled(store, state), true)), (isOver) =>
      isOver ? Effect.void : untilSettled(store, state)
    )
  })

// -- internal -------------------------------------------------------------------------------------------------------

/** Follows the children one after the other, and looks at all of them again: the first may have moved on meanwhile. */
const childrenSettled = (store: RunStore, state: RunState.RunState): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    for (const { runId } of Descendants.openChildren(state.children)) {
      yield* untilThere(store, runId)
      const child = yield* loadRun(store, runId)
      yield* untilSettled(store, child.state)
      // Its parent is about to be told, and moves then.
      if (RunStatus.isEnded(child.state.status)) return yield* Effect.never
    }
    if (!(yield* isSettledNow(store, state))) yield* childrenSettled(store, state)
  })
