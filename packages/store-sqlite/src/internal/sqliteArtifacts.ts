import type { Database } from "better-sqlite3"
import { wellFormed } from "./wellFormed.ts"

/** Prepares the keeping of a text under its hash. */
export const insertArtifact = (database: Database): ((hash: string, content: string) => void) => {
  const insert = database.prepare<[string, string]>(
    "INSERT INTO artifact (hash, content) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING"
  )
  return (hash, content) => void insert.run(hash, content)
}

/** Prepares the query for a text. */
export const selectArtifact = (database: Database): ((hash: string) => string | undefined) => {
  const select = database
    .prepare<[string | null], string>("SELECT content FROM artifact WHERE hash = ?")
    .pluck()
  return (hash) => select.get(wellFormed(hash))
}
