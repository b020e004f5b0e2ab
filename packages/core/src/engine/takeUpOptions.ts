import type { ActionRegistry } from "../action/Actions.ts"
import type { WatchedClaim } from "../store/RunStore.ts"
import type { Expected } from "./checkSame.ts"

/** What is needed to take a run up. */
export interface TakeUpOptions {
  readonly actions: ActionRegistry
  readonly force: boolean
  /** The claim that was watched for its lease and not prolonged, if any. */
  readonly watched?: WatchedClaim | undefined
  readonly allowChanged: ReadonlyArray<string>
  /** What the run must have been started from, if anything. */
  readonly expected: Expected | undefined
}
