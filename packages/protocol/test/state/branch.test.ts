import { describe, expect, it } from "vitest"
import { Evolve, Invariants } from "../../src/index.ts"
import { dice } from "../Dice.ts"
import { type AnyEvent, flowOf, logOf, type Nodes, nodesOf, owned, started } from "../LogBuilder.ts"

const membersOf = (events: ReadonlyArray<AnyEvent>, branch: string) => {
  const state = Evolve.fold("run", logOf(events))
  expect(Invariants.check(state)).toEqual([])
  return [...(state.branches.get(branch)?.members ?? [])].map((node) => node.spec.id).sort()
}

const pause = (branch: string): AnyEvent => ({ _tag: "BranchPaused", branch })
const added = (nodes: Nodes): AnyEvent => ({ _tag: "NodesAdded", nodes: nodesOf(nodes) })

const nodes: Nodes = {
  other: [],
  root: [],
  a: ["root"],
  b: ["root"],
  below: ["a", "b"],
  join: ["below", "other"],
  afterJoin: ["join"],
  red1: { branch: "red" },
  red2: { branch: "red", dependencies: ["other"] },
  mixed: ["red1", "red2"],
  partly: ["red1", "a"]
}
const begin = [started(flowOf(nodes)), owned()]

describe("the members of a branch", () => {
  it("are its root and every node all of whose dependencies are members", () => {
    expect(membersOf([...begin, pause("root")], "root")).toEqual(["a", "b", "below", "root"])
  })

  it("are the nodes labelled with it and what depends on members only", () => {
    expect(membersOf([...begin, pause("red")], "red")).toEqual(["mixed", "red1", "red2"])
  })

  it("are no joins with nodes outside, and nothing behind those", () => {
    const members = membersOf([...begin, pause("root")], "root")
    expect(members).not.toContain("join")
    expect(members).not.toContain("afterJoin")
    expect(members).not.toContain("partly")
  })

  it("are none when nothing has that id or label", () => {
    expect(membersOf([...begin, pause("nothing")], "nothing")).toEqual([])
  })

  it("are the same whether the branch is named before or after nodes are added, in whatever order they stand", () => {
    const later: Nodes = {
      z1: ["z2"],
      z2: ["z3", "below"],
      z3: ["root"],
      outside: ["z1", "join"],
      label: { branch: "root", dependencies: ["other"] },
      behindLabel: ["label", "z1"]
    }
    const expected = ["a", "b", "behindLabel", "below", "label", "root", "z1", "z2", "z3"]
    const entries = Object.entries(later)
    for (let seed = 0; seed < 50; seed++) {
      const random = dice(seed)
      const shuffled = [...entries]
      for (let at = shuffled.length - 1; at > 0; at--) {
        const other = random.roll(at + 1)
        const [one, two] = [shuffled[at], shuffled[other]]
        if (one !== undefined && two !== undefined) [shuffled[at], shuffled[other]] = [two, one]
      }
      const growth = added(Object.fromEntries(shuffled))
      expect(membersOf([...begin, pause("root"), growth], "root"), `seed ${seed}`).toEqual(expected)
      expect(membersOf([...begin, growth, pause("root")], "root"), `seed ${seed}`).toEqual(expected)
    }
  })

  it("grow by one node after the other as by one batch", () => {
    const one = [added({ c: ["below"] }), added({ d: ["c"] }), added({ e: ["d", "other"] })]
    expect(membersOf([...begin, pause("root"), ...one], "root")).toEqual([
      "a",
      "b",
      "below",
      "c",
      "d",
      "root"
    ])
  })

  it("include a root that is added later", () => {
    const growth = added({ late: [], behind: ["late"] })
    expect(membersOf([...begin, pause("late"), growth], "late")).toEqual(["behind", "late"])
  })
})

describe("what a branch does to its members", () => {
  const state = (...events: ReadonlyArray<AnyEvent>) => Evolve.fold("run", logOf([...begin, ...events]))

  it("a paused branch holds its pending members back, also those added meanwhile; a resumed one lets them go", () => {
    const paused = state(pause("root"), added({ c: ["below"] }))
    expect(paused.byId.get("root")?.pausedBranches).toBe(1)
    expect(paused.byId.get("c")?.pausedBranches).toBe(1)
    expect(paused.byId.get("join")?.pausedBranches).toBe(0)
    const resumed = state(pause("root"), added({ c: ["below"] }), { _tag: "BranchResumed", branch: "root" })
    expect(resumed.nodes.every((node) => node.pausedBranches === 0)).toBe(true)
    expect(resumed.due.filter((node) => node.spec.id === "root")).toHaveLength(2)
  })

  it("a node of two paused branches waits for both", () => {
    const both = state(pause("root"), pause("a"))
    expect(both.byId.get("a")?.pausedBranches).toBe(2)
    const one = state(pause("root"), pause("a"), { _tag: "BranchResumed", branch: "root" })
    expect(one.byId.get("a")?.pausedBranches).toBe(1)
  })

  it("pausing twice is pausing once", () => {
    expect(state(pause("root"), pause("root")).byId.get("a")?.pausedBranches).toBe(1)
  })

  it("a cancelled branch marks its members, also those added later, and is never resumed", () => {
    const cancelled = state(
      pause("root"),
      { _tag: "BranchCancelled", branch: "root", reason: "no" },
      added({ c: ["a"] })
    )
    const marked = cancelled.nodes.filter((node) => node.cancelledBranch).map((node) => node.spec.id)
    expect(marked).toEqual(["root", "a", "b", "below", "c"])
    expect(cancelled.byId.get("c")?.pausedBranches).toBe(0)
    expect(cancelled.branches.get("root")?.reason).toBe("no")
    const resumed = state(
      { _tag: "BranchCancelled", branch: "root" },
      { _tag: "BranchResumed", branch: "root" }
    )
    expect(resumed.violations).toEqual([`branch "root" is cancelled, and event 4 makes it running`])
  })
})
