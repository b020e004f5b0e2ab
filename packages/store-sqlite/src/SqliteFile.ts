/** What a file is to this package, without changing anything about it: for whoever looks after stores. */
import type { StoreError } from "@dagflow/protocol"
import Database from "better-sqlite3"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { whenFree } from "./internal/sqliteConnection.ts"
import type { FileState } from "./internal/fileState.ts"
import * as sqliteSchema from "./internal/sqliteSchema.ts"

/** What a file is. */
export interface SqliteFile {
  /**
   * `current`: a store of this release. `outdated`: a store that is brought to this release when it is opened next. `newer`:
   * a store that this release cannot open. `empty`: it becomes a store when it is opened. `foreign`: no store.
   */
  readonly state: FileState
  /** The version of its tables; 0 when it has none of ours. */
  readonly version: number
  /** The version that this release reads and writes. */
  readonly currentVersion: number
}

/** How long it waits while another process writes, in milliseconds. */
const busyTimeoutMillis = 5000

/**
 * Looks at a file, which must exist, and writes nothing.
 *
 * **Failures**
 * - `Corrupt`: it is no database of SQLite, or it is damaged.
 * - `Unavailable` (retryable): it cannot be opened or read, or another process keeps it locked.
 *
 * **Example** (Before an update)
 *
 * ```ts
 * const { state, version } = yield* SqliteFile.inspect("runs.db")
 * ```
 */
export const inspect = (filename: string): Effect.Effect<SqliteFile, StoreError> =>
  whenFree({ path: filename, busyTimeoutMillis }, { operation: "inspect" }, () => {
    const database = new Database(filename, { readonly: true, fileMustExist: true })
    try {
      const state = sqliteSchema.stateOf(database)
      const isOurs = state !== "foreign" && state !== "empty"
      const version = isOurs ? sqliteSchema.versionOf(database) : 0
      return Exit.succeed({ state, version, currentVersion: sqliteSchema.version })
    } finally {
      database.close()
    }
  })
