import { RunStatus, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"
import { followLog } from "./followLog.ts"
import { loadRun } from "./loadRun.ts"
import { untilSettled } from "./untilSettled.ts"

/**
 * Follows a run that another process executes, and tells each time that it only waits for somebody from now on, with every run
 * below it, or goes on. It never ends; whoever needs to know how the run ends learns that otherwise.
 */
export const followRest = (
  store: RunStore,
  runId: string,
  tell: (waits: boolean) => void
): Effect.Effect<never, StoreError> =>
  Effect.gen(function* () {
    // Also what was told before somebody began to follow anew, since the store was away.
    tell(false)
    const { state } = yield* loadRun(store, runId)
    yield* untilSettled(store, state)
    if (RunStatus.isEnded(state.status)) return yield* Effect.never
    tell(true)
    yield* Stream.runHead(followLog(store, runId, state.sequence))
    return yield* followRest(store, runId, tell)
  })
