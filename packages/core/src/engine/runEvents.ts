import { type Envelope, RunError, RunStatus, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"
import { followLog } from "./followLog.ts"
import { mapStoreError, storeFailed } from "./mapStoreError.ts"

/** The events of a run in the store, to where its log ends now, or as they come to the end of the run. */
export const runEvents = (
  store: RunStore,
  runId: string,
  { after = 0, follow = false }: { readonly after?: number; readonly follow?: boolean }
): Stream.Stream<Envelope.Envelope, RunError> => {
  const open = Effect.flatMap(mapStoreError(runId)(store.get(runId)), (row) => {
    if (row === undefined) return Effect.fail(new RunError({ runId, reason: { _tag: "RunNotFound" } }))
    const isRead = RunStatus.isEnded(row.status) && after >= row.sequence
    const log = follow && !isRead ? followLog(store, runId, after) : store.log(runId, after)
    return Effect.succeed(Stream.mapError(log, (error: StoreError) => storeFailed(runId, error)))
  })
  return Stream.unwrap(open)
}
