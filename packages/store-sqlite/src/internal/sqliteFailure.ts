import { StoreError, type StoreReason } from "@dagflow/protocol"
import { NewerSchema } from "../SqliteSchema.ts"

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** What SQLite's code means for whoever uses the store, and what that person can do. */
const reasonOf = (cause: unknown): StoreReason => {
  const code = codeOf(cause)
  const message = messageOf(cause)
  const unavailable = (advice: string): StoreReason => ({
    _tag: "Unavailable",
    message: `${advice} (${code === "" ? message : `${code}: ${message}`})`
  })
  if (cause instanceof NewerSchema) return { _tag: "Corrupt", message }
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(code)) {
    return {
      _tag: "Corrupt",
      message: `the file is damaged or no database; nothing was changed in it (${code}: ${message})`
    }
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return unavailable("another process has been writing for longer than the busy time-out")
  }
  if (code.startsWith("SQLITE_FULL")) return unavailable("the disk is full: free some space")
  if (/^SQLITE_(READONLY|PERM|AUTH)/.test(code)) {
    return unavailable("the file cannot be written: see the permissions of the file and its folder")
  }
  if (code.startsWith("SQLITE_CANTOPEN")) {
    return unavailable("the file cannot be opened: see whether its folder exists and can be written")
  }
  return unavailable("SQLite failed")
}

/** Tells in the terms of a store what SQLite has thrown. This is the only place that looks at SQLite's codes. */
export const sqliteFailure = (cause: unknown, operation: string, runId?: string): StoreError =>
  new StoreError({ operation, reason: reasonOf(cause), ...(runId !== undefined && { runId }) })
