/** What the processes of a schedule share: the data of a store, and a handle on it for each of them. */
import type { Mail, StoredEvent, StoreDriverShape, StoreError } from "@dagflow/protocol"
import type * as Effect from "effect/Effect"
import type { Scenario } from "../scenario/Scenario.ts"
import type { VirtualProcess } from "../world/VirtualProcess.ts"
import type { VirtualWorld } from "../world/VirtualWorld.ts"

/** Called with what a write has made durable, at that moment: also when whoever wrote it has gone meanwhile. */
export type OnDurable = (runId: string, events: ReadonlyArray<StoredEvent>) => void

/** The data of a store, as the processes of one schedule share them. */
export interface SimulatedDatabase {
  /** How long it may take until a process hears of what another one did, in milliseconds of the simulated time. */
  readonly newsMillis: number
  /** Opens a handle for a process, as one of its fibers. */
  readonly open: (
    process: VirtualProcess,
    onDurable: OnDurable
  ) => Effect.Effect<StoreDriverShape, StoreError>
  /** Leaves mail, as a process does that has no engine. */
  readonly putMail: (runId: string, mail: Mail) => void
  /** Looks at what is there once the runs have ended. */
  readonly look: <A>(question: (store: StoreDriverShape) => Effect.Effect<A, unknown>) => Promise<A>
  /** Closes all handles and deletes the data. */
  readonly close: () => Promise<void>
}

/** Makes the data of a schedule, which no run is in. */
export type MakeDatabase = (world: VirtualWorld, scenario: Scenario) => Promise<SimulatedDatabase>
