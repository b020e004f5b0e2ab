/** Measurements as Markdown. */
import type { Case } from "./Case.ts"
import { limitMillis, type Sample } from "./Sample.ts"
import { spread, type Spread } from "./Statistics.ts"

/** All measurements of one case; `undefined` stands for one that took too long. */
export interface Row {
  readonly case_: Case
  readonly samples: ReadonlyArray<Sample | undefined>
}

/** A number with as many digits as say something. */
export const digits = (value: number): string => {
  if (value >= 100) return Math.round(value).toLocaleString("en")
  return value >= 10 ? value.toFixed(0) : value.toFixed(1)
}

/** What a time is: what passed on the clock, or what the main thread computed. */
export type Time = "runMillis" | "cpuMillis"

/** The time of a case per node in microseconds, or `undefined` when a measurement took too long. */
export const microsPerNode = ({ case_, samples }: Row, time: Time): Spread | undefined => {
  const taken = samples.filter((one) => one !== undefined)
  if (taken.length < samples.length || taken.length === 0) return undefined
  return spread(taken.map((sample) => (sample[time] * 1000) / case_.size))
}

/** The time in which systems are compared: where the disk is waited for, that counts; else only what was computed. */
export const comparedBy = (system: string): Time =>
  /(FULL|Postgres)$/.test(system) ? "runMillis" : "cpuMillis"

/** The row of a system, for the same workload and size as another row. */
export const find = (rows: ReadonlyArray<Row>, workload: string, size: number, system: string) =>
  rows.find(({ case_ }) => case_.workload === workload && case_.size === size && case_.system === system)

/** The middle of what the measurements of a row say about one thing, or `undefined` when they say nothing. */
export const median = (row: Row, value: (sample: Sample) => number | undefined): number | undefined => {
  const numbers = row.samples.flatMap((one) => (one === undefined ? [] : (value(one) ?? [])))
  return numbers.length === 0 ? undefined : spread(numbers).median
}

const optional = (value: number | undefined): string => (value === undefined ? "" : digits(value))

const range = (time: Spread | undefined): string =>
  time === undefined ? "" : `${digits(time.minimum)}..${digits(time.maximum)}`

const compared = (row: Row, rows: ReadonlyArray<Row>): string => {
  const { anchor, size, system, workload } = row.case_
  const by = comparedBy(system)
  const anchorRow = find(rows, workload, size, anchor)
  const anchorTime = anchorRow === undefined ? undefined : microsPerNode(anchorRow, by)?.median
  const time = microsPerNode(row, by)?.median
  if (time === undefined || anchorTime === undefined) return ""
  const ratio = time / anchorTime
  // The clock of the processor counts in milliseconds, which is more than some anchors take in all.
  if (!Number.isFinite(ratio)) return ""
  return `${ratio.toFixed(ratio < 10 ? 2 : 0)} × ${anchor}`
}

const line = (row: Row, rows: ReadonlyArray<Row>): string => {
  const { size, system, workload } = row.case_
  const wall = microsPerNode(row, "runMillis")
  const cpu = microsPerNode(row, "cpuMillis")
  const bytes = median(row, ({ storedBytes }) => storedBytes)
  const cells = [
    workload,
    size.toLocaleString("en"),
    system,
    wall === undefined ? `> ${limitMillis / 1000} s in all` : digits(wall.median),
    range(wall),
    optional(cpu?.median),
    range(cpu),
    compared(row, rows),
    optional(median(row, ({ buildMillis }) => buildMillis)),
    optional(median(row, ({ peakBytes }) => peakBytes / 1_000_000)),
    optional(bytes === undefined ? undefined : bytes / size)
  ]
  return `| ${cells.join(" | ")} |`
}

/** One table of all measurements. */
export const table = (rows: ReadonlyArray<Row>): string =>
  [
    "| workload | nodes | system | µs per node | min..max | CPU µs per node | min..max | compared | build ms | peak MB | bytes per node |",
    "| --- | ---: | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |",
    ...rows.map((row) => line(row, rows))
  ].join("\n")
