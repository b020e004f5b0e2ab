import { Action, ChannelReducer, DagFlow, type Hook } from "@dagflow/core"
import {
  type NodeSpec,
  Reducer,
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
 * Takes up a run that nobody owns, and cancels it and its child runs. No action of theirs is needed for that, and none is run:
 * the command is left for the run before it is taken up, so that it is decided before anything starts.
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
    const family = yield* familyOf(driver, runId)
    const config = { hooks, reducers: idleReducers(family) }
    const engine = withActions(driver, config, idleActions(family), 0)
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

// -- internal -------------------------------------------------------------------------------------------------------

type Family = ReadonlyArray<RunState.RunState>

/** A run and the runs below it that have not ended. */
const familyOf = (driver: StoreDriverShape, runId: string): Effect.Effect<Family, RunError> =>
  Effect.gen(function* () {
    const state = yield* StoredRun.loadFrom(driver, runId)
    const below = yield* Effect.forEach([...state.children], ({ child }) =>
      child === undefined ? Effect.succeed([]) : familyIfThere(driver, child)
    )
    return RunStatus.isEnded(state.status) ? [] : [state, ...below.flat()]
  })

/** A child run may not have been created yet. */
const familyIfThere = (driver: StoreDriverShape, runId: string): Effect.Effect<Family, RunError> =>
  Effect.catchIf(
    familyOf(driver, runId),
    (error) => error.reason._tag === "RunNotFound",
    () => Effect.succeed([])
  )

const namesOf = ({ action, failure, flow }: NodeSpec.NodeSpec): ReadonlyArray<string> => [
  ...(flow === undefined ? [action] : flow.nodes.flatMap(namesOf)),
  ...(failure === undefined ? [] : [failure])
]

/** Actions of the names and versions that the runs need, which wait to be interrupted. */
const idleActions = (family: Family): ReadonlyArray<Action.Any<never>> => {
  const versions = Object.assign({}, ...family.map(({ actions }) => actions)) as Record<string, string>
  const names = new Set(family.flatMap(({ nodes }) => nodes.flatMap(({ spec }) => namesOf(spec))))
  return [...names].map((name) => Action.fn(name, () => Effect.never, versionOf(versions, name)))
}

/** Reducers of the names and versions that the runs need. A run that is cancelled merges nothing any more. */
const idleReducers = (family: Family): ReadonlyArray<ChannelReducer.Any> => {
  const versions = Object.assign({}, ...family.map(({ reducers }) => reducers)) as Record<string, string>
  const names = new Set(
    family.flatMap(({ flow }) =>
      Object.values(flow?.channels ?? {}).flatMap(({ reducer }) =>
        reducer === undefined || Reducer.find(reducer) !== undefined ? [] : [reducer]
      )
    )
  )
  return [...names].map((name) =>
    ChannelReducer.make(name, (current: unknown) => current, versionOf(versions, name))
  )
}

const versionOf = (versions: Readonly<Record<string, string>>, name: string) => {
  const version = versions[name]
  return version === undefined ? {} : { version }
}
