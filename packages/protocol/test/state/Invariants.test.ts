import { describe, expect, it } from "vitest"
import { Evolve, Invariants, type NodeState, type RunState } from "../../src/index.ts"
import { flowOf, logOf, nodeCompleted, nodeStarted, owned, started } from "../LogBuilder.ts"

const state = () =>
  Evolve.fold(
    "run",
    logOf([
      started(flowOf({ a: [], b: ["a"], c: [] }), { maxParallel: 1 }),
      owned(),
      nodeStarted("a"),
      nodeCompleted("a"),
      nodeStarted("c")
    ])
  )

const node = (one: RunState.RunState, id: string): NodeState.NodeState => {
  const found = one.byId.get(id)
  if (found === undefined) throw new Error(`the test has no node "${id}"`)
  return found
}

/** Breaks one invariant each, and what is then said. */
const damages: ReadonlyArray<
  readonly [name: string, damage: (one: RunState.RunState) => void, said: string]
> = [
  ["a violation of the log", (one) => one.violations.push("late"), "late"],
  [
    "a wrong number of open dependencies",
    (one) => node(one, "b").unsettled++,
    '"b" waits for 0 nodes and counts 1'
  ],
  [
    "an end that is counted twice",
    (one) => node(one, "b").ends.succeeded++,
    '"b" lost count of its dependencies'
  ],
  ["a settled node that goes on", (one) => (node(one, "c").settled = true), '"c" settled while running'],
  [
    "a slot of a node that has ended",
    (one) => (node(one, "a").inFlight = true),
    '"a" holds a slot while completed'
  ],
  ["outputs of a running node", (one) => (node(one, "c").outputs = {}), '"c" is running and has outputs'],
  [
    "a completed node without outputs",
    (one) => (node(one, "a").outputs = undefined),
    '"a" is completed and has no outputs'
  ],
  ["an attempt that is not listed", (one) => node(one, "c").attempt++, '"c" counts 2 attempts'],
  [
    "two attempts at once",
    (one) => node(one, "a").attempts.forEach((attempt) => (attempt.endedAtMillis = undefined)),
    '"a" has 1 attempts without an end'
  ],
  [
    "a node that runs too early",
    (one) => {
      node(one, "b").status = "running"
      node(one, "a").settled = false
    },
    '"b" runs before its dependencies have settled'
  ],
  ["a wrong count of a status", (one) => one.counts.skipped++, "0 nodes are skipped, counted 1"],
  ["a wrong count of attempts", (one) => one.inFlight++, "1 attempts are in flight, counted 2"],
  [
    "more attempts than slots",
    (one) => (one.config = { ...one.config, maxParallel: 0 }),
    "1 attempts exceed 0 slots"
  ],
  [
    "an open node of an ended run",
    (one) => (one.status = "completed"),
    '"c" is running although the run is completed'
  ],
  ["an end without a result", (one) => (one.status = "failed"), "the run ended without a settled result"],
  [
    "an end while an answer is owed",
    (one) => {
      one.status = "failed"
      one.owed.set(1, { sequence: 1, hooks: ["a"], nodeId: undefined, node: undefined, handled: false })
    },
    "the run ended while hooks owe 1 answers"
  ]
]

describe("Invariants", () => {
  it("holds of a sound state", () => {
    expect(Invariants.check(state())).toEqual([])
  })

  it.each(damages)("says so when there is %s", (_, damage, said) => {
    const damaged = state()
    damage(damaged)
    expect(Invariants.check(damaged)).toContain(said)
  })
})
