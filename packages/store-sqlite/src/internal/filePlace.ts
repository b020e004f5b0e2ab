/**
 * Whether an open file is still the one that its path names. The operating system goes on with a file that was deleted or
 * replaced: what is written to it is gone with the process, and nobody is told.
 */
import { type BigIntStats, statSync } from "node:fs"
import * as Result from "effect/Result"
import { inMemory } from "./sqliteLocation.ts"

/** A write to a file that is not at its path any more. */
export class FileDisplaced extends Error {
  override readonly name = "FileDisplaced"
}

/** How often it is looked at most, in milliseconds: a look costs a microsecond, and its caches more than that. */
const lookMillis = 20

const look = (path: string): Result.Result<BigIntStats | undefined, unknown> =>
  Result.try({ try: () => statSync(path, { bigint: true, throwIfNoEntry: false }), catch: (error) => error })

/**
 * Remembers the file that a path names now, which was opened just before, and answers what throws `FileDisplaced` once
 * the path names another one or none, at the latest after 20 ms: what was written before that is lost with everything else.
 */
export const filePlace = (path: string): (() => void) => {
  const opened = path === inMemory ? undefined : Result.getOrUndefined(look(path))
  if (opened === undefined) return () => {}
  let seenAt = performance.now()
  return () => {
    const now = performance.now()
    if (now - seenAt < lookMillis) return
    const found = look(path)
    // Whatever else keeps the path from being looked at says nothing about the file, which is open.
    if (Result.isSuccess(found)) {
      const { success: stats } = found
      if (stats === undefined) throw new FileDisplaced("it was deleted or moved away")
      if (stats.ino !== opened.ino || stats.dev !== opened.dev) {
        throw new FileDisplaced("another file has taken its place")
      }
    }
    seenAt = now
  }
}
