import { RunCursor, type RunQuery } from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import type { RunRecord } from "./statements.ts"

/** Reads the rows of a list, the newest run first. Only filters that are there become part of the statement. */
export const listRuns = (database: Database, query: RunQuery, limit: number): ReadonlyArray<RunRecord> => {
  const conditions: Array<string> = []
  const values: Array<string | number> = []
  const where = (condition: string, ...bound: ReadonlyArray<string | number>): void => {
    conditions.push(condition)
    values.push(...bound)
  }
  if (query.flow !== undefined) where("flow = ?", query.flow)
  if (query.status !== undefined) where("status = ?", query.status)
  for (const tag of query.tags ?? []) where("? IN (SELECT value FROM json_each(tags))", tag)
  const after = query.cursor === undefined ? undefined : RunCursor.decode(query.cursor)
  if (after !== undefined) {
    const { createdAtMillis, runId } = after
    where("(created_at < ? OR (created_at = ? AND run_id > ?))", createdAtMillis, createdAtMillis, runId)
  }
  const filter = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`
  return database
    .prepare<Array<string | number>, RunRecord>(
      `SELECT * FROM runs ${filter} ORDER BY created_at DESC, run_id LIMIT ?`
    )
    .all(...values, limit)
}
