/** A run that a store holds, whoever owns it: commands look at it and leave it where it is. */
import { DagFlow } from "@dagflow/core"
import {
  type Envelope,
  Evolve,
  type RunError,
  type RunRow,
  type RunState,
  StoreDriver,
  type StoreDriverShape,
  type StoreError
} from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Globals } from "../command/Globals.ts"
import * as OpenedStore from "../config/OpenedStore.ts"
import type { CliFailure } from "../output/CliFailure.ts"
import { readOnly } from "./EngineLayer.ts"
import * as RunSelector from "./RunSelector.ts"

/** A run with the store that holds it. */
export interface FoundRun extends OpenedStore.OpenedStore {
  readonly row: RunRow
}

/** Finds the run that a word means and does something with it; the engine at hand runs nothing. */
export const use = <A, E>(
  word: string,
  globals: Globals,
  body: (found: FoundRun) => Effect.Effect<A, E, DagFlow>
): Effect.Effect<A, E | CliFailure | StoreError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const store = yield* OpenedStore.openForReading(globals)
      const { driver, location } = store
      const row = yield* Effect.provideService(RunSelector.find(word, location.option), StoreDriver, driver)
      return yield* Effect.provide(body({ ...store, row }), readOnly(driver))
    })
  )

/** Reads a run, up to the event of a number or to its end. `see` gets every event. */
export const load = (
  runId: string,
  until = Number.POSITIVE_INFINITY,
  see: (envelope: Envelope.Envelope) => void = () => {}
): Effect.Effect<RunState.RunState, RunError, DagFlow> =>
  Effect.gen(function* () {
    const state = Evolve.fold(runId, [])
    const dagflow = yield* DagFlow
    const events = Stream.takeWhile(dagflow.events(runId), (envelope) => envelope.sequence <= until)
    yield* Stream.runForEach(events, (envelope) =>
      Effect.sync(() => {
        see(envelope)
        Evolve.evolve(state, envelope)
      })
    )
    return state
  })

/** Reads a run that may not be there, because it was pruned or is yet to be created. */
export const loadIfThere = (runId: string): Effect.Effect<RunState.RunState | undefined, RunError, DagFlow> =>
  Effect.catchIf(
    load(runId),
    ({ reason }) => reason._tag === "RunNotFound",
    () => Effect.undefined
  )

/** Reads a run until it has ended. */
export const follow = (runId: string): Effect.Effect<RunState.RunState, RunError, DagFlow> =>
  Effect.gen(function* () {
    const dagflow = yield* DagFlow
    const state = Evolve.fold(runId, [])
    const events = dagflow.events(runId, { follow: true })
    yield* Stream.runForEach(events, (envelope) => Effect.sync(() => Evolve.evolve(state, envelope)))
    return state
  })

/** Reads a run with an engine of its own. */
export const loadFrom = (
  driver: StoreDriverShape,
  runId: string,
  see?: (envelope: Envelope.Envelope) => void
): Effect.Effect<RunState.RunState, RunError> => Effect.provide(load(runId, undefined, see), readOnly(driver))
