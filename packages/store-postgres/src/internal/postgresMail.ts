import type { Mail } from "@dagflow/protocol"
import type { PostgresNames } from "./postgresNames.ts"
import { markChange } from "./postgresRows.ts"
import type { Statement } from "./postgresSession.ts"
import { decodeText } from "./postgresText.ts"

/** What putting mail answers. */
export interface MailPut {
  /** Whether there is such a run. */
  readonly found: boolean
  /** Whether the mail was not there yet. */
  readonly put: boolean
}

/**
 * Puts mail `$3` into the box of run `$2`, and tells others on channel `$6` once it is durable, unless that is NULL. The
 * number of the mail is the run's count of all mail, so that its order is the order in which the transactions came.
 */
export const insertMail = (names: PostgresNames): Statement => ({
  name: "put-mail",
  text: `WITH box AS (
    UPDATE ${names.run} r SET mails = r.mails + 1, wake_at = -1, ${markChange}
    WHERE r.id = $2 AND NOT EXISTS (SELECT FROM ${names.mail} m WHERE m.run_key = r.key AND m.id = $3)
    RETURNING r.key, r.mails
  ), put AS (
    INSERT INTO ${names.mail} (run_key, id, number, at, command, change, put_by)
    SELECT key, $3, mails, $4, $5, pg_current_xact_id(), $1::bigint FROM box
    ON CONFLICT (run_key, id) DO NOTHING RETURNING number
  ), told AS (
    SELECT pg_notify($6, $1::bigint::text) FROM put WHERE $6::text IS NOT NULL
  )
  SELECT EXISTS (SELECT FROM ${names.run} WHERE id = $2) AS found, EXISTS (SELECT FROM put) AS put,
    (SELECT count(*) FROM told) AS told`
})

/** Reads the mail of run `$1`, at most `$2` letters. */
export const selectMail = (names: PostgresNames): Statement => ({
  name: "read-mail",
  text: `SELECT m.id, m.at AS "atMillis", m.command FROM ${names.mail} m JOIN ${names.run} r ON r.key = m.run_key
    WHERE r.id = $1 ORDER BY m.number LIMIT $2::bigint`
})

/** The mail of such rows. */
export const mailOf = (rows: ReadonlyArray<Mail>): ReadonlyArray<Mail> =>
  rows.map(({ atMillis, command, id }) => ({ id: decodeText(id), atMillis, command: decodeText(command) }))
