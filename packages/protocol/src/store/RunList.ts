/** The list of runs, for stores that have all rows at hand; a database does the same with an index. */
import * as CodePoints from "./CodePoints.ts"
import * as RunCursor from "./RunCursor.ts"
import type { RunPage, RunQuery, RunRow } from "./StoreDriver.ts"
import * as StoreRequest from "./StoreRequest.ts"

/** Compares two runs by their places in a list: the newest first, those of one millisecond by their code points. */
export const compare = (a: RunCursor.RunCursor, b: RunCursor.RunCursor): number =>
  b.createdAtMillis - a.createdAtMillis || CodePoints.compare(a.runId, b.runId)

/** Whether a run is among those that a query asks for; cursor and limit do not matter. */
export const matches = (row: RunRow, query: RunQuery): boolean =>
  (query.flow === undefined || row.flow === query.flow) &&
  (query.status === undefined || row.status === query.status) &&
  (query.tags === undefined || query.tags.every((tag) => row.tags.includes(tag))) &&
  (query.createdFromMillis === undefined || row.createdAtMillis >= query.createdFromMillis) &&
  (query.createdBeforeMillis === undefined || row.createdAtMillis < query.createdBeforeMillis) &&
  (query.dueAtMillis === undefined || isDue(row, query.dueAtMillis))

/** Whether somebody should own a run at a moment: it has not ended, and is not parked for longer. */
export const isDue = (
  row: Pick<RunRow, "status"> & { readonly wakeAtMillis?: number | undefined },
  atMillis: number
): boolean =>
  (row.status === "running" || row.status === "paused") &&
  (row.wakeAtMillis === undefined || row.wakeAtMillis <= atMillis)

/** The page of a query, of all rows in any order. Whether the query is refused is for `StoreRequest.refuseQuery`. */
export const page = (rows: Iterable<RunRow>, query: RunQuery): RunPage => {
  const after = query.cursor === undefined ? undefined : RunCursor.decode(query.cursor)
  const found = [...rows]
    .filter((row) => matches(row, query) && (after === undefined || compare(row, after) > 0))
    .sort(compare)
  const runs = found.slice(0, StoreRequest.pageRuns(query))
  const last = runs.at(-1)
  return {
    runs,
    next: last === undefined || found.length === runs.length ? undefined : RunCursor.encode(last)
  }
}
