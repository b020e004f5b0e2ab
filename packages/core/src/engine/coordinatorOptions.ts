/** What the coordinator of one run is made with. */
import type { Envelope, RunState } from "@dagflow/protocol"
import type * as Context from "effect/Context"
import type { ActionRegistry } from "../action/Actions.ts"
import type * as Hook from "../hook/Hook.ts"
import type { RunStore } from "../store/RunStore.ts"
import type { KinRuns } from "./kinRuns.ts"
import type { SlotPool } from "./SlotPool.ts"
import type { Telemetry } from "./Telemetry.ts"

/** What a coordinator needs. */
export interface CoordinatorOptions {
  readonly state: RunState.RunState
  readonly begin: {
    /** Events that have just been recorded, so that nobody has to read them back. */
    readonly recorded: ReadonlyArray<Envelope.Envelope>
    /** Events to which hooks owe answers. */
    readonly owed: ReadonlyArray<Envelope.Envelope>
    /** Whether another owner had the run before: what it left open is settled first. */
    readonly isTakenUp: boolean
  }
  readonly store: RunStore
  /** The runs above and below this one. */
  readonly kin: KinRuns
  readonly context: Context.Context<never>
  readonly actions: ActionRegistry
  readonly hooks: ReadonlyArray<Hook.Any<never>>
  readonly owner: string
  readonly epoch: number
  readonly slots: SlotPool | undefined
  readonly telemetry: Telemetry
  readonly inboxCapacity: number
  readonly hookConcurrency: number
  readonly storePatienceMillis: number
  /** How long the run only waits before it is parked; `Infinity`: it never is. */
  readonly parkAfterMillis: number
  /** Whether the engine takes up by itself what is parked and has to go on. */
  readonly wakesParked: boolean
  /** Whether the engine is being closed, so that a run that is given up is not to go on here. */
  readonly isClosing: () => boolean
}
