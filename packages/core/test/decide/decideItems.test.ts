/*
 * Goal: a node that is mapped over a list expands once, starts its items within their bound, and ends when all of them have.
 * Method: scenes without a runtime; each step shows the events that follow.
 */
import { describe, expect, it } from "vitest"
import type { ForEach } from "@dagflow/protocol"
import { flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

const list = (count: number, more: Partial<ForEach.ForEach> = {}) => ({
  forEach: { items: { value: Array.from({ length: count }, (_, index) => index) }, ...more }
})

const scene = (count: number, more: Partial<ForEach.ForEach> = {}, options = {}, config = {}) => {
  const made = new Scene({
    flow: flow([node("a", [], {}, { ...list(count, more), ...options }), node("z", ["a"])], config)
  })
  void made.news
  return made.follow()
}

describe("a node that is mapped over a list", () => {
  it("R12: expands to all its items in one event, and they start in the order of the list", () => {
    const run = scene(3)
    expect(run.news).toEqual(["a expands to 3", "a[0] starts", "a[1] starts", "a[2] starts"])
    expect(run.node("a")).toMatchObject({ status: "running", inFlight: false, attempt: 1 })
    expect(run.turn.state.iterations).toBe(0)
    expect(run.broken).toEqual([])
  })

  it("completes when all items have, whatever their order, and then those behind it start", () => {
    const run = scene(3)
    void run.news
    run.succeed("a[2]").succeed("a[0]")
    expect(run.news).toEqual(["a[2] completes", "a[0] completes"])
    run.succeed("a[1]")
    expect(run.news).toEqual(["a[1] completes", "a completes", "z starts"])
    expect(run.node("a").outputs).toEqual({ value: { $items: "a[*].value", count: 3 } })
    expect(run.broken).toEqual([])
  })

  it("completes at once when the list is empty", () => {
    expect(scene(0).news).toEqual(["a expands to 0", "a completes", "z starts"])
  })

  it("has at most maxParallel items in flight, and the next in the order of the list follows each end", () => {
    const run = scene(5, { maxParallel: 2 })
    expect(run.news).toEqual(["a expands to 5", "a[0] starts", "a[1] starts"])
    run.succeed("a[1]")
    expect(run.news).toEqual(["a[1] completes", "a[2] starts"])
    run.succeed("a[0]").succeed("a[2]")
    expect(run.news).toEqual(["a[0] completes", "a[3] starts", "a[2] completes", "a[4] starts"])
    expect(run.broken).toEqual([])
  })

  it("gives the place of an item that waits, is skipped, cancelled or held back to the next one", () => {
    const run = scene(5, { maxParallel: 1 })
    void run.news
    run.wait("a[0] waits")
    expect(run.news).toEqual(["a[0] waits Signal", "a[1] starts"])
    run.command({ _tag: "DisableNodes", nodeIds: ["a[2]"] })
    run.command({ _tag: "PauseBranch", branch: "a[3]" })
    void run.news
    run.succeed("a[1]")
    expect(run.news).toEqual(["a[1] completes", "a[2] skipped disabled", "a[4] starts"])
    run.succeed("a[4]")
    run.command({ _tag: "CancelBranch", branch: "a[3]" })
    run.signal("a[0]", { ok: true })
    expect(run.news).toEqual([
      "a[4] completes",
      "BranchCancelled a[3]",
      "a[3] cancelled branch_cancelled pending",
      "a[0] signal",
      "a[0] completes answered 15",
      "a completes",
      "z starts"
    ])
    expect(run.broken).toEqual([])
  })

  it("fails when its list is none, and its own policy decides what follows", () => {
    const none = { forEach: { items: { ref: "inputs.x" } } }
    const run = new Scene({ flow: flow([node("a", [], {}, none), node("b")], { onFailure: "continue" }) })
    void run.news
    expect(run.follow().news).toEqual(["a fails NoList", "b starts"])
    expect(run.broken).toEqual([])
  })

  it("fails when the run would have too many nodes", () => {
    expect(scene(9, {}, { onFailure: "best_effort" }, { nodesMax: 10 }).news).toEqual([
      "a fails TooManyNodes",
      "z skipped trigger_rule by a",
      "RunEnding Completed",
      "RunCompleted"
    ])
    expect(scene(8, {}, {}, { nodesMax: 10 }).news[0]).toBe("a expands to 8")
  })

  it("expands once more when it is retried by hand", () => {
    const none = { forEach: { items: { ref: "inputs.x" } }, onFailure: "pause" } as const
    const run = new Scene({ flow: flow([node("a", [], {}, none)]) })
    void run.follow().news
    run.command({ _tag: "RetryNode", nodeId: "a" })
    expect(run.news).toEqual(["a retry requested", "RunResumed", "a fails NoList", "RunPaused by a"])
    expect(run.node("a").attempt).toBe(2)
  })
})

describe("an item that fails", () => {
  it("halts the run by default, and the node is cancelled with it", () => {
    const run = scene(3)
    void run.news
    run.fail("a[1]")
    expect(run.news).toEqual([
      "a[1] fails Failed",
      "RunInterrupted halted",
      "a cancelled halted pending",
      "z cancelled halted pending"
    ])
    run.stop("a[0]").stop("a[2]")
    expect(run.news.slice(-2)).toEqual(["RunEnding Failed", "RunFailed NodesFailed"])
    expect(run.broken).toEqual([])
  })

  it.each(["continue", "best_effort"] as const)(
    "lets the others go on under %s, and the node completes",
    (onItemFailure) => {
      const run = scene(3, { onItemFailure })
      void run.news
      run.fail("a[1]").succeed("a[0]").succeed("a[2]").succeed("z")
      expect(run.news.slice(0, 5)).toEqual([
        "a[1] fails Failed",
        "a[0] completes",
        "a[2] completes",
        "a completes",
        "z starts"
      ])
      expect(run.news).toEqual([])
      expect(run.turn.state.status).toBe(onItemFailure === "continue" ? "failed" : "completed")
    }
  )

  it("has the policy of its node unless there is one for items", () => {
    const run = scene(2, {}, { onFailure: "continue" })
    expect(run.node("a[0]").spec.onFailure).toBe("continue")
    expect(scene(2, { onItemFailure: "pause" }, { onFailure: "continue" }).node("a[0]").spec.onFailure).toBe(
      "pause"
    )
  })

  it("R14: is retried alone while the run is paused for it", () => {
    const run = scene(2, { onItemFailure: "pause" })
    void run.news
    run.fail("a[1]").succeed("a[0]")
    run.command({ _tag: "RetryNode", nodeId: "a[1]" })
    expect(run.news).toEqual([
      "a[1] fails Failed",
      "RunPaused by a[1]",
      "a[0] completes",
      "a[1] retry requested",
      "RunResumed",
      "a[1] starts 2"
    ])
    run.succeed("a[1]")
    expect(run.news).toEqual(["a[1] completes", "a completes", "z starts"])
  })

  it("is retried alone as long as the list is not complete, although its failure counts already", () => {
    const run = scene(2, { onItemFailure: "continue" })
    run.fail("a[1]")
    void run.news
    run.command({ _tag: "RetryNode", nodeId: "a[1]" })
    expect(run.news).toEqual(["a[1] retry requested", "a[1] starts 2"])
    run.succeed("a[0]").fail("a[1]")
    expect(run.broken).toEqual([])
    expect(run.command({ _tag: "RetryNode", nodeId: "a[1]" }).rejection).toMatchObject({
      _tag: "InvalidInput"
    })
  })

  it("is tried again by the retry policy of its node, within the bound", () => {
    const run = scene(2, { maxParallel: 1 }, { retry: { tries: 2, backoff: "immediate" } })
    void run.news
    run.fail("a[0]")
    expect(run.news).toEqual(["a[0] fails Failed retry", "a[1] starts"])
    expect(run.node("a").status).toBe("running")
  })

  it("R5: is handled by a node that a hook adds behind it", () => {
    const run = new Scene({
      flow: flow([node("a", [], {}, list(2))]),
      hooks: { mend: ["NodeFailed"] }
    })
    run.follow().fail("a[0]")
    const { sequence } = run.turn.state
    void run.news
    run.answer("mend", sequence, [
      { _tag: "AddNode", node: { id: "mended", action: "ok", dependencies: ["a[0]"] } }
    ])
    expect(run.news).toEqual(["adds mended met a[0]", `mend answers ${sequence}`, "mended starts"])
    run.succeed("a[1]").succeed("mended")
    expect(run.news).toEqual([
      "a[1] completes",
      "a completes",
      "mended completes",
      "RunEnding Completed",
      "RunCompleted"
    ])
  })
})

describe("the branch of a node with a list", () => {
  it("holds its items, and pausing it holds them back", () => {
    const run = scene(3, { maxParallel: 1 })
    run.command({ _tag: "PauseBranch", branch: "a" })
    void run.news
    run.succeed("a[0]")
    expect(run.news).toEqual(["a[0] completes"])
    run.command({ _tag: "ResumeBranch", branch: "a" })
    expect(run.news).toEqual(["BranchResumed a", "a[1] starts"])
    run.command({ _tag: "CancelBranch", branch: "a" })
    expect(run.news).toEqual([
      "BranchCancelled a",
      "a cancelled branch_cancelled pending",
      "a[2] cancelled branch_cancelled pending",
      "z cancelled branch_cancelled pending"
    ])
    run.stop("a[1]")
    expect(run.broken).toEqual([])
  })

  it("holds items that come after it was paused", () => {
    const run = new Scene({
      flow: flow([node("b hold"), node("a", ["b"], {}, { ...list(2), branch: "left" })])
    })
    run.follow()
    run.command({ _tag: "PauseBranch", branch: "left" })
    run.succeed("b")
    void run.news
    run.command({ _tag: "ResumeBranch", branch: "left" })
    expect(run.news).toEqual(["BranchResumed left", "a expands to 2", "a[0] starts", "a[1] starts"])
    expect([...(run.turn.state.branches.get("left")?.members ?? [])].map((one) => one.spec.id)).toEqual([
      "a",
      "a[0]",
      "a[1]"
    ])
  })
})

describe("a run with a list that is taken up", () => {
  it("does not expand again, and lost items run again within the bound", () => {
    const run = scene(4, { maxParallel: 2 })
    run.succeed("a[0]")
    void run.news
    run.takeUp().follow()
    expect(run.news).toEqual([
      "RunOwned",
      "a[1] fails OwnerLost retry",
      "a[2] fails OwnerLost retry",
      "a[3] starts"
    ])
    expect(run.broken).toEqual([])
  })
})
