import type { CreateRun } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { eventBytes, eventColumns, insertEvents } from "./eventColumns.ts"
import type { PostgresNames } from "./postgresNames.ts"
import { refusal, selectStanding } from "./postgresRows.ts"
import { ask, type PostgresSession, type Statement } from "./postgresSession.ts"
import { encodeText } from "./postgresText.ts"
import type { WriteKind } from "./writeKind.ts"

/** A run to be created, and a number that nobody else has used: the run carries it, and so tells who made it. */
export interface Creation {
  readonly run: CreateRun
  readonly number: string
}

const statementOf = (names: PostgresNames): Statement => ({
  name: "create",
  text: `WITH asked AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::double precision[],
      $7::double precision[], $8::text[], $9::integer[], $10::bigint[]) WITH ORDINALITY
      AS a (id, flow, status, tags, now, lease_until, owner, count, creation, number)
  ), made AS (
    INSERT INTO ${names.run} (id, flow, status, tags, created_at, updated_at, sequence, epoch, owner, lease_until, creation,
      claim, change, change_block, changed_by)
    SELECT id, flow, status, ARRAY (SELECT json_array_elements_text(tags::json)), now, now, count, 1, owner,
      lease_until, creation, creation, pg_current_xact_id(), (pg_current_xact_id()::text::bigint >> 10)::integer,
      $1::bigint
    FROM asked ON CONFLICT (id) DO NOTHING RETURNING id, key
  ), owned AS (
    SELECT a.number::integer, m.key, 0 AS after FROM made m JOIN asked a ON a.id = m.id
  ), written AS (${insertEvents(names.event, "owned", 11)}
  )
  SELECT number FROM owned`
})

const columns = (handle: string, creations: ReadonlyArray<Creation>): ReadonlyArray<unknown> => {
  const runs = creations.map(({ run }) => run)
  return [
    handle,
    runs.map(({ runId }) => encodeText(runId)),
    runs.map(({ flow }) => encodeText(flow)),
    runs.map(({ status }) => status),
    runs.map(({ tags }) => JSON.stringify(tags.map(encodeText))),
    runs.map(({ nowMillis }) => nowMillis),
    runs.map(({ leaseMillis, nowMillis }) => nowMillis + leaseMillis),
    runs.map(({ owner }) => encodeText(owner)),
    runs.map(({ events }) => events.length),
    creations.map(({ number }) => number),
    ...eventColumns(runs.map(({ events }) => events))
  ]
}

/** Prepares the creation of runs; `handle` is the number of the store. */
export const writeCreate = (names: PostgresNames, handle: string): WriteKind<Creation, void> => {
  const statement = statementOf(names)
  const standing = selectStanding(names)
  return {
    operation: "create",
    runIdOf: ({ run }) => run.runId,
    rowsOf: ({ run }) => 1 + run.events.length + run.tags.length,
    bytesOf: ({ run }) => eventBytes(run.events),
    keyOf: ({ run }) => run.runId,
    write: (session: PostgresSession, creations) =>
      Effect.map(ask<{ readonly number: number }>(session, statement, columns(handle, creations)), (rows) => {
        const made = new Set(rows.map(({ number }) => number))
        return creations.map(({ run }, index) =>
          made.has(index + 1) ? Exit.void : refusal("create", run.runId, { _tag: "RunExists" })
        )
      }),
    settle: (session, creations) =>
      Effect.map(
        standing(
          session,
          creations.map(({ run }) => run.runId)
        ),
        (found) =>
          creations.map(({ number, run }) =>
            found.get(run.runId)?.creation === number ? Exit.void : "absent"
          )
      ),
    changedBy: ({ run }) => run.runId
  }
}
