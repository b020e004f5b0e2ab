/** Runs that only wait: they sleep until a moment or until mail comes. */
import { type Parking, type StoreDriverShape, type StoreError, StoreRequest } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type SqliteConnection, whenFree } from "./sqliteConnection.ts"
import type { SqliteTransaction, SqliteWriter } from "./sqliteWriter.ts"
import { wellFormed } from "./wellFormed.ts"

/** Prepares the parking of a run: its release, unless mail has come that the owner has not read. */
const parkRun = (
  database: Database
): ((parking: Parking, transaction: SqliteTransaction) => Exit.Exit<boolean, StoreError>) => {
  const park = database.prepare<[number, number, string | null, number]>(
    `UPDATE run SET owner = NULL, owner_host = NULL, owner_pid = NULL, owner_started = NULL, lease_until = 0,
       lease = 0, wake_at = ?, change = ?
     WHERE id = ? AND epoch = ? AND owner IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail WHERE run_key = key)`
  )
  return ({ epoch, runId, wakeAtMillis }, transaction) => {
    const { changes } = park.run(wakeAtMillis, transaction.change, wellFormed(runId), epoch)
    if (changes > 0) transaction.changed.push(runId)
    return Exit.succeed(changes > 0)
  }
}

/** Prepares the query for the moment at which the next parked run is due. */
const selectNextWake = (database: Database): ((afterMillis: number) => number | undefined) => {
  const select = database
    .prepare<[number], number | null>(
      "SELECT min(wake_at) FROM run WHERE wake_at > ? AND status IN ('running', 'paused')"
    )
    .pluck()
  return (afterMillis) => select.get(Math.max(-1, afterMillis)) ?? undefined
}

/** The operations with which runs are parked and found again. */
export const sqliteParking = (
  connection: SqliteConnection,
  writer: SqliteWriter
): Pick<StoreDriverShape, "park" | "nextWake"> => {
  const park = parkRun(connection.database)
  const next = selectNextWake(connection.database)
  return {
    park: (parking) =>
      Effect.suspend(() => {
        StoreRequest.assertParking(parking)
        const about = { operation: "park", runId: parking.runId }
        return writer.write(about, 1, (transaction) => park(parking, transaction))
      }),
    nextWake: (after) => whenFree(connection, { operation: "nextWake" }, () => Exit.succeed(next(after)))
  }
}
