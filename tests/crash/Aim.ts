/** Where the next trial kills: at the kinds of places, and in them at the places, where the fewest processes were killed so far. */
import { chance } from "./chance.ts"
import { type Column, type Histogram, titleOf } from "./Histogram.ts"
import { describe, type KillPoint } from "./KillPoint.ts"
import type { KillRow } from "./KillRow.ts"

/** A kill of a trial, with the kind that it counts for. */
export interface PlannedKill {
  readonly row: string
  readonly point: KillPoint
}

/**
 * Kills of one trial. Each costs the start of a process, and everything else of a trial costs about as much as two of them,
 * so that several kills share it. With more of them, those late in a run are reached less often.
 */
const killsPerTrial = 4

/** Chooses places. What it chooses depends on what was hit so far and on a text, and on nothing else. */
export class Aim {
  readonly #rows: ReadonlyArray<KillRow>
  readonly #histogram: Histogram
  readonly #tries = new Map<string, number>()

  constructor(rows: ReadonlyArray<KillRow>, histogram: Histogram) {
    this.#rows = rows
    this.#histogram = histogram
  }

  /** The kills of the next trial. There is one at least that no other kill has to come before. */
  next(column: Column, seed: string): ReadonlyArray<PlannedKill> {
    const title = titleOf(column)
    const rows = this.#least(this.#rows, (row) => ({
      hits: this.#histogram.count(row.name, column),
      name: `${title} ${row.name}`,
      seed
    }))
    const chosen = rows.slice(0, killsPerTrial)
    if (chosen.every(({ isAfterAnother }) => isAfterAnother)) {
      chosen.push(...rows.filter(({ isAfterAnother }) => isAfterAnother !== true).slice(0, 1))
    }
    return chosen.map((row) => {
      const [point] = this.#least(row.points, (one) => ({
        hits: this.#histogram.countAt(one, column),
        name: `${title} ${describe(one)}`,
        seed
      }))
      if (point === undefined) throw new Error(`there is no place to kill ${row.name}`)
      for (const name of [row.name, describe(point)]) this.#count(`${title} ${name}`)
      return { row: row.name, point }
    })
  }

  /** A list by how often each was hit, then by how often it was tried, then by chance. */
  #least<A>(
    list: ReadonlyArray<A>,
    rankOf: (one: A) => { readonly hits: number; readonly name: string; readonly seed: string }
  ): Array<A> {
    const ranked = list.map((one) => {
      const { hits, name, seed } = rankOf(one)
      return { one, rank: [hits, this.#tries.get(name) ?? 0, chance(`${seed} ${name}`)] as const }
    })
    ranked.sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2])
    return ranked.map(({ one }) => one)
  }

  #count(name: string): void {
    this.#tries.set(name, (this.#tries.get(name) ?? 0) + 1)
  }
}
