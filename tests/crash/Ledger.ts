/**
 * What actions and hooks really did, written down outside of the store and forced to the disk before they go on: the side
 * effects of a program that may be killed at any moment.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs"

/** One side effect. */
export interface Entry {
  /**
   * `sent`: a command that somebody outside of the run was told to have been accepted. `stopped`: an attempt that was
   * interrupted. `lost`: somebody who waited for the run was told that another process has it.
   */
  readonly kind: "action" | "handler" | "hook" | "sent" | "stopped" | "lost"
  readonly runId: string
  /** The node that was worked on, the hook that was asked, or the id of the command. */
  readonly name: string
  /** Number of the attempt, of the event that the hook was asked about, or of the event that the command caused. */
  readonly number: number
  /** The process, by the name under which it owns runs. */
  readonly owner: string
}

/** Stands for the number of the event `RunEnding`, which `onComplete` of a hook is not told. */
export const lastQuestion = 0

/** Writes a side effect down; when this returns, it will not be forgotten. */
export const write = (file: string, entry: Entry): void => {
  const descriptor = openSync(file, "a")
  writeSync(descriptor, `${JSON.stringify(entry)}\n`)
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** Everything that was written down. */
export const read = (file: string): ReadonlyArray<Entry> =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Entry)
    : []
