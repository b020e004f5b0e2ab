import { type Claim, RowChange, StoreError, type StoreDriverShape } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Exit from "effect/Exit"
import { isKnownDead, type OwnerProcess } from "./ownerProcess.ts"
import type { SqliteTransaction } from "./sqliteWriter.ts"
import { wellFormed } from "./wellFormed.ts"

type Renewal = Parameters<StoreDriverShape["renew"]>[0]

interface Claimed {
  readonly key: number
  readonly sequence: number
  readonly epoch: number
  readonly owner: string | null
  readonly host: string | null
  readonly pid: number | null
  readonly startedAt: string | null
  readonly leaseUntilMillis: number
}

const isOwnerDead = (run: Claimed, asking: OwnerProcess): boolean =>
  run.host !== null &&
  run.pid !== null &&
  isKnownDead({ host: run.host, pid: run.pid, startedAt: run.startedAt ?? undefined }, asking)

/** Prepares the claim of a run. A lease whose process is known to be dead counts as over. See ADR-0005. */
export const claimRun = (
  database: Database,
  process: OwnerProcess
): ((claim: RowChange.ClaimRequest, transaction: SqliteTransaction) => Exit.Exit<Claim, StoreError>) => {
  const select = database.prepare<[string | null], Claimed>(
    `SELECT key, sequence, epoch, owner, owner_host AS host, owner_pid AS pid, owner_started AS startedAt,
       lease_until AS leaseUntilMillis FROM run WHERE id = ?`
  )
  const take = database.prepare<Array<unknown>>(
    `UPDATE run SET epoch = ?, owner = ?, owner_host = ?, owner_pid = ?, owner_started = ?, lease_until = ?, lease = ?,
       wake_at = -1, change = ? WHERE key = ?`
  )
  return (claim, transaction) => {
    const { leaseMillis, nowMillis, owner, runId } = claim
    const run = select.get(wellFormed(runId))
    if (run === undefined) {
      return Exit.fail(new StoreError({ operation: "claim", runId, reason: { _tag: "RunNotFound" } }))
    }
    if (run.owner !== null && !RowChange.isClaimable(run, claim) && !isOwnerDead(run, process)) {
      return Exit.succeed({ _tag: "Owned", owner: run.owner, leaseUntilMillis: run.leaseUntilMillis })
    }
    const epoch = run.epoch + 1
    const { host, pid, startedAt } = process
    const until = nowMillis + leaseMillis
    take.run(epoch, owner, host, pid, startedAt ?? null, until, leaseMillis, transaction.change, run.key)
    transaction.changed.push(runId)
    return Exit.succeed({ _tag: "Claimed", epoch, sequence: run.sequence })
  }
}

/** Prepares the renewal of claims, which answers the runs that are lost. It is no change that anybody waits for. */
export const renewClaims = (
  database: Database
): ((renewal: Renewal) => Exit.Exit<ReadonlyArray<string>, StoreError>) => {
  const prolong = database.prepare<[number, number, string | null, number]>(
    "UPDATE run SET lease_until = ?, lease = ? WHERE id = ? AND epoch = ? AND owner IS NOT NULL"
  )
  return ({ leaseMillis, nowMillis, runs }) =>
    Exit.succeed(
      runs
        .filter(
          ({ epoch, runId }) =>
            prolong.run(nowMillis + leaseMillis, leaseMillis, wellFormed(runId), epoch).changes === 0
        )
        .map(({ runId }) => runId)
    )
}

/** Prepares the release of a run. */
export const releaseRun = (
  database: Database
): ((runId: string, epoch: number, transaction: SqliteTransaction) => Exit.Exit<void, StoreError>) => {
  const release = database.prepare<[number, string | null, number]>(
    `UPDATE run SET owner = NULL, owner_host = NULL, owner_pid = NULL, owner_started = NULL, lease_until = 0,
       lease = 0, change = ?
     WHERE id = ? AND epoch = ? AND owner IS NOT NULL`
  )
  return (runId, epoch, transaction) => {
    const { changes } = release.run(transaction.change, wellFormed(runId), epoch)
    if (changes > 0) transaction.changed.push(runId)
    return Exit.void
  }
}
