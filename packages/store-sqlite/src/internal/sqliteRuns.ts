import {
  type RunPage,
  type RunQuery,
  type RunRow,
  RunCursor,
  StoreError,
  StoreRequest
} from "@dagflow/protocol"
import type { Database } from "better-sqlite3"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import { wellFormed } from "./wellFormed.ts"

interface Found extends Omit<RunRow, "tags" | "owner" | "wakeAtMillis"> {
  readonly tags: string
  readonly wakeAtMillis: number
  readonly owner: string | null
}

const columns = `id AS runId, flow, status, tags, created_at AS createdAtMillis, updated_at AS updatedAtMillis,
  sequence, epoch, owner, lease_until AS leaseUntilMillis, lease AS leaseMillis, wake_at AS wakeAtMillis`

const isTags = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((tag) => typeof tag === "string")

const rowOf = (found: Found, operation: string): Exit.Exit<RunRow, StoreError> => {
  const { wakeAtMillis, ...rest } = found
  const tags: unknown = Result.getOrUndefined(Result.try((): unknown => JSON.parse(found.tags)))
  if (isTags(tags)) {
    const parked = wakeAtMillis < 0 ? {} : { wakeAtMillis }
    return Exit.succeed({ ...rest, tags, owner: found.owner ?? undefined, ...parked })
  }
  const message = `the tags of the run are no list of texts: ${found.tags}`
  return Exit.fail(new StoreError({ operation, runId: found.runId, reason: { _tag: "Corrupt", message } }))
}

/** Prepares the query for one run. */
export const selectRun = (
  database: Database
): ((runId: string) => Exit.Exit<RunRow | undefined, StoreError>) => {
  const select = database.prepare<[string | null], Found>(`SELECT ${columns} FROM run WHERE id = ?`)
  return (runId) => {
    const found = select.get(wellFormed(runId))
    return found === undefined ? Exit.succeed(undefined) : rowOf(found, "get")
  }
}

/** The conditions of a query and what is bound to them. Runs are found by status or flow, by tags, or by age. */
const conditions = (query: RunQuery): ReadonlyArray<readonly [sql: string, ...values: Array<unknown>]> => {
  const tags = [...new Set(query.tags)]
  const cursor = query.cursor === undefined ? undefined : RunCursor.decode(query.cursor)
  return [
    ...(query.flow === undefined ? [] : [["flow = ?", wellFormed(query.flow)] as const]),
    ...(query.status === undefined ? [] : [["status = ?", query.status] as const]),
    ...(query.createdFromMillis === undefined ? [] : [["created_at >= ?", query.createdFromMillis] as const]),
    ...(query.createdBeforeMillis === undefined
      ? []
      : [["created_at < ?", query.createdBeforeMillis] as const]),
    ...(query.dueAtMillis === undefined
      ? []
      : [["wake_at <= ? AND status IN ('running', 'paused')", Math.max(-1, query.dueAtMillis)] as const]),
    ...(tags.length === 0
      ? []
      : [
          [
            `key IN (SELECT run_key FROM run_tag WHERE tag IN (SELECT value FROM json_each(?))
             GROUP BY run_key HAVING count(*) = ?)`,
            JSON.stringify(tags.filter((tag) => tag.isWellFormed())),
            tags.length
          ] as const
        ]),
    ...(cursor === undefined
      ? []
      : [
          [
            "created_at <= ? AND (created_at < ? OR id > ?)",
            cursor.createdAtMillis,
            cursor.createdAtMillis,
            cursor.runId
          ] as const
        ])
  ]
}

/** Answers a query. Its statement depends on the filters, and lists are rare, so it is prepared each time. */
export const listRuns = (database: Database, query: RunQuery): Exit.Exit<RunPage, StoreError> => {
  const limit = StoreRequest.pageRuns(query)
  const where = conditions(query)
  const statement = database.prepare<Array<unknown>, Found>(
    // Without statistics SQLite would go through all runs of the status, the parked ones too, to have them in order.
    `SELECT ${columns} FROM run ${query.dueAtMillis === undefined ? "" : "INDEXED BY run_wake"}
     ${where.length === 0 ? "" : `WHERE ${where.map(([sql]) => sql).join(" AND ")}`}
     ORDER BY created_at DESC, id LIMIT ?`
  )
  // One more than asked for tells whether there is a next page.
  const found = statement.all(...where.flatMap(([, ...values]) => values), limit + 1)
  const runs: Array<RunRow> = []
  for (const one of found.slice(0, limit)) {
    const row = rowOf(one, "list")
    if (Exit.isFailure(row)) return Exit.failCause(row.cause)
    runs.push(row.value)
  }
  const last = runs.at(-1)
  const hasNext = found.length > limit && last !== undefined
  return Exit.succeed({ runs, next: hasNext ? RunCursor.encode(last) : undefined })
}
