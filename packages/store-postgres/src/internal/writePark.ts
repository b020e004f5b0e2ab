/** Parking runs: their release, unless mail has come that their owner has not read. */
import type { Parking } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { PostgresNames } from "./postgresNames.ts"
import { markChange, selectStanding } from "./postgresRows.ts"
import { ask, type Statement } from "./postgresSession.ts"
import { soughtText } from "./postgresText.ts"
import type { WriteKind } from "./writeKind.ts"

/**
 * Mail that is put while this statement waits for the row of its run is not in the snapshot in which it looks for mail, but
 * has raised `mails` in the row when its turn comes: then it does not park.
 */
const statementOf = (names: PostgresNames): Statement => ({
  name: "park",
  text: `WITH quiet AS MATERIALIZED (
      SELECT r.key, r.mails, k.epoch, k.wake_at, k.number
      FROM unnest($2::text[], $3::double precision[], $4::double precision[])
        WITH ORDINALITY AS k (id, epoch, wake_at, number)
      JOIN ${names.run} r ON r.id = k.id
      WHERE NOT EXISTS (SELECT FROM ${names.mail} m WHERE m.run_key = r.key)
    )
    UPDATE ${names.run} r SET owner = NULL, lease_until = 0, lease = 0, wake_at = q.wake_at, ${markChange}
    FROM quiet q WHERE r.key = q.key AND r.mails = q.mails AND r.epoch = q.epoch AND r.owner IS NOT NULL
    RETURNING q.number::integer`
})

/** Prepares the parking of runs; `handle` is the number of the store. It answers whether each run was parked. */
export const writePark = (names: PostgresNames, handle: string): WriteKind<Parking, boolean> => {
  const statement = statementOf(names)
  const standing = selectStanding(names)
  return {
    operation: "park",
    runIdOf: ({ runId }) => runId,
    rowsOf: () => 1,
    bytesOf: () => 0,
    keyOf: ({ runId }) => runId,
    write: (session, parkings) =>
      Effect.map(
        ask<{ readonly number: number }>(session, statement, [
          handle,
          parkings.map(({ runId }) => soughtText(runId)),
          parkings.map(({ epoch }) => epoch),
          parkings.map(({ wakeAtMillis }) => wakeAtMillis)
        ]),
        (rows) => {
          const parked = new Set(rows.map(({ number }) => number))
          return parkings.map((_, index) => Exit.succeed(parked.has(index + 1)))
        }
      ),
    settle: (session, parkings) =>
      Effect.map(
        standing(
          session,
          parkings.map(({ runId }) => runId)
        ),
        (found) =>
          parkings.map(({ epoch, runId, wakeAtMillis }) => {
            const run = found.get(runId)
            const isParked = run?.epoch === epoch && run.owner === null && run.wakeAtMillis === wakeAtMillis
            return isParked ? Exit.succeed(true) : "again"
          })
      ),
    changedBy: ({ runId }, wasParked) => (wasParked ? runId : undefined)
  }
}
