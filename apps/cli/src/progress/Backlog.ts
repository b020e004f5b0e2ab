/**
 * Changes that come in crowds: skipped and cancelled nodes, rounds of growth. The first few are told one by one, the rest
 * by their number.
 */

/** So many of one kind are told one by one. */
export const individualMax = 20

/** How long a number waits to be told. */
export const waitMillis = 5000

/** What has come since the last time that a number was told. */
export interface Crowd<Kind> {
  readonly kind: Kind
  /** How many changes. */
  readonly count: number
  /** How many nodes they were about. */
  readonly nodes: number
}

/** Counts changes of several kinds. */
export interface Backlog<Kind> {
  /** Takes a change; `true` when it is to be told by itself. */
  readonly push: (kind: Kind, nodes: number, atMillis: number) => boolean
  /** Gives the numbers that have waited for long enough, or all of them. */
  readonly take: (nowMillis: number, all?: boolean) => ReadonlyArray<Crowd<Kind>>
}

/** Makes an empty backlog. */
export const make = <Kind extends string>(): Backlog<Kind> => {
  const told = new Map<Kind, number>()
  const waiting = new Map<Kind, { count: number; nodes: number; sinceMillis: number; wait: number }>()
  const waits = new Map<Kind, number>()
  return {
    push: (kind, nodes, atMillis) => {
      const alone = told.get(kind) ?? 0
      if (alone < individualMax) {
        told.set(kind, alone + 1)
        return true
      }
      const known = waiting.get(kind)
      if (known === undefined) {
        waiting.set(kind, { count: 1, nodes, sinceMillis: atMillis, wait: waits.get(kind) ?? waitMillis })
      } else {
        known.count++
        known.nodes += nodes
      }
      return false
    },
    take: (nowMillis, all = false) => {
      const due: Array<Crowd<Kind>> = []
      for (const [kind, { count, nodes, sinceMillis, wait }] of waiting) {
        if (!all && nowMillis - sinceMillis < wait) continue
        due.push({ kind, count, nodes })
        waiting.delete(kind)
        // Each next number waits longer, so that a run of hours does not write for ever.
        waits.set(kind, Math.min(60_000, wait * 2))
      }
      return due
    }
  }
}
