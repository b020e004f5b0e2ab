/** Runs that only wait: they sleep until a moment or until mail comes. */
import { type StoreDriverShape, StoreRequest } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import type { PostgresNames } from "./postgresNames.ts"
import type { PostgresParts } from "./postgresStoreDriver.ts"
import type { Statement } from "./postgresSession.ts"
import { writePark } from "./writePark.ts"

/** The moment after `$1` at which the next parked run is due. */
const selectNextWake = (names: PostgresNames): Statement => ({
  name: "next-wake",
  text: `SELECT min(wake_at) AS "wakeAtMillis" FROM ${names.run}
    WHERE wake_at > $1::double precision AND status IN ('running', 'paused')`
})

/** The operations with which runs are parked and found again. */
export const postgresParking = ({
  handle,
  pool,
  settings,
  writer
}: PostgresParts): Pick<StoreDriverShape, "park" | "nextWake"> => {
  const park = writePark(settings.names, handle)
  const next = selectNextWake(settings.names)
  return {
    park: (parking) =>
      Effect.suspend(() => {
        StoreRequest.assertParking(parking)
        return writer.write(park, parking)
      }),
    nextWake: (after) =>
      Effect.map(
        pool.ask<{ readonly wakeAtMillis: number | null }>({ operation: "nextWake" }, next, [
          Math.max(-1, after)
        ]),
        ([found]) => found?.wakeAtMillis ?? undefined
      )
  }
}
