/** What a process is told to do, and what it says about it: lines of JSON on its standard streams. */
import type { KillPoint } from "./KillPoint.ts"

/** Runs that a process brings to their end, alone or beside others that were told the same. */
export interface Assignment {
  /** Name of the store, and where in it the runs are. */
  readonly store: string
  readonly address: string
  /** Where the ledger and the kills are written down. */
  readonly folder: string
  /** The name under which the process owns runs. */
  readonly owner: string
  readonly runs: ReadonlyArray<string>
  readonly points: ReadonlyArray<KillPoint>
  /** How long a claim lasts; default: as the store has it. */
  readonly leaseMillis?: number
  readonly latch?: Latch
  /**
   * For a process on a machine of its own, whose clock is so much ahead of the true time. Whoever has `starts` starts the
   * runs; all such processes take up runs whose owner is gone, as engines with continuous recovery do.
   */
  readonly machine?: { readonly aheadMillis: number; readonly starts: boolean }
}

/** What goes on only once there is a file `release` in the folder. */
export interface Latch {
  /** The event whose gate hook does not answer, or whose action does not end; by its `eventName`. */
  readonly event: string
  /** Whether it stops the whole process while it waits, as code does that computes for long. */
  readonly isBlocking?: boolean
}

/** What a process says. */
export type Message =
  | { readonly _tag: "Ready" }
  /** It has opened the store. */
  | { readonly _tag: "Begun" }
  /** It makes the append at which it is to be killed. */
  | { readonly _tag: "Now" }
  /** All runs have ended. */
  | { readonly _tag: "Ended" }
  /** Something happened that must not. */
  | { readonly _tag: "Broke"; readonly message: string }

/** Path of the ledger. */
export const ledgerOf = (assignment: Pick<Assignment, "folder">): string =>
  `${assignment.folder}/ledger.jsonl`
