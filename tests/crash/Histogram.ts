/** How often processes were killed, by place, store and number of processes. */
import { describe, type KillPoint } from "./KillPoint.ts"
import { afterTheEnd, type KillRow } from "./KillRow.ts"

/** One store with one number of processes: a column. */
export interface Column {
  readonly store: string
  readonly processes: number
}

/** Names a column in a few letters. */
export const titleOf = ({ processes, store }: Column): string => `${store} x${processes}`

/** How often processes were killed. */
export class Histogram {
  readonly #rows: ReadonlyArray<KillRow>
  readonly #columns: ReadonlyArray<Column>
  readonly #counts = new Map<string, number>()
  readonly #places = new Map<string, number>()

  constructor(rows: ReadonlyArray<KillRow>, columns: ReadonlyArray<Column>) {
    this.#rows = rows
    this.#columns = columns
  }

  /** Counts a kill. */
  add(row: string, column: Column, point: KillPoint): void {
    const cell = this.#cell(row, column)
    this.#counts.set(cell, this.count(row, column) + 1)
    const place = this.#cell(describe(point), column)
    this.#places.set(place, this.countAt(point, column) + 1)
  }

  /** The kills at a place. */
  countAt(point: KillPoint, column: Column): number {
    return this.#places.get(this.#cell(describe(point), column)) ?? 0
  }

  /** The kills of a cell. */
  count(row: string, column: Column): number {
    return this.#counts.get(this.#cell(row, column)) ?? 0
  }

  /** All kills before the end of a run. */
  get total(): number {
    const rows = this.#rows.filter(({ name }) => name !== afterTheEnd)
    return rows.reduce(
      (sum, { name }) => sum + this.#columns.reduce((all, one) => all + this.count(name, one), 0),
      0
    )
  }

  /** The cells without a kill. */
  get empty(): ReadonlyArray<string> {
    return this.#rows.flatMap(({ name }) =>
      this.#columns.filter((one) => this.count(name, one) === 0).map((one) => `${name}, ${titleOf(one)}`)
    )
  }

  /** The places without a kill on any store, moments aside. */
  get missed(): ReadonlyArray<string> {
    return this.#rows
      .flatMap(({ points }) => points.filter(({ at }) => at !== "time"))
      .filter((point) => this.#columns.every((one) => this.countAt(point, one) === 0))
      .map(describe)
  }

  /** The table, as text. */
  toString(): string {
    const titles = this.#columns.map(titleOf)
    const wide = Math.max(...this.#rows.map(({ name }) => name.length))
    const line = (name: string, cells: ReadonlyArray<string | number>): string =>
      [name.padEnd(wide), ...cells.map((cell, at) => String(cell).padStart(titles[at]?.length ?? 0))].join(
        "  "
      )
    return [
      line("killed", titles),
      ...this.#rows.map(({ name }) =>
        line(
          name,
          this.#columns.map((one) => this.count(name, one))
        ).concat(name === afterTheEnd ? "  (not counted)" : "")
      ),
      `${this.total} kills before the end of a run`
    ].join("\n")
  }

  #cell(row: string, column: Column): string {
    return `${row}, ${titleOf(column)}`
  }
}
