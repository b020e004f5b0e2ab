import { Action, DagFlow, type Hook } from "@dagflow/core"
import type { RunError, RunReport, RunState, StoreDriverShape } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { withActions } from "./EngineLayer.ts"
import * as StoredRun from "./StoredRun.ts"

/** A run that has been cancelled. */
export interface Cancelled {
  readonly report: RunReport.RunReport
  readonly state: RunState.RunState
}

/**
 * Takes up a run that nobody owns, and cancels it. No action of it is needed for that, and none is run: what starts in
 * the moment before the command is carried out does nothing.
 *
 * Fails with `RunNotOwned` when somebody owns the run.
 */
export const cancelUnowned = (
  driver: StoreDriverShape,
  runId: string,
  hooks: ReadonlyArray<Hook.Any<never>>,
  reason: string | undefined
): Effect.Effect<Cancelled, RunError> =>
  Effect.gen(function* () {
    const before = yield* StoredRun.loadFrom(driver, runId)
    const engine = withActions(driver, { hooks }, idleActions(before), 0)
    const cancel = Effect.gen(function* () {
      const dagflow = yield* DagFlow
      const handle = yield* dagflow.resume(runId)
      return yield* handle.cancel(reason)
    })
    const report = yield* Effect.provide(cancel, engine)
    return { report, state: yield* StoredRun.loadFrom(driver, runId) }
  })

/** Actions of the names and versions that a run needs, which wait to be interrupted. */
const idleActions = (state: RunState.RunState): ReadonlyArray<Action.Any<never>> => {
  const names = new Set(
    state.nodes.flatMap(({ spec }) =>
      spec.failure === undefined ? [spec.action] : [spec.action, spec.failure]
    )
  )
  return [...names].map((name) => {
    const version = state.actions[name]
    return Action.fn(name, () => Effect.never, version === undefined ? {} : { version })
  })
}
