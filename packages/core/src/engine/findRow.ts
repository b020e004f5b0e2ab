/** Where a run is looked for by its id. */
import { RunError, type RunRow } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { type RunStore, runIdProblem } from "../store/RunStore.ts"
import { mapStoreError } from "./mapStoreError.ts"
import { untilThere } from "./untilThere.ts"

/** What there is to know of a run in the store. A run that is not there fails with `RunNotFound`. */
export const findRow = (store: RunStore, runId: string): Effect.Effect<RunRow, RunError> => {
  // A program without types may ask for `undefined`, such as an argument that was left out.
  if (typeof runId !== "string") return Effect.fail(refusedId(runId, runIdProblem(runId)))
  return Effect.filterOrFail(
    mapStoreError(runId)(store.get(runId)),
    Predicate.isNotUndefined,
    () => new RunError({ runId, reason: { _tag: "RunNotFound" } })
  )
}

/** The same once the run is there, however long that takes. */
export const awaitRow = (store: RunStore, runId: string): Effect.Effect<RunRow, RunError> =>
  Effect.catchIf(
    findRow(store, runId),
    ({ reason }) => reason._tag === "RunNotFound",
    () => Effect.andThen(mapStoreError(runId)(untilThere(store, runId)), findRow(store, runId))
  )

/** What somebody is told who names a run by something that is no id. */
export const refusedId = (runId: unknown, message = "this is no id of a run"): RunError =>
  new RunError({ runId: String(runId), reason: { _tag: "InvalidInput", message } })
