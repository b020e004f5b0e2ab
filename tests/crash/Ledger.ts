/**
 * What actions really did, written down outside of the store and forced to the disk before they go on: the side effects of
 * a program that may be killed at any moment.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs"

/** One side effect. */
export interface Entry {
  readonly kind: "action" | "hook"
  /** The node that was worked on, or the hook that was asked. */
  readonly name: string
  /** Number of the attempt, or of the event that the hook was asked about. */
  readonly number: number
  readonly pid: number
}

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
