/**
 * Says in the words of a store what SQLite or the file system complained about. It is the one place where foreign errors
 * become ours; whatever is not a complaint of theirs is a mistake of this package, and stays a defect.
 */
import { StoreError, type StoreReason } from "@dagflow/protocol"
import Sqlite from "better-sqlite3"
import { FileDisplaced } from "./filePlace.ts"

/** The code of an error of SQLite, for instance `SQLITE_IOERR_READ`, or of the file system, for instance `EACCES`. */
const codeOf = (error: unknown): string | undefined => {
  if (error instanceof Sqlite.SqliteError) return error.code
  if (error instanceof Error && "code" in error && "syscall" in error) return String(error.code)
  return undefined
}

const allow =
  "give this user the right to write the file and its directory, where SQLite keeps two files beside it"

/** What to do about each primary code of what may pass. Codes that are left out mean a damaged file. */
const remedies: Readonly<Record<string, string>> = {
  SQLITE_BUSY: "another process keeps it locked; end what holds it, or raise busyTimeout",
  SQLITE_LOCKED: "another connection keeps it locked; end what holds it, or raise busyTimeout",
  SQLITE_READONLY: allow,
  SQLITE_PERM: allow,
  SQLITE_AUTH: allow,
  SQLITE_CANTOPEN: `check that the path names a file, and ${allow}`,
  SQLITE_FULL: "the disk is full; free some space",
  SQLITE_IOERR: "the disk failed; check the disk, and that the file is not on a network share",
  SQLITE_PROTOCOL: "other processes keep taking its locks; try again",
  SQLITE_NOMEM: "the memory of this process is used up",
  SQLITE_INTERRUPT: "the operation was interrupted; try again",
  SQLITE_NOLFS: "the disk cannot hold a file of this size"
}

/** `SQLITE_IOERR_READ` is a kind of `SQLITE_IOERR`. */
const primary = (code: string): string => /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? code

const reasonOf = (code: string, message: string, path: string): StoreReason => {
  const remedy = code.startsWith("SQLITE_") ? remedies[primary(code)] : `check the path, and ${allow}`
  if (remedy !== undefined)
    return { _tag: "Unavailable", message: `${path}: ${message} (${code}): ${remedy}` }
  const what = primary(code) === "SQLITE_NOTADB" ? "it is not a database of SQLite" : "it is damaged"
  return {
    _tag: "Corrupt",
    message: `${path}: ${message} (${code}): ${what}; choose another file, or put a backup in its place`
  }
}

/** Whether SQLite gave up because somebody else holds the lock, so that waiting helps. */
export const isBusy = (error: unknown): boolean => {
  const code = codeOf(error)
  return code !== undefined && primary(code) === "SQLITE_BUSY"
}

const displaced = ({ message }: FileDisplaced, path: string): StoreReason => ({
  _tag: "Corrupt",
  message:
    `${path}: ${message} while this process had it open, so nothing more is written: ` +
    "end the processes that have it open, put the file back, or a backup in its place, and start them again"
})

/** What an error means to whoever asked for an operation, or `undefined` when it is a defect of this package. */
export const sqliteFailure = (
  error: unknown,
  about: { readonly operation: string; readonly runId?: string },
  path: string
): StoreError | undefined => {
  if (error instanceof FileDisplaced) return new StoreError({ ...about, reason: displaced(error, path) })
  const code = codeOf(error)
  if (code === undefined) return undefined
  const message = error instanceof Error ? error.message : String(error)
  return new StoreError({ ...about, reason: reasonOf(code, message, path) })
}
