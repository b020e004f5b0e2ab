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

/** The time of a case per node in microseconds, or `undefined` when a measurement took too long. */
export const microsPerNode = ({ case_, samples }: Row): Spread | undefined => {
  const taken = samples.filter((one) => one !== undefined)
  if (taken.length < samples.length || taken.length === 0) return undefined
  return spread(taken.map(({ runMillis }) => (runMillis * 1000) / case_.size))
}

/** The row of a system, for the same workload and size as another row. */
export const find = (rows: ReadonlyArray<Row>, workload: string, size: number, system: string) =>
  rows.find(({ case_ }) => case_.workload === workload && case_.size === size && case_.system === system)

/** The middle of what the measurements of a row say about one thing, or `undefined` when they say nothing. */
export const median = (row: Row, value: (sample: Sample) => number | undefined): number | undefined => {
  const numbers = row.samples.flatMap((one) => (one === undefined ? [] : (value(one) ?? [])))
  return numbers.length === 0 ? undefined : spread(numbers).median
}

const optional = (value: number | undefined): string => (value === undefined ? "" : digits(value))

const line = (row: Row, rows: ReadonlyArray<Row>): string => {
  const { anchor, size, system, workload } = row.case_
  const time = microsPerNode(row)
  const anchorRow = find(rows, workload, size, anchor)
  const anchorTime = anchorRow === undefined ? undefined : microsPerNode(anchorRow)
  const ratio = time === undefined || anchorTime === undefined ? undefined : time.median / anchorTime.median
  const bytes = median(row, ({ storedBytes }) => storedBytes)
  const megabytes = median(row, ({ peakBytes }) => peakBytes / 1_000_000)
  return [
    "",
    workload,
    size.toLocaleString("en"),
    system,
    time === undefined ? `> ${limitMillis / 1000} s in all` : digits(time.median),
    time === undefined ? "" : `${digits(time.minimum)}..${digits(time.maximum)}`,
    ratio === undefined ? "" : `${ratio.toFixed(ratio < 10 ? 2 : 0)} × ${anchor}`,
    optional(median(row, ({ buildMillis }) => buildMillis)),
    optional(megabytes),
    optional(bytes === undefined ? undefined : bytes / size),
    ""
  ]
    .join(" | ")
    .trim()
}

/** One table of all measurements. */
export const table = (rows: ReadonlyArray<Row>): string =>
  [
    "| workload | nodes | system | µs per node | min..max | compared | build ms | peak MB | bytes per node |",
    "| --- | ---: | --- | ---: | ---: | --- | ---: | ---: | ---: |",
    ...rows.map((row) => line(row, rows))
  ].join("\n")
