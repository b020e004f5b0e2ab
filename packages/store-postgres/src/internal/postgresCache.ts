import type { CachedOutput } from "@dagflow/protocol"
import type { PostgresNames } from "./postgresNames.ts"
import type { Statement } from "./postgresSession.ts"
import { decodeText } from "./postgresText.ts"

/** Keeps outputs `$2` of time `$3` under key `$1` until `$4`. */
export const putCached = (names: PostgresNames): Statement => ({
  name: "put-cached",
  text: `INSERT INTO ${names.cached} (key, content, at, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (key) DO UPDATE SET content = excluded.content, at = excluded.at, expires_at = excluded.expires_at`
})

/** Outputs as they lie in the table. */
export interface FoundOutput extends Omit<CachedOutput, "expiresAtMillis"> {
  readonly expiresAtMillis: number | null
}

/** Reads the outputs of key `$1`, unless they expire at `$2` or earlier. */
export const selectCached = (names: PostgresNames): Statement => ({
  name: "get-cached",
  text: `SELECT key, content, at AS "atMillis", expires_at AS "expiresAtMillis" FROM ${names.cached}
    WHERE key = $1 AND (expires_at IS NULL OR expires_at > $2)`
})

/** The outputs that were found. */
export const cachedOf = ({ atMillis, content, expiresAtMillis, key }: FoundOutput): CachedOutput => ({
  key: decodeText(key),
  content: decodeText(content),
  atMillis,
  expiresAtMillis: expiresAtMillis ?? undefined
})
