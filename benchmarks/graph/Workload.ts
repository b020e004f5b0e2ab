/** The graphs by name, as the tables call them. */
import * as Graph from "./Graph.ts"

/** A kind of graph, of any size. */
export interface Workload {
  /**
   * Whether the nodes are known from the start (`run`), each is added by the completion of the one before (`grow`), or
   * they belong to many small runs that go on at once (`runMany`).
   */
  readonly method: "run" | "grow" | "runMany"
  readonly graph: (size: number) => Graph.Graph
}

const widthOf = (size: number): number => (size <= 1000 ? 20 : 100)

const layered = (size: number): Graph.Graph => Graph.layered(size / widthOf(size), widthOf(size), 3)

/** The kinds of graphs, by the name of the workload. */
export const workloads = {
  "W1 wide": { method: "run", graph: Graph.wide },
  "W2 chain": { method: "run", graph: Graph.chain },
  "W3 layered": { method: "run", graph: layered },
  "W4 layered, durable": { method: "run", graph: layered },
  "W5 layered, Postgres": { method: "run", graph: layered },
  "W6 growth": { method: "grow", graph: Graph.chain },
  "W6 growth, durable": { method: "grow", graph: Graph.chain },
  "W6 growth, Postgres": { method: "grow", graph: Graph.chain },
  "W10 runs of 10": { method: "runMany", graph: Graph.wide },
  "W10 runs of 10, durable": { method: "runMany", graph: Graph.wide }
} as const satisfies Readonly<Record<string, Workload>>

/** The name of a workload. */
export type WorkloadName = keyof typeof workloads
