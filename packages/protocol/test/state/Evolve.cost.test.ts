import { describe, expect, it } from "vitest"
import { type Envelope, Evolve } from "../../src/index.ts"
import {
  type AnyEvent,
  flowOf,
  logOf,
  nodeCompleted,
  type Nodes,
  nodesOf,
  nodeStarted,
  owned,
  started
} from "../LogBuilder.ts"
import { countWork } from "./WorkCount.ts"

/**
 * Goal: work per event is proportional to the degree of its node, never to the size of the graph. Method: count the
 * elements that the fold looks at for graphs of 1,000 and of 10,000 nodes. Ten times the graph may be ten times the work;
 * a single look at all nodes per event would make it a hundred times.
 */
const small = 1000
const large = 10_000

const chain = (count: number): Nodes =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`n${index}`, index === 0 ? [] : [`n${index - 1}`]])
  )

const fan = (count: number): Nodes => {
  const middle = Array.from({ length: count - 2 }, (_, index) => `n${index}`)
  return { root: [], ...Object.fromEntries(middle.map((id) => [id, ["root"]])), join: middle }
}

const folding = (log: ReadonlyArray<Envelope.Envelope>): number => {
  let violations: ReadonlyArray<string> = ["it did not run"]
  const work = countWork(() => {
    violations = Evolve.fold("run", log).violations
  })
  expect(violations).toEqual([])
  return work
}

const ordinary = (nodes: Nodes) => {
  const events = Object.keys(nodes).flatMap((id) => [nodeStarted(id), nodeCompleted(id)])
  return logOf([started(flowOf(nodes)), owned(), ...events])
}

const gated = (nodes: Nodes) => {
  const events = Object.keys(nodes).flatMap((id, index): ReadonlyArray<AnyEvent> => [
    nodeStarted(id),
    nodeCompleted(id),
    { _tag: "HookAnswered", hook: "gate", sequence: 3 * index + 4 }
  ])
  return logOf([started(flowOf(nodes)), owned({ gate: ["NodeCompleted"] }), ...events])
}

const grown = (nodes: Nodes) => {
  const growth = nodesOf(nodes).map((node): AnyEvent => ({ _tag: "NodesAdded", nodes: [node] }))
  return logOf([started(flowOf({})), owned(), ...growth])
}

const cancelled = (nodes: Nodes) => {
  const ends = Object.keys(nodes).map((nodeId): AnyEvent => ({
    _tag: "NodeCancelled",
    nodeId,
    reason: "halted",
    stopped: "pending"
  }))
  return logOf([started(flowOf(nodes)), owned(), { _tag: "RunInterrupted", cause: "cancelled" }, ...ends])
}

describe("the cost of the fold", () => {
  it("is measured by a counter that sees a look at all nodes", () => {
    const list = Array.from({ length: 100 }, (_, index) => index)
    expect(countWork(() => void list.filter((one) => one > 50))).toBe(100)
    expect(countWork(() => void [...list])).toBeGreaterThanOrEqual(100)
    expect(countWork(() => void [...new Set(list).values()])).toBeGreaterThanOrEqual(100)
    expect(countWork(() => undefined)).toBe(0)
  })

  it.each([
    ["a chain", chain, ordinary],
    ["a fan", fan, ordinary],
    ["a chain with gate hooks", chain, gated],
    ["a fan with gate hooks", fan, gated],
    ["a chain that grows node by node", chain, grown],
    ["a fan that grows node by node", fan, grown],
    ["a chain that is cancelled", chain, cancelled]
  ] as const)("grows with nodes and edges only: %s", (_, shape, log) => {
    const [less, more] = [folding(log(shape(small))), folding(log(shape(large)))]
    expect(more / less).toBeLessThan((large / small) * 1.05)
    expect(more).toBeLessThan(40 * large)
  })

  it("of a command for a small branch does not depend on the rest of the run", () => {
    const withBranch = (count: number): Nodes => ({ ...chain(count), leaf: [], below: ["leaf"] })
    const events: ReadonlyArray<AnyEvent> = [
      { _tag: "BranchPaused", branch: "leaf" },
      { _tag: "BranchResumed", branch: "leaf" },
      { _tag: "BranchCancelled", branch: "leaf" },
      { _tag: "NodesDisabled", nodeIds: ["below"] }
    ]
    const work = (count: number): number => {
      const state = Evolve.fold("run", logOf([started(flowOf(withBranch(count))), owned()]))
      return countWork(() => logOf(events, 3).reduce(Evolve.evolve, state))
    }
    expect(work(large)).toBe(work(small))
  })

  it("of adding a node does not depend on how many branches are paused", () => {
    const work = (branches: number): number => {
      const nodes = Object.fromEntries(Array.from({ length: branches }, (_, index) => [`root${index}`, []]))
      const pauses = Object.keys(nodes).map((branch): AnyEvent => ({ _tag: "BranchPaused", branch }))
      const before = [started(flowOf(nodes)), owned(), ...pauses]
      const state = Evolve.fold("run", logOf(before))
      const growth = logOf([{ _tag: "NodesAdded", nodes: nodesOf({ leaf: ["root0"] }) }], before.length + 1)
      return countWork(() => growth.reduce(Evolve.evolve, state))
    }
    expect(work(1000)).toBe(work(10))
  })
})
