import type { PostgresNames } from "./postgresNames.ts"
import type { Statement } from "./postgresSession.ts"

/**
 * Keeps text `$3` under hash `$2` for run `$1`, and answers a row if there is such a run. The run is locked against being
 * deleted, and the artifact too, since a prune deletes artifacts of which it sees no run.
 */
export const insertArtifact = (names: PostgresNames): Statement => ({
  name: "put-artifact",
  text: `WITH owner AS (
    SELECT key FROM ${names.run} WHERE id = $1 FOR KEY SHARE
  ), kept AS (
    INSERT INTO ${names.artifact} (hash, content) SELECT $2, $3 FROM owner
    ON CONFLICT (hash) DO UPDATE SET hash = excluded.hash RETURNING hash
  ), referred AS (
    INSERT INTO ${names.artifactRun} (run_key, hash) SELECT o.key, k.hash FROM owner o, kept k ON CONFLICT DO NOTHING
  )
  SELECT true AS found FROM owner`
})

/** Reads the text of hash `$1`. */
export const selectArtifact = (names: PostgresNames): Statement => ({
  name: "get-artifact",
  text: `SELECT content FROM ${names.artifact} WHERE hash = $1`
})
