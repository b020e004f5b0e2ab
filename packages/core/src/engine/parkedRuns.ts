/** What an engine keeps of runs that it has parked, or has found parked below its own: with which actions they go on here. */
import type { StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { ActionRegistry } from "../action/Actions.ts"
import type { RunStore } from "../store/RunStore.ts"
import { loadRun } from "./loadRun.ts"
import { isSettledNow } from "./untilSettled.ts"

interface ParkedRun {
  readonly actions: ActionRegistry
  /** It, and every run below it, waits for somebody, and not for a time alone. */
  readonly waits: boolean
}

/** Parked runs that are child runs, or have actions of their own flow. Nothing is kept of others. */
export class ParkedRuns {
  readonly #runs = new Map<string, ParkedRun>()
  readonly #store: RunStore

  constructor(store: RunStore) {
    this.#store = store
  }

  has(runId: string): boolean {
    return this.#runs.has(runId)
  }

  /** What a run goes on with here, if it is known. */
  actionsOf(runId: string): ActionRegistry | undefined {
    return this.#runs.get(runId)?.actions
  }

  /** Whether a run is parked and only waits for somebody. */
  waits(runId: string): boolean {
    return this.#runs.get(runId)?.waits === true
  }

  note(runId: string, run: ParkedRun): void {
    this.#runs.set(runId, run)
  }

  /** A run goes on here, or has ended. */
  forget(runId: string): void {
    this.#runs.delete(runId)
  }

  /** Looks in the store whether a run that is parked only waits for somebody by now; answers its parent if so. */
  lookAgain(runId: string): Effect.Effect<string | undefined, StoreError> {
    return Effect.gen({ self: this }, function* () {
      const { state } = yield* loadRun(this.#store, runId)
      const waits = yield* isSettledNow(this.#store, state)
      const known = this.#runs.get(runId)
      if (!waits || known === undefined) return undefined
      this.#runs.set(runId, { ...known, waits })
      return state.parent?.runId
    })
  }
}
