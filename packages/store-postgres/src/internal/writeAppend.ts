/** The fenced append: moving the row of the run on is the check, and the events follow in the same statement. */
import { type Append, RowChange, type StoredEvent } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { isDeepStrictEqual } from "node:util"
import { eventBytes, eventColumns, insertEvents } from "./eventColumns.ts"
import type { QueryFailure } from "./postgresFailure.ts"
import type { PostgresNames } from "./postgresNames.ts"
import { endedAt, markChange, refusal, selectStanding, type Standing } from "./postgresRows.ts"
import { type EventRow, eventsOf, selectEvents } from "./postgresEvents.ts"
import { ask, type PostgresSession, type Statement } from "./postgresSession.ts"
import { soughtText } from "./postgresText.ts"
import { singleAppend } from "./singleAppend.ts"
import type { Outcome, Settled, WriteKind } from "./writeKind.ts"

const statementOf = (names: PostgresNames, isConsuming: boolean): Statement => ({
  name: isConsuming ? "append-consume" : "append-many",
  text: `WITH asked AS (
    SELECT * FROM unnest($2::text[], $3::double precision[], $4::double precision[], $5::double precision[],
      $6::text[], $7::integer[]) WITH ORDINALITY AS a (id, epoch, after, now, status, count, number)
  ), moved AS (
    UPDATE ${names.run} r
    SET sequence = r.sequence + a.count, updated_at = a.now, status = a.status,
      ended_at = ${endedAt("a.status", "a.now")}, ${markChange}
    FROM asked a WHERE r.id = a.id AND r.epoch = a.epoch AND r.sequence = a.after
    RETURNING a.number::integer, r.key, r.sequence - a.count AS after
  ), written AS (${insertEvents(names.event, "moved", 8)}
  )${
    isConsuming
      ? `, settled AS (
    DELETE FROM ${names.mail} m USING moved o, unnest($14::integer[], $15::text[]) AS c (number, id)
    WHERE o.number = c.number AND m.run_key = o.key AND m.id = c.id
  )`
      : ""
  }
  SELECT number FROM moved`
})

const columns = (handle: string, appends: ReadonlyArray<Append>): ReadonlyArray<unknown> => [
  handle,
  appends.map(({ runId }) => soughtText(runId)),
  appends.map(({ epoch }) => epoch),
  appends.map(({ afterSequence }) => afterSequence),
  appends.map(({ nowMillis }) => nowMillis),
  appends.map(({ status }) => status),
  appends.map(({ events }) => events.length),
  ...eventColumns(appends.map(({ events }) => events))
]

const consumedColumns = (appends: ReadonlyArray<Append>): ReadonlyArray<unknown> => [
  appends.flatMap(({ consumed }, index) => consumed.map(() => index + 1)),
  appends.flatMap(({ consumed }) => consumed.map(soughtText))
]

/** A member of the batch whose run was moved on. */
interface Moved {
  readonly number: number
}

type Written = Effect.Effect<ReadonlyArray<Outcome<void>>, QueryFailure>

/** Why an append found no run of its epoch and sequence number. */
const refuse = (append: Append, run: Standing | undefined): Outcome<void> => {
  const reason = RowChange.notWriter(run, append)
  return reason === undefined ? "again" : refusal("append", append.runId, reason)
}

const isSame = (written: ReadonlyArray<StoredEvent>, { events }: Append): boolean =>
  written.length === events.length &&
  events.every(({ atMillis, cause, epoch, event, sequence }, index) =>
    isDeepStrictEqual(written[index], { sequence, atMillis, epoch, cause, event })
  )

/** An append without events leaves no trace of its own but the row of the run, which nobody has touched since. */
const isLastOf = (run: Standing, append: Append, handle: string): boolean =>
  run.epoch === append.epoch &&
  run.sequence === append.afterSequence &&
  run.status === append.status &&
  run.updatedAtMillis === append.nowMillis &&
  run.changedBy === handle

/** Prepares the appending of events; `handle` is the number of the store. */
export const writeAppend = (names: PostgresNames, handle: string): WriteKind<Append, void> => {
  const [plain, consuming] = [statementOf(names, false), statementOf(names, true)]
  const single = singleAppend(names, handle)
  const read = selectEvents(names)
  const standing = selectStanding(names)
  const send = (session: PostgresSession, appends: ReadonlyArray<Append>) => {
    const [first] = appends
    const alone = first === undefined || appends.length > 1 ? undefined : single.valuesOf(first)
    if (alone !== undefined) return ask<Moved>(session, single.statement, alone)
    const isConsuming = appends.some(({ consumed }) => consumed.length > 0)
    const given = columns(handle, appends)
    return isConsuming
      ? ask<Moved>(session, consuming, [...given, ...consumedColumns(appends)])
      : ask<Moved>(session, plain, given)
  }
  const write = (session: PostgresSession, appends: ReadonlyArray<Append>) =>
    Effect.flatMap(send(session, appends), (rows): Written => {
      if (rows.length === appends.length) return Effect.succeed(appends.map(() => Exit.void))
      const moved = new Set(rows.map(({ number }) => number))
      const refused = appends.filter((_, index) => !moved.has(index + 1))
      const ids = refused.map(({ runId }) => runId)
      return Effect.map(standing(session, ids), (found) =>
        appends.map((append, index) =>
          moved.has(index + 1) ? Exit.void : refuse(append, found.get(append.runId))
        )
      )
    })
  /** The database has the events, at their place, with their epoch and content: or it has not. */
  const settleOne = (session: PostgresSession, append: Append): Effect.Effect<Settled<void>, QueryFailure> =>
    Effect.gen(function* () {
      const { afterSequence, events, runId } = append
      if (events.length === 0) {
        const run = (yield* standing(session, [runId])).get(runId)
        return run !== undefined && isLastOf(run, append, handle) ? Exit.void : "absent"
      }
      const rows = yield* ask<EventRow>(session, read, [soughtText(runId), afterSequence, events.length])
      return isSame(eventsOf(rows), append) ? Exit.void : "absent"
    })
  return {
    operation: "append",
    runIdOf: ({ runId }) => runId,
    rowsOf: ({ consumed, events }) => 1 + events.length + consumed.length,
    bytesOf: ({ events }) => eventBytes(events),
    keyOf: ({ runId }) => runId,
    write,
    settle: (session, appends) => Effect.forEach(appends, (append) => settleOne(session, append)),
    changedBy: ({ runId }) => runId
  }
}
