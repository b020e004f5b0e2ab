/**
 * Where a page of a list of runs ends: after this run. It names the run and not a position, so that runs which are
 * created later never move it.
 */

/** The last run of a page. */
export interface RunCursor {
  readonly createdAtMillis: number
  readonly runId: string
}

/** Writes a cursor as the text that a store gives out. */
export const encode = (cursor: RunCursor): string => `${cursor.createdAtMillis}:${cursor.runId}`

/** Reads a cursor, or answers `undefined` for a text that no store gave out. */
export const decode = (text: string): RunCursor | undefined => {
  const colon = text.indexOf(":")
  const createdAtMillis = Number(text.slice(0, colon))
  if (colon < 1 || !Number.isFinite(createdAtMillis)) return undefined
  return { createdAtMillis, runId: text.slice(colon + 1) }
}
