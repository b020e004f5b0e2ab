/** Statements on runs that several operations share. */
import { StoreError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { QueryFailure } from "./postgresFailure.ts"
import type { PostgresNames } from "./postgresNames.ts"
import { ask, type PostgresSession, type Statement } from "./postgresSession.ts"
import { decodeText, soughtText } from "./postgresText.ts"

/** The largest number of PostgreSQL's `integer`, of which events and epochs are counted. */
export const integerMax = 2 ** 31 - 1

/**
 * Marks a run as changed by this transaction. `change_block` is the number of the transaction without its last ten bits, so
 * that the index on it is written only once in a thousand transactions; see ADR-0030. `$1` is the number of the store.
 */
export const markChange = `change = pg_current_xact_id(),
    change_block = (pg_current_xact_id()::text::bigint >> 10)::integer, changed_by = $1::bigint`

/** When a run has ended, of SQL for its status and for the time of this write; NULL while it has not. */
export const endedAt = (status: string, now: string): string =>
  `CASE WHEN ${status} IN ('completed', 'failed', 'cancelled') THEN ${now} END`

/** Why a request is refused. */
export const refusal = (
  operation: string,
  runId: string,
  reason: StoreError["reason"]
): Exit.Exit<never, StoreError> => Exit.fail(new StoreError({ operation, runId, reason }))

/** What there is to know of a run that a request did not find as it wanted it. */
export interface Standing {
  readonly epoch: number
  readonly sequence: number
  readonly owner: string | null
  readonly leaseUntilMillis: number
  /** Until when it is parked; -1 when it is not. */
  readonly wakeAtMillis: number
  readonly status: string
  readonly updatedAtMillis: number
  /** The numbers that its creation and its last claim brought. */
  readonly creation: string
  readonly claim: string
  /** The number of the store that changed it last. */
  readonly changedBy: string
}

/** Reads how runs stand now, by their ids. */
export const selectStanding = (names: PostgresNames) => {
  const statement: Statement = {
    name: "standing",
    text: `SELECT id, epoch, sequence, owner, lease_until AS "leaseUntilMillis", wake_at AS "wakeAtMillis", status,
        updated_at AS "updatedAtMillis", creation::text, claim::text,
        changed_by::text AS "changedBy"
      FROM ${names.run} WHERE id = ANY ($1::text[])`
  }
  return (
    session: PostgresSession,
    runIds: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyMap<string, Standing>, QueryFailure> =>
    Effect.map(
      ask<Standing & { readonly id: string }>(session, statement, [runIds.map(soughtText)]),
      (rows) => {
        const found = new Map<string, Standing>()
        for (const { id, ...row } of rows) found.set(decodeText(id), row)
        return found
      }
    )
}
