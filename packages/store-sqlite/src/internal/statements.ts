/** The statements of a SQLite store, each prepared once. */
import type { Database, Statement } from "better-sqlite3"

/** The row of a run. */
export interface RunRecord {
  readonly key: number
  readonly run_id: string
  readonly flow: string
  readonly status: string
  readonly tags: string
  readonly created_at: number
  readonly updated_at: number
  readonly epoch: number
  readonly sequence: number
  readonly owner: string | null
  readonly owner_process: string | null
  readonly lease_until: number
  readonly change: number
}

/** The row of an event. */
export interface EventRecord {
  readonly sequence: number
  readonly at: number
  readonly epoch: number
  readonly cause: string | null
  readonly event: string
}

/** What a run is created from. */
export interface NewRun {
  readonly runId: string
  readonly flow: string
  readonly status: string
  readonly tags: string
  readonly now: number
  readonly sequence: number
  readonly owner: string
  readonly process: string
  readonly until: number
  readonly change: number
}

/** The statements of a SQLite store. */
export interface Statements {
  readonly run: Statement<[runId: string], RunRecord>
  readonly create: Statement<[NewRun]>
  readonly fence: Statement<
    [
      sequence: number,
      status: string,
      now: number,
      change: number,
      runId: string,
      epoch: number,
      after: number
    ],
    { readonly key: number }
  >
  readonly insert: Statement<
    [key: number, sequence: number, at: number, epoch: number, cause: string | null, event: string]
  >
  readonly events: Statement<[key: number, after: number, limit: number], EventRecord>
  readonly claim: Statement<
    [epoch: number, owner: string, process: string, until: number, change: number, key: number]
  >
  readonly renew: Statement<[until: number, runId: string, epoch: number]>
  readonly release: Statement<[change: number, runId: string, epoch: number]>
  readonly touch: Statement<[change: number, key: number]>
  readonly nextChange: Statement<[], { readonly value: number }>
  readonly putMail: Statement<[key: number, id: string, at: number, command: string]>
  readonly mail: Statement<
    [runId: string, limit: number],
    { readonly id: string; readonly at: number; readonly command: string }
  >
  readonly consume: Statement<[key: number, id: string]>
  readonly putArtifact: Statement<[hash: string, content: string]>
  readonly artifact: Statement<[hash: string], { readonly content: string }>
}

/** Prepares the statements. */
export const prepareStatements = (database: Database): Statements => ({
  run: database.prepare("SELECT * FROM runs WHERE run_id = ?"),
  create: database.prepare(
    `INSERT INTO runs (run_id, flow, status, tags, created_at, updated_at, epoch, sequence, owner, owner_process, lease_until, change)
     VALUES (@runId, @flow, @status, @tags, @now, @now, 1, @sequence, @owner, @process, @until, @change)`
  ),
  // The fence: without a row of this epoch that ends here, nothing is written.
  fence: database.prepare(
    `UPDATE runs SET sequence = ?, status = ?, updated_at = ?, change = ?
     WHERE run_id = ? AND epoch = ? AND sequence = ? RETURNING key`
  ),
  insert: database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)"),
  events: database.prepare(
    "SELECT sequence, at, epoch, cause, event FROM events WHERE run_key = ? AND sequence > ? ORDER BY sequence LIMIT ?"
  ),
  claim: database.prepare(
    "UPDATE runs SET epoch = ?, owner = ?, owner_process = ?, lease_until = ?, change = ? WHERE key = ?"
  ),
  renew: database.prepare(
    "UPDATE runs SET lease_until = ? WHERE run_id = ? AND epoch = ? AND owner IS NOT NULL"
  ),
  release: database.prepare(
    `UPDATE runs SET owner = NULL, owner_process = NULL, lease_until = 0, change = ?
     WHERE run_id = ? AND epoch = ? AND owner IS NOT NULL`
  ),
  touch: database.prepare("UPDATE runs SET change = ? WHERE key = ?"),
  nextChange: database.prepare("UPDATE change_counter SET value = value + 1 RETURNING value"),
  putMail: database.prepare("INSERT OR IGNORE INTO mail (run_key, id, at, command) VALUES (?, ?, ?, ?)"),
  mail: database.prepare(
    `SELECT id, at, command FROM mail WHERE run_key = (SELECT key FROM runs WHERE run_id = ?)
     ORDER BY place LIMIT ?`
  ),
  consume: database.prepare("DELETE FROM mail WHERE run_key = ? AND id = ?"),
  putArtifact: database.prepare("INSERT OR IGNORE INTO artifacts VALUES (?, ?)"),
  artifact: database.prepare("SELECT content FROM artifacts WHERE hash = ?")
})
