/**
 * The append that is alone in its batch, as that of a run is which goes on by itself. It needs none of the arrays that keep
 * members apart, and sends its events as one text: measured with 40 events, that takes the server 0.17 ms instead of 0.29, and
 * this process 0.08 ms instead of 0.25.
 */
import type { Append } from "@dagflow/protocol"
import type { PostgresNames } from "./postgresNames.ts"
import { endedAt, markChange } from "./postgresRows.ts"
import type { Statement } from "./postgresSession.ts"
import { soughtText } from "./postgresText.ts"

/** Stands between two texts. It is in no JSON. */
const separator = "\u0001"

const statementOf = (names: PostgresNames): Statement => ({
  name: "append",
  text: `WITH moved AS (
    UPDATE ${names.run} r
    SET sequence = r.sequence + $7::integer, updated_at = $5::double precision, status = $6::text,
      ended_at = ${endedAt("$6::text", "$5::double precision")}, ${markChange}
    WHERE r.id = $2::text AND r.epoch = $3::double precision AND r.sequence = $4::double precision
    RETURNING r.key, r.epoch, r.sequence - $7::integer AS after
  ), written AS (
    INSERT INTO ${names.event} (run_key, at, sequence, epoch, cause, event)
    SELECT o.key, $8::double precision, o.after + e.place, o.epoch, e.cause, e.event
    FROM moved o, unnest(string_to_array($9::text, E'\\x01'), string_to_array($10::text, E'\\x01', ''))
      WITH ORDINALITY AS e (event, cause, place)
  )
  SELECT 1 AS number FROM moved`
})

/** Whether a text can be told from its neighbours, and from none at all. */
const isJoinable = (text: string): boolean =>
  text !== "" && !text.includes(separator) && !text.includes("\u0000")

/** Whether the events are of one time and of the epoch of their append, as those of a turn are, and their texts can be joined. */
const isPlain = ({ consumed, epoch, events }: Append): boolean =>
  consumed.length === 0 &&
  events.every(
    (one) =>
      one.atMillis === events[0]?.atMillis &&
      one.epoch === epoch &&
      isJoinable(one.event) &&
      (one.cause === undefined || isJoinable(one.cause))
  )

/** One append as a statement: `valuesOf` gives what is bound to it, or `undefined` for one that says more than it can. */
export const singleAppend = (
  names: PostgresNames,
  handle: string
): {
  readonly statement: Statement
  readonly valuesOf: (append: Append) => ReadonlyArray<unknown> | undefined
} => ({
  statement: statementOf(names),
  valuesOf: (append) => {
    if (!isPlain(append)) return undefined
    const { afterSequence, epoch, events, nowMillis, runId, status } = append
    const moved = [handle, soughtText(runId), epoch, afterSequence, nowMillis, status, events.length]
    const texts = events.map(({ event }) => event).join(separator)
    const causes = events.some(({ cause }) => cause !== undefined)
      ? events.map(({ cause }) => cause ?? "").join(separator)
      : null
    return [...moved, events[0]?.atMillis ?? null, texts, causes]
  }
})
