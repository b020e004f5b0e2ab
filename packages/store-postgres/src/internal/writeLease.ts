/** Prolonging leases and giving them up. Doing either of them twice is doing it once. */
import type { StoreDriverShape } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { PostgresNames } from "./postgresNames.ts"
import { markChange } from "./postgresRows.ts"
import { ask, type Statement } from "./postgresSession.ts"
import { decodeText, soughtText } from "./postgresText.ts"
import type { WriteKind } from "./writeKind.ts"

type Renewal = Parameters<StoreDriverShape["renew"]>[0]

/** Prepares the renewal of claims, which answers the runs that are lost. It is no change that anybody waits for. */
export const writeRenewal = (names: PostgresNames): WriteKind<Renewal, ReadonlyArray<string>> => {
  const statement: Statement = {
    name: "renew",
    text: `UPDATE ${names.run} r SET lease_until = $3::double precision + $4::double precision, lease = $4
      FROM unnest($1::text[], $2::double precision[]) AS k (id, epoch)
      WHERE r.id = k.id AND r.epoch = k.epoch AND r.owner IS NOT NULL RETURNING r.id, r.epoch`
  }
  return {
    operation: "renew",
    runIdOf: () => undefined,
    rowsOf: ({ runs }) => runs.length,
    bytesOf: () => 0,
    // Each of them names many runs: one is a batch.
    keyOf: () => "",
    write: (session, renewals) =>
      Effect.forEach(renewals, ({ leaseMillis, nowMillis, runs }) =>
        Effect.map(
          ask<{ readonly id: string; readonly epoch: number }>(session, statement, [
            runs.map(({ runId }) => soughtText(runId)),
            runs.map(({ epoch }) => epoch),
            nowMillis,
            leaseMillis
          ]),
          (rows) => {
            const kept = new Map(rows.map(({ epoch, id }) => [decodeText(id), epoch]))
            const lost = runs.filter(({ epoch, runId }) => kept.get(runId) !== epoch)
            return Exit.succeed(lost.map(({ runId }) => runId))
          }
        )
      ),
    settle: (_, renewals) => Effect.succeed(renewals.map(() => "again" as const)),
    changedBy: () => undefined
  }
}

/** What its owner gives up. */
export interface Release {
  readonly runId: string
  readonly epoch: number
}

/** Prepares the release of runs; `handle` is the number of the store. It answers whether there was anything to release. */
export const writeRelease = (names: PostgresNames, handle: string): WriteKind<Release, boolean> => {
  const statement: Statement = {
    name: "release",
    text: `UPDATE ${names.run} r SET owner = NULL, lease_until = 0, lease = 0, ${markChange}
      FROM unnest($2::text[], $3::double precision[]) WITH ORDINALITY AS k (id, epoch, number)
      WHERE r.id = k.id AND r.epoch = k.epoch AND r.owner IS NOT NULL RETURNING k.number::integer`
  }
  return {
    operation: "release",
    runIdOf: ({ runId }) => runId,
    rowsOf: () => 1,
    bytesOf: () => 0,
    keyOf: ({ runId }) => runId,
    write: (session, releases) =>
      Effect.map(
        ask<{ readonly number: number }>(session, statement, [
          handle,
          releases.map(({ runId }) => soughtText(runId)),
          releases.map(({ epoch }) => epoch)
        ]),
        (rows) => {
          const released = new Set(rows.map(({ number }) => number))
          return releases.map((_, index) => Exit.succeed(released.has(index + 1)))
        }
      ),
    settle: (_, releases) => Effect.succeed(releases.map(() => "again" as const)),
    changedBy: ({ runId }, wasOwned) => (wasOwned ? runId : undefined)
  }
}
