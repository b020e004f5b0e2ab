import { type Artifact, type CreateRun, StoreError, StoreRequest } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Exit from "effect/Exit"
import { wellFormed } from "./wellFormed.ts"

/** Prepares the keeping of a text under its hash, for as long as a run is kept. */
export const insertArtifact = (database: Database): ((runKey: number, artifact: Artifact) => void) => {
  const insert = database.prepare<[string, string]>(
    "INSERT INTO artifact (hash, content) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING"
  )
  const refer = database.prepare<[number, string]>(
    "INSERT INTO artifact_run (run_key, hash) VALUES (?, ?) ON CONFLICT (run_key, hash) DO NOTHING"
  )
  return (runKey, { content, hash }) => {
    if (content !== undefined) insert.run(hash, content)
    refer.run(runKey, hash)
  }
}

/** Prepares the look for an artifact that a new run needs and that is not there. */
export const findGone = (database: Database): ((run: CreateRun) => string | undefined) => {
  const select = database.prepare<[string], number>("SELECT 1 FROM artifact WHERE hash = ?").pluck()
  return (run) => StoreRequest.artifactsNeeded(run).find((hash) => select.get(hash) === undefined)
}

/** Prepares the putting of an artifact of a run. */
export const putArtifact = (
  database: Database
): ((runId: string, hash: string, content: string) => Exit.Exit<void, StoreError>) => {
  const selectKey = database.prepare<[string | null], number>("SELECT key FROM run WHERE id = ?").pluck()
  const insert = insertArtifact(database)
  return (runId, hash, content) => {
    const key = selectKey.get(wellFormed(runId))
    if (key === undefined) {
      return Exit.fail(new StoreError({ operation: "putArtifact", runId, reason: { _tag: "RunNotFound" } }))
    }
    insert(key, { hash, content })
    return Exit.void
  }
}

/** Prepares the query for a text. */
export const selectArtifact = (database: Database): ((hash: string) => string | undefined) => {
  const select = database
    .prepare<[string | null], string>("SELECT content FROM artifact WHERE hash = ?")
    .pluck()
  return (hash) => select.get(wellFormed(hash))
}
