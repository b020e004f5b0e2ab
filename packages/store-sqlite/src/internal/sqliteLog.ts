import { type Append, type CreateRun, type StoredEvent, StoreError, StoreRequest } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Exit from "effect/Exit"
import type { OwnerProcess } from "./ownerProcess.ts"
import { findGone, insertArtifact } from "./sqliteArtifacts.ts"
import { insertEvents, selectEvents, sequenceMax } from "./sqliteEvents.ts"
import type { SqliteTransaction } from "./sqliteWriter.ts"
import { wellFormed } from "./wellFormed.ts"

type Written = Exit.Exit<void, StoreError>

const refused = (
  operation: string,
  runId: string,
  reason: StoreError["reason"]
): Exit.Exit<never, StoreError> => Exit.fail(new StoreError({ operation, runId, reason }))

/** Prepares the creation of a run. */
export const createRun = (
  database: Database,
  process: OwnerProcess
): ((run: CreateRun, transaction: SqliteTransaction) => Written) => {
  const insertRun = database
    .prepare<Array<unknown>, number>(
      `INSERT INTO run (id, flow, status, tags, created_at, updated_at, sequence, epoch, owner, owner_host, owner_pid,
         owner_started, lease_until, lease, change)
       VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING key`
    )
    .pluck()
  const insertTag = database.prepare<[string, number]>("INSERT INTO run_tag (tag, run_key) VALUES (?, ?)")
  const insert = insertEvents(database)
  const keep = insertArtifact(database)
  const findGoneArtifact = findGone(database)
  const exists = database.prepare<[string], number>("SELECT 1 FROM run WHERE id = ?").pluck()
  return (run, transaction) => {
    // Nothing may have been written when a member of a group is refused.
    const gone = findGoneArtifact(run)
    if (gone !== undefined && exists.get(run.runId) === undefined) {
      return Exit.fail(StoreRequest.artifactGone(run.runId, gone))
    }
    const key = insertRun.get(
      run.runId,
      run.flow,
      run.status,
      JSON.stringify(run.tags),
      run.nowMillis,
      run.nowMillis,
      run.events.length,
      run.owner,
      process.host,
      process.pid,
      process.startedAt ?? null,
      run.nowMillis + run.leaseMillis,
      run.leaseMillis,
      transaction.change
    )
    if (key === undefined) return refused("create", run.runId, { _tag: "RunExists" })
    for (const tag of new Set(run.tags)) insertTag.run(tag, key)
    insert(key, run.events)
    for (const artifact of run.artifacts ?? []) keep(key, artifact)
    transaction.changed.push(run.runId)
    return Exit.void
  }
}

/** Prepares the fenced append: the row of the run is the fence, and moving it on is the check. */
export const appendEvents = (
  database: Database
): ((append: Append, transaction: SqliteTransaction) => Written) => {
  const advance = database.prepare<Array<unknown>, { readonly key: number; readonly status: string }>(
    `UPDATE run SET sequence = ?, updated_at = ?, change = ? WHERE id = ? AND epoch = ? AND sequence = ?
     RETURNING key, status`
  )
  // An index begins with the status, so it is written only when it changes.
  const setStatus = database.prepare<[string, number]>("UPDATE run SET status = ? WHERE key = ?")
  const deleteMail = database.prepare<[number, string | null]>(
    "DELETE FROM mail WHERE run_key = ? AND id = ?"
  )
  const insert = insertEvents(database)
  const refusal = appendRefusal(database)
  return (append, transaction) => {
    const { afterSequence, events, runId } = append
    if (afterSequence + events.length > sequenceMax) {
      return refused("append", runId, {
        _tag: "Unsupported",
        ability: `more than ${sequenceMax} events in one run`
      })
    }
    const run = advance.get(
      afterSequence + events.length,
      append.nowMillis,
      transaction.change,
      wellFormed(runId),
      append.epoch,
      afterSequence
    )
    if (run === undefined) return refused("append", runId, refusal(append))
    if (run.status !== append.status) setStatus.run(append.status, run.key)
    insert(run.key, events)
    for (const id of append.consumed) deleteMail.run(run.key, wellFormed(id))
    transaction.changed.push(runId)
    return Exit.void
  }
}

/** Prepares the question why an append found no run of its epoch and sequence. */
const appendRefusal = (database: Database): ((append: Append) => StoreError["reason"]) => {
  const select = database.prepare<[string | null], { readonly epoch: number; readonly sequence: number }>(
    "SELECT epoch, sequence FROM run WHERE id = ?"
  )
  return (append) => {
    const run = select.get(wellFormed(append.runId))
    if (run === undefined) return { _tag: "RunNotFound" }
    return run.epoch === append.epoch
      ? { _tag: "SequenceConflict", expected: append.afterSequence, actual: run.sequence }
      : { _tag: "OwnershipLost", epoch: append.epoch, actual: run.epoch }
  }
}

/**
 * Prepares the query for the events of a run. It checks that none is missing, since a log with a gap tells lies. Both
 * questions are asked in one transaction: another process may delete the run at any moment, and give its key to a new one.
 */
export const readEvents = (
  database: Database
): ((runId: string, afterSequence: number, limit: number) => Exit.Exit<Array<StoredEvent>, StoreError>) => {
  const selectRun = database.prepare<[string | null], { readonly key: number; readonly sequence: number }>(
    "SELECT key, sequence FROM run WHERE id = ?"
  )
  const select = selectEvents(database)
  const look = database.transaction((runId: string, after: number, limit: number) => {
    const run = selectRun.get(wellFormed(runId))
    return run && { ...run, events: select(run.key, after, limit) }
  })
  return (runId, afterSequence, limit) => {
    const after = Math.min(sequenceMax, Math.max(0, Math.floor(afterSequence)))
    const run = look(runId, after, limit)
    if (run === undefined) return refused("read", runId, { _tag: "RunNotFound" })
    const { events } = run
    const missing = events.findIndex((event, index) => event.sequence !== after + index + 1)
    const isShort = events.length < Math.min(limit, run.sequence - after)
    if (missing < 0 && !isShort) return Exit.succeed(events)
    const number = after + 1 + (missing < 0 ? events.length : missing)
    return refused("read", runId, {
      _tag: "Corrupt",
      message: `event ${number} of ${run.sequence} is missing`
    })
  }
}
