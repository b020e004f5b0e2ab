import { RunCursor, type RunPage, type RunQuery, type RunRow, StoreRequest } from "@dagflow/protocol"
import type { PostgresNames } from "./postgresNames.ts"
import type { Statement } from "./postgresSession.ts"
import { decodeText, encodeText, soughtText } from "./postgresText.ts"

/** A run as the database gives it. */
export interface FoundRun extends Omit<RunRow, "owner" | "wakeAtMillis"> {
  readonly owner: string | null
  readonly wakeAtMillis: number
}

const columns = `id AS "runId", flow, status, tags, created_at AS "createdAtMillis", updated_at AS "updatedAtMillis",
  sequence, epoch, owner, lease_until AS "leaseUntilMillis", lease AS "leaseMillis", wake_at AS "wakeAtMillis"`

/** Reads run `$1`. */
export const selectRun = (names: PostgresNames): Statement => ({
  name: "get",
  text: `SELECT ${columns} FROM ${names.run} WHERE id = $1`
})

/** The run that was found. */
export const runOf = ({ wakeAtMillis, ...found }: FoundRun): RunRow => ({
  ...found,
  runId: decodeText(found.runId),
  flow: decodeText(found.flow),
  tags: found.tags.map(decodeText),
  owner: found.owner === null ? undefined : decodeText(found.owner),
  ...(wakeAtMillis >= 0 && { wakeAtMillis })
})

/** The statement of a query and what is bound to it. Each combination of filters is a statement of its own. */
export const selectRuns = (
  names: PostgresNames,
  query: RunQuery
): { readonly statement: Statement; readonly values: ReadonlyArray<unknown> } => {
  // One more than asked for tells whether there is a next page.
  const values: Array<unknown> = [StoreRequest.pageRuns(query) + 1]
  const conditions: Array<string> = []
  const given: Array<string> = []
  const filter = (name: string, condition: (place: string) => string, value: unknown): void => {
    values.push(value)
    given.push(name)
    conditions.push(condition(`$${values.length}`))
  }
  if (query.flow !== undefined) filter("flow", (at) => `flow = ${at}`, soughtText(query.flow))
  if (query.status !== undefined) filter("status", (at) => `status = ${at}`, query.status)
  const { createdBeforeMillis, createdFromMillis } = query
  if (createdFromMillis !== undefined) filter("from", (at) => `created_at >= ${at}`, createdFromMillis)
  if (createdBeforeMillis !== undefined) filter("before", (at) => `created_at < ${at}`, createdBeforeMillis)
  // Runs that are due are few, and looked for first: going through all of the status in their order finds the parked ones.
  let from = names.run
  const { dueAtMillis } = query
  if (dueAtMillis !== undefined) {
    values.push(Math.max(-1, dueAtMillis))
    given.push("due")
    from = "due"
  }
  const due =
    dueAtMillis === undefined
      ? ""
      : `WITH due AS MATERIALIZED (SELECT * FROM ${names.run}
        WHERE wake_at <= $${values.length}::double precision AND status IN ('running', 'paused')) `
  const tags = query.tags ?? []
  if (tags.some((tag) => !tag.isWellFormed())) conditions.push("false")
  else if (tags.length > 0) filter("tags", (at) => `tags @> ${at}::text[]`, tags.map(encodeText))
  const cursor = query.cursor === undefined ? undefined : RunCursor.decode(query.cursor)
  if (cursor !== undefined) {
    filter("time", (at) => `created_at <= ${at}::double precision`, cursor.createdAtMillis)
    const time = `$${values.length}::double precision`
    filter("cursor", (at) => `(created_at < ${time} OR id > ${at})`, soughtText(cursor.runId))
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`
  const text = `${due}SELECT ${columns} FROM ${from} ${where} ORDER BY created_at DESC, id LIMIT $1`
  return { statement: { name: ["list", ...given, conditions.length].join("-"), text }, values }
}

/** The page of the runs that were found. */
export const pageOf = (query: RunQuery, found: ReadonlyArray<FoundRun>): RunPage => {
  const runs = found.slice(0, StoreRequest.pageRuns(query)).map(runOf)
  const last = runs.at(-1)
  const hasNext = found.length > runs.length && last !== undefined
  return { runs, next: hasNext ? RunCursor.encode(last) : undefined }
}
