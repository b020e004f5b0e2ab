import { type RunState, WaitReason } from "@dagflow/protocol"
import { hasTimer, isWaiting } from "./finish.ts"

/**
 * Whether nothing more happens in a run without somebody, told by its log alone: it is paused, nodes wait for answers, or what
 * remains belongs to paused branches. A run that only waits for a time goes on by itself, and one with child runs may.
 */
export const waitsForSomebody = (state: RunState.RunState): boolean =>
  WaitReason.onlyWaits(state) && isWaiting(state) && restsForSomebody(state)

/** Whether nothing more happens in a run by itself, besides what its child runs do. */
export const restsForSomebody = (state: RunState.RunState): boolean =>
  state.result === undefined &&
  state.interrupted === undefined &&
  state.owed.size === 0 &&
  WaitReason.restsBesides(state) &&
  !hasTimer(state)
