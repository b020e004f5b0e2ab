/** What the actions of a server did, written down outside of its store and forced to the disk. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs"
import path from "node:path"

const fileIn = (folder: string): string => path.join(folder, "notes.txt")

/** Writes a line down. */
export const write = (folder: string, line: string): void => {
  const descriptor = openSync(fileIn(folder), "a")
  writeSync(descriptor, `${line}\n`)
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** The lines so far. */
export const read = (folder: string): ReadonlyArray<string> =>
  existsSync(fileIn(folder)) ? readFileSync(fileIn(folder), "utf8").split("\n").filter(Boolean) : []
