import { describe, expect, it } from "vitest"
import { flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

/** `a` has the branch `b → c`, `d` joins it with `e` from outside, `l` carries the label. */
const nodes = [
  node("a"),
  node("b", ["a"]),
  node("c", ["b"]),
  node("e", ["a"]),
  node("d", ["c", "e"], {}, { trigger: "all_done" }),
  node("l", ["a"], {}, { branch: "b" })
]

const scene = (given: ReadonlyArray<string> = ["a starts", "a completes"]) =>
  new Scene({ flow: flow(nodes), given })

const members = (world: Scene, name: string) =>
  [...(world.turn.state.branches.get(name)?.members ?? [])].map((one) => one.spec.id).sort()

describe("row 79: membership", () => {
  it("a branch is its root, the nodes with its label, and what depends on members only", () => {
    const world = scene()
    world.command({ _tag: "PauseBranch", branch: "b" })
    expect(members(world, "b")).toEqual(["b", "c", "l"])
  })

  it("a node that also depends on something outside is a join, and not a member", () => {
    const world = scene()
    world.command({ _tag: "PauseBranch", branch: "a" })
    expect(members(world, "a")).toEqual(["a", "b", "c", "d", "e", "l"])
    world.command({ _tag: "PauseBranch", branch: "c" })
    expect(members(world, "c")).toEqual(["c"])
  })

  it("an added node joins by its label and by its dependencies, also in a batch and in any order", () => {
    const world = scene()
    world.command({ _tag: "PauseBranch", branch: "b" })
    world.command({
      _tag: "AddNodes",
      nodes: [
        { id: "z", action: "ok", dependencies: ["y"] },
        { id: "y", action: "ok", dependencies: ["c"] },
        { id: "w", action: "ok", branch: "b" },
        { id: "out", action: "ok", dependencies: ["c", "e"] }
      ]
    })
    expect(members(world, "b")).toEqual(["b", "c", "l", "w", "y", "z"])
    expect(world.news).toEqual(["BranchPaused b", "e starts", "adds y,z,w,out"])
  })

  it("a node added to a cancelled branch is cancelled when its turn comes", () => {
    const world = scene(["a starts"])
    world.command({ _tag: "CancelBranch", branch: "b" })
    world.command({ _tag: "AddNode", node: { id: "x", action: "ok", branch: "b" } })
    expect(world.news.slice(-2)).toEqual(["adds x", "x cancelled branch_cancelled pending"])
  })
})

describe("rows 80, 81: pausing and resuming", () => {
  it("row 80: no pending node of a paused branch starts, others go on", () => {
    const world = scene(["a starts"])
    world.command({ _tag: "PauseBranch", branch: "b" })
    expect(world.succeed("a").news).toEqual(["BranchPaused b", "a completes", "e starts"])
  })

  it("row 81: its pending nodes start once it is resumed", () => {
    const world = scene()
    world.command({ _tag: "PauseBranch", branch: "b" })
    world.command({ _tag: "ResumeBranch", branch: "b" })
    expect(world.news).toEqual(["BranchPaused b", "e starts", "BranchResumed b", "b starts", "l starts"])
  })

  it("what runs ends, and its retry waits for the branch", () => {
    const world = new Scene({
      flow: flow([node("a", [], {}, { retry: { tries: 2, backoff: "immediate" } }), node("b")]),
      given: ["a starts", "b starts"]
    }).follow()
    world.command({ _tag: "PauseBranch", branch: "a" })
    expect(world.fail("a").news).toEqual(["BranchPaused a", "a fails Failed retry"])
    world.command({ _tag: "ResumeBranch", branch: "a" })
    expect(world.news).toEqual(["BranchResumed a", "a starts 2"])
  })

  it("of nested pauses the last one to be resumed counts", () => {
    const world = scene()
    world.command({ _tag: "PauseBranch", branch: "b" })
    world.command({ _tag: "PauseBranch", branch: "a" })
    world.command({ _tag: "ResumeBranch", branch: "b" })
    expect(world.news).toEqual(["BranchPaused b", "e starts", "BranchPaused a", "BranchResumed b"])
    world.command({ _tag: "ResumeBranch", branch: "a" })
    expect(world.news).toEqual(["BranchResumed a", "b starts", "l starts"])
  })

  it("the same again changes nothing", () => {
    const world = scene()
    for (const tag of ["ResumeBranch", "PauseBranch", "PauseBranch"] as const)
      world.command({ _tag: tag, branch: "b" })
    expect(world.news.filter((text) => text.startsWith("Branch"))).toEqual(["BranchPaused b"])
  })

  it("row 84: a run whose remaining work is paused neither ends nor stalls", () => {
    const world = new Scene({
      flow: flow([node("a"), node("b", ["a"])]),
      given: ["a starts", "a completes", "BranchPaused b"]
    })
    expect(world.follow().news).toEqual([])
    expect(world.turn.state.status).toBe("running")
  })
})

describe("row 82: cancelling", () => {
  it("what is pending is cancelled, and a join outside follows its rule", () => {
    const world = scene(["a starts", "a completes", "b starts", "e starts", "l starts"])
    world.command({ _tag: "CancelBranch", branch: "b" })
    expect(world.news).toEqual(["BranchCancelled b", "c cancelled branch_cancelled pending"])
    expect(world.stop("b").news).toEqual(["b cancelled branch_cancelled interrupted"])
    expect(world.succeed("e").news).toEqual(["e completes", "d starts"])
  })

  it("a cancellation may come while the branch is paused, and is not taken back", () => {
    const world = scene()
    world.command({ _tag: "PauseBranch", branch: "b" })
    world.command({ _tag: "CancelBranch", branch: "b" })
    expect(world.news.slice(2)).toEqual([
      "BranchCancelled b",
      "b cancelled branch_cancelled pending",
      "l cancelled branch_cancelled pending",
      "c cancelled branch_cancelled pending"
    ])
    expect(world.command({ _tag: "ResumeBranch", branch: "b" }).rejection).toMatchObject({
      _tag: "InvalidInput"
    })
    expect(world.command({ _tag: "PauseBranch", branch: "b" }).rejection).toMatchObject({
      _tag: "InvalidInput"
    })
  })

  it("a failing attempt of a cancelled branch is not retried", () => {
    const world = new Scene({
      flow: flow([node("a", [], {}, { retry: { tries: 3 }, failure: "notify" }), node("b")], {
        onFailure: "continue"
      }),
      given: ["a starts", "b starts"]
    })
    world.command({ _tag: "CancelBranch", branch: "a" })
    expect(world.fail("a").news).toEqual(["BranchCancelled a", "a fails Failed"])
  })
})

describe("row 121: disabled nodes", () => {
  it("a disabled node is skipped when its turn comes, and its dependents follow their rules", () => {
    const world = new Scene({
      flow: flow([node("a"), node("b", ["a"]), node("c", ["b"], {}, { trigger: "none_failed" })]),
      given: ["a starts"]
    })
    world.command({ _tag: "DisableNodes", nodeIds: ["b"] })
    expect(world.succeed("a").news).toEqual([
      "NodesDisabled b",
      "a completes",
      "b skipped disabled",
      "c starts"
    ])
  })

  it("one that is enabled before its turn runs", () => {
    const world = new Scene({
      flow: flow([node("a"), node("b", ["a"], {}, { enabled: false })]),
      given: ["a starts"]
    })
    world.command({ _tag: "EnableNodes", nodeIds: ["b"] })
    expect(world.succeed("a").news).toEqual(["NodesEnabled b", "a completes", "b starts"])
  })

  it("one that waits for a slot and is disabled does not start", () => {
    const world = new Scene({ flow: flow([node("a"), node("b")], { maxParallel: 1 }) }).follow()
    world.command({ _tag: "DisableNodes", nodeIds: ["b"] })
    expect(world.succeed("a").news.slice(2)).toEqual([
      "a completes",
      "b skipped disabled",
      "RunEnding Completed",
      "RunCompleted"
    ])
  })
})
