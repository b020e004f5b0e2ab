import { type StoredEvent } from "@dagflow/protocol"
import type { PostgresNames } from "./postgresNames.ts"
import type { Statement } from "./postgresSession.ts"
import { decodeText } from "./postgresText.ts"

/** A row of a log: the run's own last number, and an event, or none when there is none to read. */
export interface EventRow {
  readonly last: number
  readonly sequence: number | null
  readonly atMillis: number
  readonly epoch: number
  readonly cause: string | null
  readonly event: string
}

/** Reads the log of run `$1` after number `$2`, at most `$3` events. A run without such events gives one row without one. */
export const selectEvents = (names: PostgresNames): Statement => ({
  name: "read",
  text: `SELECT r.sequence AS last, e.sequence, e.at AS "atMillis", e.epoch, e.cause, e.event
    FROM ${names.run} r LEFT JOIN LATERAL (
      SELECT sequence, at, epoch, cause, event FROM ${names.event}
      WHERE run_key = r.key AND sequence > $2::integer ORDER BY sequence LIMIT $3::bigint
    ) e ON true
    WHERE r.id = $1 ORDER BY e.sequence`
})

/** The events of such rows. */
export const eventsOf = (rows: ReadonlyArray<EventRow>): Array<StoredEvent> =>
  rows.flatMap(({ atMillis, cause, epoch, event, sequence }) =>
    sequence === null
      ? []
      : [
          {
            sequence,
            atMillis,
            epoch,
            cause: cause === null ? undefined : decodeText(cause),
            event: decodeText(event)
          }
        ]
  )
