/** What DAG Flow wants to reach, each as a ratio of two measurements, and whether it does. */
import type { WorkloadName } from "../graph/Workload.ts"
import { comparedBy, digits, find, median, microsPerNode, type Row } from "./Report.ts"

type Rows = ReadonlyArray<Row>

/** A ratio that must not pass a limit. */
interface Aim {
  readonly name: string
  readonly measure: (rows: Rows) => number | undefined
  readonly limit: number
  /** Whether the ratio is to be at most the limit, or at least. */
  readonly side: "at most" | "at least"
}

const time = (rows: Rows, workload: WorkloadName, size: number, system: string): number | undefined => {
  const row = find(rows, workload, size, system)
  return row === undefined ? undefined : microsPerNode(row, comparedBy(system))?.median
}

const bytes = (rows: Rows, workload: WorkloadName, size: number, system: string): number | undefined => {
  const row = find(rows, workload, size, system)
  const stored = row && median(row, ({ storedBytes }) => storedBytes)
  return stored === undefined ? undefined : stored / size
}

const peak = (rows: Rows, size: number): number | undefined => {
  const row = find(rows, "W3 layered", size, "dagflow memory")
  return row && median(row, ({ peakBytes }) => peakBytes)
}

const ratio = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : one / other

/** The time of a system over that of an other one. */
const slower = (workload: WorkloadName, size: number, system: string, other: string, limit: number): Aim => ({
  name: `${workload}, ${size.toLocaleString("en")}: time of ${system} over ${other}`,
  measure: (rows) => ratio(time(rows, workload, size, system), time(rows, workload, size, other)),
  limit,
  side: "at most"
})

const faster = (workload: WorkloadName, system: string, other: string, limit: number): Aim => ({
  name: `${workload}, 1,000: time of ${other} over ${system}`,
  measure: (rows) => ratio(time(rows, workload, 1000, other), time(rows, workload, 1000, system)),
  limit,
  side: "at least"
})

const inMemory = ["W1 wide", "W2 chain", "W3 layered"] as const

const aims: ReadonlyArray<Aim> = [
  ...(["W1 wide", "W3 layered"] as const).flatMap((workload) => [
    slower(workload, 10_000, "dagflow memory", "plain", 2),
    slower(workload, 10_000, "dagflow memory", "effect fibers", 1)
  ]),
  ...inMemory.flatMap((workload) => [
    slower(workload, 1000, "dagflow memory", "plain", 5),
    faster(workload, "dagflow memory", "effect/workflow", 5),
    faster(workload, "dagflow memory", "LangGraph", 40)
  ]),
  slower("W4 layered, durable", 1000, "dagflow SQLite", "raw-group2", 1.6),
  slower("W4 layered, durable", 10_000, "dagflow SQLite", "raw-group2", 1.6),
  slower("W4 layered, durable", 10_000, "dagflow SQLite FULL", "raw-group2 FULL", 1.6),
  faster("W4 layered, durable", "dagflow SQLite", "LangGraph SQLite", 30),
  slower("W5 layered, Postgres", 1000, "dagflow Postgres", "raw-group2 Postgres", 1.6),
  faster("W5 layered, Postgres", "dagflow Postgres", "DBOS Postgres", 15),
  slower("W6 growth, Postgres", 1000, "dagflow Postgres", "raw-tx Postgres", 1.25),
  faster("W6 growth, Postgres", "dagflow Postgres", "DBOS Postgres", 4),
  slower("W6 growth, durable", 1000, "dagflow SQLite", "raw-tx", 1.6),
  faster("W6 growth, durable", "dagflow SQLite", "LangGraph SQLite", 15),
  faster("W6 growth", "dagflow memory", "effect/workflow", 5),
  ...[1000, 10_000].map((size): Aim => ({
    name: `W3 layered: time per node with ${(size * 10).toLocaleString("en")} nodes over ${size.toLocaleString("en")}`,
    measure: (rows) =>
      ratio(
        time(rows, "W3 layered", size * 10, "dagflow memory"),
        time(rows, "W3 layered", size, "dagflow memory")
      ),
    limit: 1.5,
    side: "at most"
  })),
  {
    name: "1,000 runs of 10 nodes at once over one run of 10,000",
    measure: (rows) =>
      ratio(
        time(rows, "W10 runs of 10", 10_000, "dagflow memory"),
        time(rows, "W1 wide", 10_000, "dagflow memory")
      ),
    limit: 2,
    side: "at most"
  },
  {
    name: "1,000 runs of 10 nodes at once over one run of 10,000, durable",
    measure: (rows) =>
      ratio(
        time(rows, "W10 runs of 10, durable", 10_000, "dagflow SQLite"),
        time(rows, "W4 layered, durable", 10_000, "dagflow SQLite")
      ),
    limit: 2,
    side: "at most"
  },
  {
    name: "W3 layered: memory of each node beyond 10,000, KiB",
    measure: (rows) => {
      const [small, large] = [peak(rows, 10_000), peak(rows, 100_000)]
      return small === undefined || large === undefined ? undefined : (large - small) / 90_000 / 1024
    },
    limit: 4,
    side: "at most"
  },
  {
    name: "W4 layered, durable, 1,000: bytes per node over raw-group2",
    measure: (rows) =>
      ratio(
        bytes(rows, "W4 layered, durable", 1000, "dagflow SQLite"),
        bytes(rows, "W4 layered, durable", 1000, "raw-group2")
      ),
    limit: 1.5,
    side: "at most"
  },
  {
    name: "W4 layered, durable: bytes per node with 4,000 nodes over 1,000",
    measure: (rows) =>
      ratio(
        bytes(rows, "W4 layered, durable", 4000, "dagflow SQLite"),
        bytes(rows, "W4 layered, durable", 1000, "dagflow SQLite")
      ),
    limit: 1.05,
    side: "at most"
  }
]

/** One table of the aims that these measurements decide; empty when there are none. */
export const aimTable = (rows: Rows): ReadonlyArray<string> => {
  const lines = aims.flatMap(({ limit, measure, name, side }) => {
    const measured = measure(rows)
    if (measured === undefined) return []
    const isMet = side === "at most" ? measured <= limit : measured >= limit
    const shown = measured < 10 ? measured.toFixed(2) : digits(measured)
    return [`| ${name} | ${side} ${limit} | ${shown} | ${isMet ? "yes" : "no"} |`]
  })
  if (lines.length === 0) return []
  return [["| aim | limit | measured | reached |", "| --- | ---: | ---: | --- |", ...lines].join("\n")]
}
