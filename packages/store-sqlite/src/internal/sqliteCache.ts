import type { CachedOutput } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import { wellFormed } from "./wellFormed.ts"

interface Found extends Omit<CachedOutput, "expiresAtMillis"> {
  readonly expiresAtMillis: number | null
}

/** Prepares the keeping of outputs under their key. */
export const putCached = (database: Database): ((output: CachedOutput) => void) => {
  const put = database.prepare<[string, string, number, number | null]>(
    `INSERT INTO cached (key, content, at, expires_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET content = excluded.content, at = excluded.at, expires_at = excluded.expires_at`
  )
  return ({ atMillis, content, expiresAtMillis, key }) =>
    void put.run(key, content, atMillis, expiresAtMillis ?? null)
}

/** Prepares the query for outputs that have not expired. */
export const selectCached = (
  database: Database
): ((key: string, nowMillis: number) => CachedOutput | undefined) => {
  const select = database.prepare<[string | null, number], Found>(
    `SELECT key, content, at AS atMillis, expires_at AS expiresAtMillis FROM cached
     WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)`
  )
  return (key, nowMillis) => {
    const found = select.get(wellFormed(key), nowMillis)
    return found && { ...found, expiresAtMillis: found.expiresAtMillis ?? undefined }
  }
}
