import type { PostgresNames } from "./postgresNames.ts"
import type { Statement } from "./postgresSession.ts"

/** Keeps text `$2` under hash `$1`. */
export const insertArtifact = (names: PostgresNames): Statement => ({
  name: "put-artifact",
  text: `INSERT INTO ${names.artifact} (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING`
})

/** Reads the text of hash `$1`. */
export const selectArtifact = (names: PostgresNames): Statement => ({
  name: "get-artifact",
  text: `SELECT content FROM ${names.artifact} WHERE hash = $1`
})
