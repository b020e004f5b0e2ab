import { Action, DagFlow, type Hook } from "@dagflow/core"
import {
  type RunError,
  type RunReport,
  type RunState,
  RunStatus,
  type StoreDriverShape
} from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { withActions } from "./EngineLayer.ts"
import * as StoredRun from "./StoredRun.ts"

/** A run that has been cancelled. */
export interface Cancelled {
  readonly report: RunReport.RunReport
  readonly state: RunState.RunState
}

/**
 * Takes up a run that nobody owns, and cancels it. No action of it is needed for that, and none is run: the command is left
 * for the run before it is taken up, so that it is decided before anything starts.
 *
 * Fails with `RunNotOwned` when somebody owns the run, who then finds the command.
 */
export const cancelUnowned = (
  driver: StoreDriverShape,
  runId: string,
  hooks: ReadonlyArray<Hook.Any<never>>,
  reason: string | undefined,
  id = `cancel-${crypto.randomUUID()}`
): Effect.Effect<Cancelled, RunError> =>
  Effect.gen(function* () {
    const before = yield* StoredRun.loadFrom(driver, runId)
    const engine = withActions(driver, { hooks }, idleActions(before), 0)
    const cancel = Effect.gen(function* () {
      const dagflow = yield* DagFlow
      const atMillis = yield* Clock.currentTimeMillis
      const command = { _tag: "CancelRun", id, ...(reason !== undefined && { reason }) }
      yield* Effect.ignore(driver.putMail(runId, { id, atMillis, command: JSON.stringify(command) }))
      const handle = yield* dagflow.resume(runId)
      const report = yield* handle.outcome
      // The command could not be left, or so much else had been that it was not among what was read at once.
      return RunStatus.isEnded(report.status) ? report : yield* handle.cancel(reason)
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
