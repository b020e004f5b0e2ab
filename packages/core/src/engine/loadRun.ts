/** A run as its log tells it. */
import { type Envelope, Evolve, type RunState, type StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { RunStore } from "../store/RunStore.ts"

/** A run that is being read from its log. */
export interface LoadedRun {
  readonly state: RunState.RunState
  /** Events to which hooks still owe answers. */
  readonly owed: Map<number, Envelope.Envelope>
}

/** A run of which nothing has been read yet. */
export const emptyRun = (runId: string): LoadedRun => ({
  state: Evolve.fold(runId, []),
  owed: new Map()
})

/** Reads on from where a loaded run stands to the end of its log. */
export const readOn = (store: RunStore, run: LoadedRun): Effect.Effect<void, StoreError> => {
  const { state } = run
  const read = store.readAll(state.runId, state.sequence, (envelope) => take(run, envelope))
  return Effect.map(read, () => forgetAnswered(run))
}

/** A run of these events. */
export const foldRun = (runId: string, events: ReadonlyArray<Envelope.Envelope>): LoadedRun => {
  const run = emptyRun(runId)
  for (const envelope of events) take(run, envelope)
  forgetAnswered(run)
  return run
}

const take = ({ owed, state }: LoadedRun, envelope: Envelope.Envelope): void => {
  Evolve.evolve(state, envelope)
  // The first owner's hooks are asked about the start of the run, which stands in the log before they are declared.
  if (envelope.sequence === 1 || state.owed.has(envelope.sequence)) owed.set(envelope.sequence, envelope)
}

const forgetAnswered = ({ owed, state }: LoadedRun): void => {
  for (const sequence of owed.keys()) if (!state.owed.has(sequence)) owed.delete(sequence)
}

/** Reads a run from its log. */
export const loadRun = (store: RunStore, runId: string): Effect.Effect<LoadedRun, StoreError> => {
  const run = emptyRun(runId)
  return Effect.as(readOn(store, run), run)
}
