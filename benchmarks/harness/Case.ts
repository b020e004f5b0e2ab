/** What is measured: which systems, with which workloads and sizes, against which anchor. */
import type { WorkloadName } from "../graph/Workload.ts"

/** One measurement, which is repeated. */
export interface Case {
  readonly workload: WorkloadName
  readonly size: number
  /** Name of the system. */
  readonly system: string
  /** Name of the system that this one is compared with, in the same workload and size. */
  readonly anchor: string
}

const cases = (
  workload: WorkloadName,
  sizes: ReadonlyArray<number>,
  anchor: string,
  systems: ReadonlyArray<string>
): ReadonlyArray<Case> =>
  sizes.flatMap((size) => [anchor, ...systems].map((system) => ({ workload, size, system, anchor })))

const inMemory = ["dagflow memory", "dagflow memory, gate", "effect fibers"]

const onSqlite = ["dagflow SQLite", "dagflow SQLite, gate"]

/** Everything that is measured. LangGraph needs more than a minute for 10,000 nodes, so it is asked for 1,000. */
export const all: ReadonlyArray<Case> = [
  ...cases("W1 wide", [1000], "plain", [...inMemory, "effect/workflow", "LangGraph"]),
  ...cases("W1 wide", [10_000], "plain", [...inMemory, "effect/workflow"]),
  ...cases("W2 chain", [1000], "plain", [...inMemory, "effect/workflow", "LangGraph"]),
  ...cases("W2 chain", [10_000], "plain", [...inMemory, "effect/workflow"]),
  ...cases("W3 layered", [1000], "plain", [...inMemory, "effect/workflow", "LangGraph"]),
  ...cases("W3 layered", [10_000], "plain", [...inMemory, "effect/workflow"]),
  ...cases("W3 layered", [100_000], "plain", inMemory),
  ...cases("W4 layered, durable", [240, 1000], "raw-group2", [
    ...onSqlite,
    "raw-tx",
    "raw-group",
    "LangGraph SQLite"
  ]),
  ...cases("W4 layered, durable", [4000], "raw-group2", ["dagflow SQLite"]),
  ...cases("W4 layered, durable", [10_000], "raw-group2", [...onSqlite, "raw-tx", "raw-group"]),
  ...cases("W4 layered, durable", [1000, 10_000], "raw-group2 FULL", ["dagflow SQLite FULL"]),
  ...cases("W5 layered, Postgres", [240, 1000], "raw-group2 Postgres", [
    "dagflow Postgres",
    "raw-tx Postgres",
    "DBOS Postgres"
  ]),
  ...cases("W5 layered, Postgres", [4000], "raw-group2 Postgres", ["dagflow Postgres", "raw-tx Postgres"]),
  ...cases("W6 growth, Postgres", [1000], "raw-tx Postgres", ["dagflow Postgres", "DBOS Postgres"]),
  ...cases("W6 growth", [1000], "plain", ["dagflow memory", "effect fibers", "effect/workflow", "LangGraph"]),
  ...cases("W6 growth, durable", [1000], "raw-tx", ["dagflow SQLite", "raw-group2", "LangGraph SQLite"]),
  ...cases("W10 runs of 10", [10_000], "dagflow memory", []),
  ...cases("W10 runs of 10, durable", [10_000], "dagflow SQLite", [])
]
