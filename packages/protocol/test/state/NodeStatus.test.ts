import { describe, expect, it } from "vitest"
import { Evolve, NodeStatus } from "../../src/index.ts"
import {
  type AnyEvent,
  flowOf,
  logOf,
  nodeCompleted,
  nodeFailed,
  nodeStarted,
  nodeWaiting,
  owned,
  started
} from "../LogBuilder.ts"

/** Written down a second time, by hand: rows are where a node stands, columns where it may go. */
const table = `
            pending running retrying waiting completed failed skipped cancelled
  pending      -       x       -        -       -        -       x        x
  running      -       x       x        x       x        x       -        x
  retrying     -       x       -        -       -        -       -        x
  waiting      -       x       -        -       -        -       -        x
  completed    -       -       -        -       -        -       -        -
  failed       x       -       -        -       -        -       -        -
  skipped      -       -       -        -       -        -       -        -
  cancelled    -       -       -        -       -        -       -        -
`

const rows = table
  .trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/))
const [columns = [], ...body] = rows
const pairs = body.flatMap(([from = "", ...cells]) =>
  cells.map((cell, index) => ({ from, to: columns[index] ?? "", isLegal: cell === "x" }))
) as ReadonlyArray<{ from: NodeStatus.NodeStatus; to: NodeStatus.NodeStatus; isLegal: boolean }>

const cancelled: AnyEvent = { _tag: "NodeCancelled", nodeId: "a", reason: "halted", stopped: "pending" }

/** Events that bring node `a` to each status. */
const waysTo: Readonly<Record<NodeStatus.NodeStatus, ReadonlyArray<AnyEvent>>> = {
  pending: [],
  running: [nodeStarted("a")],
  retrying: [nodeStarted("a"), nodeFailed("a", 1, { retryAtMillis: 1 })],
  waiting: [nodeStarted("a"), nodeWaiting("a")],
  completed: [nodeStarted("a"), nodeCompleted("a")],
  failed: [nodeStarted("a"), nodeFailed("a")],
  skipped: [{ _tag: "NodeSkipped", nodeId: "a", reason: "disabled" }],
  cancelled: [cancelled]
}

/** The event that would bring node `a` to a status, after the attempts that it has had. */
const eventTo = (to: NodeStatus.NodeStatus, attempt: number): AnyEvent => {
  const events: Readonly<Record<NodeStatus.NodeStatus, AnyEvent>> = {
    pending: { _tag: "NodeRetryRequested", nodeId: "a" },
    running: nodeStarted("a", attempt + 1),
    retrying: nodeFailed("a", attempt, { retryAtMillis: 1 }),
    waiting: nodeWaiting("a", attempt),
    completed: nodeCompleted("a", attempt),
    failed: nodeFailed("a", attempt),
    skipped: { _tag: "NodeSkipped", nodeId: "a", reason: "disabled" },
    cancelled
  }
  return events[to]
}

describe("NodeStatus", () => {
  it("is tried for every pair of statuses", () => {
    expect(pairs).toHaveLength(NodeStatus.all.length ** 2)
    expect(new Set(pairs.map(({ from }) => from))).toEqual(new Set(NodeStatus.all))
    expect(columns).toEqual(NodeStatus.all)
  })

  it.each(pairs)("from $from to $to is as the table says: $isLegal", ({ from, isLegal, to }) => {
    expect(NodeStatus.isLegal(from, to)).toBe(isLegal)
  })

  /** A running node starts again only as its failure handler; what ends a wait goes on at once. Both have tests of their own. */
  const byEvents = pairs.filter(
    ({ from, to }) => to !== "running" || (from !== "running" && from !== "waiting")
  )

  it.each(byEvents)(
    "an event that moves a node from $from to $to is folded: $isLegal",
    ({ from, isLegal, to }) => {
      const log = [started(flowOf({ a: [] }, { config: { onFailure: "pause" } })), owned(), ...waysTo[from]]
      const before = Evolve.fold("run", logOf(log)).byId.get("a")
      expect(before?.status).toBe(from)
      const after = Evolve.fold("run", logOf([...log, eventTo(to, before?.attempt ?? 0)]))
      expect(after.byId.get("a")?.status).toBe(isLegal ? to : from)
      expect(after.violations.length > 0).toBe(!isLegal)
    }
  )

  it("a running node starts its failure handler, and nothing else while an attempt goes on", () => {
    const log = [started(flowOf({ a: { failure: "repair" } })), owned(), nodeStarted("a")]
    expect(Evolve.fold("run", logOf([...log, nodeStarted("a", 2, "handler")])).violations).toHaveLength(1)
    const handling = [...log, nodeFailed("a", 1, { handling: true }), nodeStarted("a", 2, "handler")]
    const state = Evolve.fold("run", logOf(handling))
    expect(state.violations).toEqual([])
    expect(state.byId.get("a")).toMatchObject({
      status: "running",
      inFlight: true,
      handling: true,
      attempt: 2
    })
  })

  it("ends with completed, failed, skipped and cancelled", () => {
    expect(NodeStatus.all.filter(NodeStatus.isEnded)).toEqual(["completed", "failed", "skipped", "cancelled"])
  })
})
