/**
 * The life of a node, as one table.
 *
 * ```
 * pending ─▶ running ─▶ completed
 *    │        │  ▲ └──▶ failed ─▶ pending   (retried by hand)
 *    │        ▼  │
 *    │      retrying, waiting
 *    ├─▶ skipped
 *    └─▶ cancelled ◀─ running, retrying, waiting
 * ```
 */

/** Where a node stands. */
export type NodeStatus =
  | "pending"
  | "running"
  | "retrying"
  | "waiting"
  | "completed"
  | "failed"
  | "skipped"
  | "cancelled"

/** All of them, in the order of a node's life. */
export const all: ReadonlyArray<NodeStatus> = [
  "pending",
  "running",
  "retrying",
  "waiting",
  "completed",
  "failed",
  "skipped",
  "cancelled"
]

const legal: Readonly<Record<NodeStatus, ReadonlyArray<NodeStatus>>> = {
  pending: ["running", "skipped", "cancelled"],
  // A running node stays so from its last attempt to its failure handler.
  running: ["running", "completed", "failed", "retrying", "waiting", "cancelled"],
  retrying: ["running", "cancelled"],
  // What ends a wait takes the node through `running` within one event: no code of it runs.
  waiting: ["running", "cancelled"],
  failed: ["pending"],
  completed: [],
  skipped: [],
  cancelled: []
}

/** Tells whether a node may go from one status to the other. Everything that this table does not allow is a defect. */
export const isLegal = (from: NodeStatus, to: NodeStatus): boolean => legal[from].includes(to)

/** Tells whether a node is done: it completed, failed for good, or will never run. */
export const isEnded = (status: NodeStatus): boolean =>
  status === "completed" || status === "failed" || status === "skipped" || status === "cancelled"
