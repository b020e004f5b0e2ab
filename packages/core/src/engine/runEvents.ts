import { type Envelope, type RunError, RunStatus, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { RunStore } from "../store/RunStore.ts"
import { findRow } from "./findRow.ts"
import { followLog } from "./followLog.ts"
import { storeFailed } from "./mapStoreError.ts"

/** The events of a run in the store, to where its log ends now, or as they come to the end of the run. */
export const runEvents = (
  store: RunStore,
  runId: string,
  { after = 0, follow = false }: { readonly after?: number; readonly follow?: boolean }
): Stream.Stream<Envelope.Envelope, RunError> => {
  const open = Effect.map(findRow(store, runId), (row) => {
    const isRead = RunStatus.isEnded(row.status) && after >= row.sequence
    const log = follow && !isRead ? followLog(store, runId, after, "small") : store.log(runId, after)
    return Stream.mapError(log, (error: StoreError) => storeFailed(runId, error))
  })
  return Stream.unwrap(open)
}
