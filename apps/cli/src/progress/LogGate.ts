/**
 * Keeps the log lines of one node together: while several nodes log at once, one of them has the floor for up to five
 * seconds, and no line of another node waits longer than ten.
 */

/** A line that an attempt logged. */
export interface LogLine {
  readonly nodeId: string
  readonly attempt: number
  readonly atMillis: number
  readonly text: string
}

/** How long one node may have the floor while others wait. */
export const floorMillis = 5000

/** How long a line may wait. */
export const waitMillis = 10_000

/** Lines wait at most in this number; more of them are let out at once. */
export const waitingMax = 1000

/** Puts log lines in the order in which they are shown. */
export interface LogGate {
  /** Takes a line and gives the lines that may be shown now. */
  readonly push: (line: LogLine) => ReadonlyArray<LogLine>
  /** Gives the lines that have waited for long enough. */
  readonly tick: (nowMillis: number) => ReadonlyArray<LogLine>
  /** The attempt of a node has ended: gives its lines, and the floor to the next node. */
  readonly end: (nodeId: string, nowMillis: number) => ReadonlyArray<LogLine>
  /** Gives all lines. */
  readonly flush: () => ReadonlyArray<LogLine>
}

/** Makes a gate that nobody has gone through. */
export const make = (): LogGate => {
  let floor: { readonly nodeId: string; readonly sinceMillis: number } | undefined
  let waiting: Array<LogLine> = []

  const takeOf = (nodeId: string): ReadonlyArray<LogLine> => {
    const taken = waiting.filter((line) => line.nodeId === nodeId)
    waiting = waiting.filter((line) => line.nodeId !== nodeId)
    return taken
  }

  const passOn = (nowMillis: number): ReadonlyArray<LogLine> => {
    const next = waiting[0]
    floor = next === undefined ? undefined : { nodeId: next.nodeId, sinceMillis: nowMillis }
    return next === undefined ? [] : takeOf(next.nodeId)
  }

  const flush = (): ReadonlyArray<LogLine> => {
    const all = waiting
    waiting = []
    floor = undefined
    return all
  }

  const tick = (nowMillis: number): ReadonlyArray<LogLine> => {
    const isOld = waiting[0] !== undefined && nowMillis - waiting[0].atMillis >= waitMillis
    if (isOld || waiting.length > waitingMax) return flush()
    if (floor === undefined || nowMillis - floor.sinceMillis < floorMillis) return []
    return passOn(nowMillis)
  }

  return {
    push: (line) => {
      const due = tick(line.atMillis)
      floor ??= { nodeId: line.nodeId, sinceMillis: line.atMillis }
      if (floor.nodeId === line.nodeId) return [...due, line]
      waiting.push(line)
      return due
    },
    tick,
    end: (nodeId, nowMillis) => {
      const own = takeOf(nodeId)
      return floor?.nodeId === nodeId ? [...own, ...passOn(nowMillis)] : own
    },
    flush
  }
}
