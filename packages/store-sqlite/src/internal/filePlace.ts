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

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT"

const look = (path: string): Result.Result<BigIntStats, unknown> =>
  Result.try({ try: () => statSync(path, { bigint: true }), catch: (error) => error })

/**
 * Remembers the file that a path names now, which was opened just before, and answers what throws `FileDisplaced` once
 * the path names another one or none. A look costs two microseconds.
 */
export const filePlace = (path: string): (() => void) => {
  const opened = path === inMemory ? undefined : Result.getOrUndefined(look(path))
  if (opened === undefined) return () => {}
  return () => {
    const found = look(path)
    if (Result.isSuccess(found)) {
      if (found.success.ino === opened.ino && found.success.dev === opened.dev) return
      throw new FileDisplaced("another file has taken its place")
    }
    // Whatever else keeps the path from being looked at says nothing about the file, which is open.
    if (isMissing(found.failure)) throw new FileDisplaced("it was deleted or moved away")
  }
}
