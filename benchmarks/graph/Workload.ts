/** The graphs by name, as the tables call them. */
import * as Graph from "./Graph.ts"

/** A kind of graph, of any size. */
export interface Workload {
  /** Whether the nodes are known from the start, or each is added by the completion of the one before. */
  readonly kind: "static" | "growth"
  readonly graph: (size: number) => Graph.Graph
}

const widthOf = (size: number): number => (size <= 1000 ? 20 : 100)

const layered = (size: number): Graph.Graph => Graph.layered(size / widthOf(size), widthOf(size), 3)

/** The kinds of graphs, by the name of the workload. */
export const workloads = {
  "W1 wide": { kind: "static", graph: Graph.wide },
  "W2 chain": { kind: "static", graph: Graph.chain },
  "W3 layered": { kind: "static", graph: layered },
  "W4 layered, durable": { kind: "static", graph: layered },
  "W6 growth": { kind: "growth", graph: Graph.chain },
  "W6 growth, durable": { kind: "growth", graph: Graph.chain }
} as const satisfies Readonly<Record<string, Workload>>

/** The name of a workload. */
export type WorkloadName = keyof typeof workloads
