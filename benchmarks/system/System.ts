/** What is measured: something that runs a graph of work. */
import type { Graph } from "../graph/Graph.ts"
import type { NodeResult } from "../graph/Ledger.ts"

/** Nodes in flight at once, for every system that has a limit. */
export const concurrency = 64

/** Nodes of each of many small runs. */
export const nodesPerRun = 10

/** What a system is asked to do. */
export interface Task {
  readonly graph: Graph
  /** The work of a node. */
  readonly visit: (node: number) => Promise<NodeResult>
  /** An empty folder for whatever the system stores. */
  readonly folder: string
}

/** What a system can be measured by. */
export interface Measured {
  /** Making the system's own form of the graph. */
  readonly buildMillis: number
  /** From the start of the run to its end. */
  readonly runMillis: number
  /** What of that time the main thread computed: waiting for the disk, or for its turn on a busy machine, is not in it. */
  readonly cpuMillis: number
  /** Size of what is stored once the run has ended; `undefined` when nothing is. */
  readonly storedBytes?: number
}

/** Something that runs a graph of work. */
export interface System {
  /** Runs a graph that is known from the start. */
  readonly run: (task: Task) => Promise<Measured>
  /** Runs a chain of which each node is added by the completion of the one before. */
  readonly grow?: (task: Task) => Promise<Measured>
  /** Runs the nodes of a graph without edges as many runs at once, each of `nodesPerRun` of them. */
  readonly runMany?: (task: Task) => Promise<Measured>
}

/** Runs the two parts of a measurement, one after the other, and times each. */
export const measure = async <A>(
  build: () => A | Promise<A>,
  run: (built: A) => Promise<unknown>
): Promise<Measured> => {
  const start = performance.now()
  const built = await build()
  const middle = performance.now()
  const before = process.threadCpuUsage()
  await run(built)
  const { system, user } = process.threadCpuUsage(before)
  return {
    buildMillis: middle - start,
    runMillis: performance.now() - middle,
    cpuMillis: (system + user) / 1000
  }
}
