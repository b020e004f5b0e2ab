/** The life of a run, as one table: `running ⇄ paused`, then exactly one of `completed`, `failed`, `cancelled`. */
import type { StoredStatus } from "../store/StoreDriver.ts"

/** Where a run stands. */
export type RunStatus = StoredStatus

const legal: Readonly<Record<RunStatus, ReadonlyArray<RunStatus>>> = {
  running: ["paused", "completed", "failed", "cancelled"],
  paused: ["running", "completed", "failed", "cancelled"],
  completed: [],
  failed: [],
  cancelled: []
}

/** Tells whether a run may go from one status to the other. */
export const isLegal = (from: RunStatus, to: RunStatus): boolean => legal[from].includes(to)

/** Tells whether a run is over. */
export const isEnded = (status: RunStatus): boolean => legal[status].length === 0
