/** Budgets, one decision after the other: what is reserved, what is charged, and what happens when nothing is left (R15). */
import {
  Budget,
  type BudgetState,
  type Event,
  type FlowConfig,
  type NodeSpec,
  RunReport
} from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { flow, many, node } from "../world/FlowNotation.ts"
import { boom, Scene } from "./Scene.ts"

type NodeOptions = Omit<NodeSpec.NodeSpec, "id" | "action" | "dependencies" | "inputs">

const tokens = (amount: number): NodeOptions => ({ estimate: { tokens: amount } })

const scene = (
  nodes: ReadonlyArray<NodeSpec.NodeSpec>,
  budget: Budget.Budget,
  config: FlowConfig.FlowConfig = {}
) => new Scene({ flow: flow(nodes, { ...config, budget }) })

const ten = (amount: number) =>
  many(10, "n* ok").map((one): NodeSpec.NodeSpec => ({ ...one, ...tokens(amount) }))

const account = (world: Scene, branch?: string): BudgetState.BudgetAccount => {
  const { budget } = world.turn.state
  const found = branch === undefined ? budget?.run : budget?.branches.get(branch)
  if (found === undefined) throw new Error("there is no such budget")
  return found
}

const started = (world: Scene): ReadonlyArray<Event.EventOf<"NodeStarted">> =>
  world.turn.events.flatMap(({ event }) => (event._tag === "NodeStarted" ? [event] : []))

const shortage = (world: Scene): Event.EventOf<"BudgetExhausted"> => {
  const found = world.turn.events.findLast(({ event }) => event._tag === "BudgetExhausted")?.event
  if (found?._tag !== "BudgetExhausted") throw new Error("no budget is used up")
  return found
}

describe("row 74: what is reserved", () => {
  it("of ten ready nodes that reserve 100 each, a budget of 500 lets exactly five start", () => {
    const world = scene(ten(100), { tokens: 500 }).follow()
    expect(started(world).map(({ nodeId, reserved }) => [nodeId, reserved])).toEqual(
      [0, 1, 2, 3, 4].map((index) => [`n${index}`, { tokens: 100 }])
    )
    expect(account(world)).toMatchObject({ spent: { tokens: 0 }, reserved: { tokens: 500 }, inFlight: 5 })
    expect(world.broken).toEqual([])
  })

  it("what an attempt did not use is there for the next node, in the turn that settles it", () => {
    const world = scene(ten(100), { tokens: 500 }).follow()
    world.succeed("n0", {}, { tokens: 40 })
    expect(started(world)).toHaveLength(5)
    world.succeed("n1", {}, { tokens: 60 })
    expect(started(world).at(-1)).toMatchObject({ nodeId: "n5" })
    expect(account(world)).toMatchObject({ spent: { tokens: 100 }, reserved: { tokens: 400 } })
  })

  it("a node that does not fit holds back those behind it, and no other budget's nodes", () => {
    const nodes = [
      node("large", [], {}, { branch: "a", ...tokens(80) }),
      node("first", [], {}, { branch: "a", priority: 1, ...tokens(50) }),
      node("small", [], {}, { branch: "a", ...tokens(1) }),
      node("free", [], {}, { branch: "b", ...tokens(1) })
    ]
    const world = scene(nodes, { branches: { a: { tokens: 100 } } }).follow()
    expect(started(world).map(({ nodeId }) => nodeId)).toEqual(["first", "free"])
    world.succeed("first", {}, { tokens: 10 })
    expect(started(world).map(({ nodeId }) => nodeId)).toEqual(["first", "free", "large", "small"])
  })

  it("one that comes later and goes first by its priority is looked at before those that wait", () => {
    const nodes = [
      node("first", [], {}, tokens(10)),
      node("base", [], {}, tokens(60)),
      node("large", [], {}, tokens(50)),
      node("urgent", ["first"], {}, { priority: 5, ...tokens(20) })
    ]
    const world = scene(nodes, { tokens: 100 }).follow()
    world.succeed("first", {}, { tokens: 10 })
    expect(started(world).map(({ nodeId }) => nodeId)).toEqual(["first", "base", "urgent"])
  })

  it("the estimate of a node wins over that of its action, key by key", () => {
    const nodes = [node("a notify"), node("b notify", [], {}, { estimate: { tokens: 5, cost: 2 } })]
    const world = scene(nodes, { tokens: 500, cost: 10 }).follow()
    // Nobody has estimated the cost of "a": it runs alone.
    expect(started(world).map(({ reserved }) => reserved)).toEqual([{ tokens: 100 }])
    world.succeed("a", {}, { tokens: 1, cost: 1 })
    expect(started(world).at(-1)?.reserved).toEqual({ tokens: 5, cost: 2 })
  })

  it("a node without an estimate runs alone", () => {
    const nodes = [
      node("a", [], {}, tokens(1)),
      node("b"),
      node("c", [], {}, tokens(1)),
      node("d", [], {}, tokens(1))
    ]
    const world = scene(nodes, { tokens: 10 }).follow()
    expect(started(world).map(({ nodeId }) => nodeId)).toEqual(["a"])
    world.succeed("a", {}, { tokens: 1 })
    expect(started(world).map(({ nodeId }) => nodeId)).toEqual(["a", "b"])
    world.succeed("b", {}, { tokens: 1 })
    expect(started(world).map(({ nodeId }) => nodeId)).toEqual(["a", "b", "c", "d"])
    expect(started(world)[1]).not.toHaveProperty("reserved")
  })

  it("fractions that add up to the limit fit", () => {
    const nodes = many(4, "n* ok").map((one): NodeSpec.NodeSpec => ({ ...one, estimate: { cost: 0.1 } }))
    expect(started(scene(nodes, { cost: 0.3 }).follow())).toHaveLength(3)
  })

  it("a run without a budget records no reservation", () => {
    const world = new Scene({ flow: flow(ten(100)) }).follow()
    expect(started(world)).toHaveLength(10)
    expect(started(world)[0]).not.toHaveProperty("reserved")
    expect(world.turn.state.budget).toBeUndefined()
  })
})

describe("row 74: what is charged", () => {
  const one = (estimate = 100, options: NodeOptions = {}) =>
    scene([node("a", [], {}, { ...tokens(estimate), ...options })], { tokens: 1000, cost: 1000 }).follow()

  it("what was reported, also when it is more than was reserved", () => {
    const world = one().succeed("a", {}, { tokens: 250 })
    expect(account(world)).toMatchObject({ spent: { tokens: 250 }, reserved: { tokens: 0 } })
  })

  it("the whole reservation, of each thing that was not reported", () => {
    expect(account(one().succeed("a")).spent.tokens).toBe(100)
    const nodes = [node("a", [], {}, { estimate: { tokens: 100, cost: 3 } })]
    const world = scene(nodes, { tokens: 1000, cost: 1000 }).follow().succeed("a", {}, { tokens: 7 })
    expect(account(world).spent).toMatchObject({ tokens: 7, cost: 3 })
  })

  it("failed attempts, retries and failure handlers, each by itself", () => {
    const world = one(100, { retry: { tries: 2, initialMillis: 1, jitter: 0 }, failure: "notify" })
    world.fail("a")
    expect(account(world)).toMatchObject({ spent: { tokens: 100 }, reserved: { tokens: 0 } })
    world.at(1000)
    world.frontier.add(world.node("a"))
    world.follow().fail("a")
    expect(started(world).map(({ reserved, role }) => [role, reserved?.tokens])).toEqual([
      [undefined, 100],
      [undefined, 100],
      ["handler", 100]
    ])
    world.succeed("a", {}, { tokens: 5 })
    expect(account(world).spent).toMatchObject({ tokens: 205, nodes: 1 })
    expect(world.broken).toEqual([])
  })

  it("an attempt that was lost with its process, as reserved, with no time that nobody saw", () => {
    const world = scene([node("a", [], {}, { estimate: { tokens: 10, timeMillis: 50 } })], {
      tokens: 100,
      timeMillis: 1000
    }).follow()
    world.turn.nowMillis = 900
    world.takeUp()
    expect(account(world)).toMatchObject({
      spent: { tokens: 10, timeMillis: 50 },
      reserved: { tokens: 0, timeMillis: 0 },
      inFlight: 0
    })
  })

  it("a lost attempt that nobody has estimated, with nothing but time: what it used is known to nobody", () => {
    const world = scene([node("a")], { tokens: 100 }).follow()
    expect(world.takeUp().news.slice(-1)).toEqual(["a fails OwnerLost retry"])
    expect(account(world)).toMatchObject({ spent: { tokens: 0 }, reserved: { tokens: 0 }, inFlight: 0 })
  })

  it("a cancelled attempt, as reserved", () => {
    const world = one()
    world.command({ _tag: "CancelRun" })
    world.stop("a")
    expect(account(world)).toMatchObject({ spent: { tokens: 100 }, reserved: { tokens: 0 }, inFlight: 0 })
  })

  it("an attempt that waits, once: by the time that its wait opens", () => {
    const world = one().wait("a waits")
    expect(account(world)).toMatchObject({ spent: { tokens: 100 }, inFlight: 0 })
    world.signal("a", { ok: true })
    expect(account(world).spent.tokens).toBe(100)
  })

  it("time, as it was measured, and nothing of it twice", () => {
    const world = scene(
      [node("a"), node("b", ["a"])],
      { timeMillis: 1000 },
      { nodeTimeoutMillis: 300 }
    ).follow()
    expect(started(world)[0]?.reserved).toEqual({ timeMillis: 300 })
    world.turn.nowMillis = 40
    world.succeed("a")
    world.turn.nowMillis = 100
    world.succeed("b")
    expect(account(world)).toMatchObject({ spent: { timeMillis: 100 }, reserved: { timeMillis: 0 } })
  })

  it("nodes once each, and rounds once each, whatever they hold", () => {
    const grow = (prefix: string) => ({
      _tag: "AddNodes" as const,
      nodes: [node(`${prefix}1`, [], {}, tokens(0)), node(`${prefix}2`, [], {}, tokens(0))]
    })
    const world = scene([node("a")], { nodes: 9, rounds: 2 }).follow()
    world.command(grow("b"))
    world.command(grow("c"))
    expect(account(world).spent).toMatchObject({ nodes: 5, rounds: 2 })
    world.command(grow("d"))
    for (const id of ["a", "b1", "b2", "c1", "c2"]) world.succeed(id)
    expect(shortage(world)).toMatchObject({ resource: "rounds", limit: 2, spent: 2, needed: 1, nodeId: "d1" })
    expect(account(world).spent).toMatchObject({ nodes: 5, rounds: 2 })
  })
})

describe("row 74: a budget that is used up", () => {
  const spend = (budget: Budget.Budget) => {
    const world = scene([...ten(100), node("after", ["n9"], {}, tokens(1))], {
      tokens: 300,
      ...budget
    }).follow()
    for (const id of ["n0", "n1", "n2"]) world.succeed(id, {}, { tokens: 100 })
    return world
  }

  it("pauses the run once nothing is in flight that could give something back, and says what was spent where", () => {
    const world = spend({})
    expect(world.news.slice(-2)).toEqual(["BudgetExhausted tokens at n3", "RunPaused exhausted"])
    expect(shortage(world)).toEqual({
      _tag: "BudgetExhausted",
      resource: "tokens",
      limit: 300,
      spent: 300,
      needed: 100,
      nodeId: "n3",
      nodes: ["n0", "n1", "n2"].map((nodeId) => ({ nodeId, spent: 100 })),
      branches: []
    })
    expect(world.turn.state).toMatchObject({ status: "paused", pause: { isCommanded: false } })
    expect(world.broken).toEqual([])
  })

  it("goes on with what was left when its limit is raised, and runs nothing again", () => {
    const world = spend({})
    const before = started(world).length
    expect(world.command({ _tag: "SetBudget", tokens: 1100 }).rejection).toBeUndefined()
    expect(world.news.slice(-9, -7)).toEqual(["BudgetSet", "RunResumed"])
    for (let index = 3; index < 10; index++) world.succeed(`n${index}`, {}, { tokens: 100 })
    world.succeed("after", {}, { tokens: 1 })
    expect(world.turn.state.status).toBe("completed")
    expect(
      started(world)
        .slice(before)
        .map(({ attempt, nodeId }) => [nodeId, attempt])
    ).toEqual([...[3, 4, 5, 6, 7, 8, 9].map((index) => [`n${index}`, 1]), ["after", 1]])
    expect(account(world)).toMatchObject({
      spent: { tokens: 1001 },
      limits: { tokens: 1100 },
      shortage: undefined
    })
  })

  it("is used up again at once when it is resumed without more", () => {
    const world = spend({})
    world.command({ _tag: "ResumeRun" })
    expect(world.news.slice(-3)).toEqual([
      "RunResumed",
      "BudgetExhausted tokens at n3",
      "RunPaused exhausted"
    ])
  })

  it("stops the run with an error that tells all of it, when that is the policy", () => {
    const world = spend({ onExhausted: "stop" })
    const { state } = world.turn
    expect(state.status).toBe("failed")
    expect(state.result).toMatchObject({
      failure: { _tag: "BudgetExhausted", shortages: [{ resource: "tokens", spent: 300, nodeId: "n3" }] }
    })
    expect(state.byId.get("after")?.cancel).toMatchObject({ reason: "budget_exhausted", stopped: "pending" })
    expect(world.broken).toEqual([])
    const [told] = account(world).shortage === undefined ? [] : [account(world).shortage as Budget.Shortage]
    expect(told && Budget.describe(told)).toBe(
      'the budget of 300 tokens is used up: 300 spent (most by n0 100, n1 100, n2 100), and "n3" needs 100'
    )
  })

  it("is never exceeded by more than attempts in flight used beyond what they reserved", () => {
    const world = scene(ten(100), { tokens: 300 }).follow()
    for (const id of ["n0", "n1", "n2"]) world.succeed(id, {}, { tokens: 170 })
    expect(shortage(world)).toMatchObject({ spent: 510, nodeId: "n3" })
    expect(started(world)).toHaveLength(3)
  })

  it("lets nodes start that use nothing of what is used up", () => {
    const nodes = [node("a", [], {}, tokens(10)), node("free", ["a"], {}, tokens(0))]
    const world = scene(nodes, { tokens: 5 }).follow()
    expect(shortage(world)).toMatchObject({ nodeId: "a", needed: 10 })
    world.command({ _tag: "SetBudget", tokens: 10 })
    world.succeed("a", {}, { tokens: 99 }).succeed("free")
    expect(world.turn.state.status).toBe("completed")
  })

  it("a node without an estimate needs that anything is left", () => {
    const world = scene([node("a"), node("b", ["a"])], { tokens: 10 }).follow()
    world.succeed("a", {}, { tokens: 10 })
    expect(shortage(world)).toMatchObject({ nodeId: "b", spent: 10, limit: 10 })
    expect(shortage(world)).not.toHaveProperty("needed")
  })

  it("a budget of nothing lets nothing start", () => {
    expect(started(scene(ten(1), { tokens: 0 }).follow())).toEqual([])
    expect(started(scene([node("a")], { nodes: 0 }).follow())).toEqual([])
  })

  it("a pause by somebody's word stays when the budget is raised", () => {
    const world = spend({})
    world.command({ _tag: "PauseRun" })
    world.command({ _tag: "SetBudget", tokens: 5000 })
    expect(world.turn.state.status).toBe("paused")
    world.command({ _tag: "ResumeRun" })
    expect(world.turn.state.status).toBe("running")
  })

  it("a failed attempt waits for the budget like any other start", () => {
    const world = scene(
      [node("a", [], {}, { ...tokens(60), retry: { tries: 3, initialMillis: 1, jitter: 0 } })],
      {
        tokens: 100
      }
    ).follow()
    world.fail("a", boom)
    world.turn.nowMillis = 1000
    world.frontier.add(world.node("a"))
    world.follow()
    expect(shortage(world)).toMatchObject({ spent: 60, needed: 60, nodeId: "a" })
    world.command({ _tag: "SetBudget", tokens: 120 })
    expect(world.node("a")).toMatchObject({ status: "running", attempt: 2 })
  })
})

describe("budgets of branches", () => {
  const nodes = [
    node("root", [], {}, tokens(10)),
    node("child", ["root"], {}, tokens(100)),
    node("other", [], {}, { branch: "side", ...tokens(10) }),
    node("join", ["child", "other"], {}, { trigger: "all_done", ...tokens(0) })
  ]
  const spend = (onExhausted: Budget.OnExhausted) =>
    scene(nodes, { tokens: 1000, branches: { root: { tokens: 50, onExhausted } } })
      .follow()
      .succeed("root", {}, { tokens: 10 })

  it("hold besides those of the run, for the branch alone", () => {
    const world = spend("pause").succeed("other", {}, { tokens: 10 })
    expect(world.news.slice(-3)).toEqual([
      "BudgetExhausted tokens of root at child",
      "BranchPaused root",
      "other completes"
    ])
    expect(account(world)).toMatchObject({ spent: { tokens: 20 } })
    expect(account(world, "root")).toMatchObject({ spent: { tokens: 10 }, shortage: { branch: "root" } })
    world.command({ _tag: "SetBudget", branch: "root", tokens: 200 })
    expect(world.news).toEqual(["BudgetSet", "BranchResumed root", "child starts"])
    world.succeed("child", {}, { tokens: 90 }).succeed("join")
    expect(world.turn.state.status).toBe("completed")
    expect(world.broken).toEqual([])
  })

  it("stop the branch, and the run fails by it once the rest has ended", () => {
    const world = spend("stop").succeed("other", {}, { tokens: 10 }).succeed("join")
    expect(world.node("child").cancel).toMatchObject({ reason: "branch_cancelled" })
    expect(world.node("join").status).toBe("completed")
    expect(world.turn.state.result).toMatchObject({
      failure: { _tag: "BudgetExhausted", shortages: [{ branch: "root", spent: 10, needed: 100 }] }
    })
  })

  it("count nodes that join the branch while the run goes on", () => {
    const world = scene([node("root", [], {}, tokens(10))], { branches: { root: { tokens: 15 } } }).follow()
    world.command({ _tag: "AddNode", node: node("more", ["root"], {}, tokens(10)) })
    world.succeed("root", {}, { tokens: 10 })
    expect(shortage(world)).toMatchObject({ branch: "root", nodeId: "more" })
  })

  it("tell by label what was spent where", () => {
    const spenders = [
      node("a", [], {}, { branch: "red", ...tokens(10) }),
      node("b", [], {}, { branch: "red", ...tokens(10) }),
      node("c", [], {}, { branch: "blue", ...tokens(10) }),
      node("d", ["a", "b", "c"], {}, tokens(10))
    ]
    const world = scene(spenders, { tokens: 30 }).follow()
    for (const id of ["a", "b", "c"]) world.succeed(id, {}, { tokens: 10 })
    expect(shortage(world).branches).toEqual([
      { branch: "red", spent: 20 },
      { branch: "blue", spent: 10 }
    ])
  })
})

describe("a budget that comes later", () => {
  it("counts what was used before it was there", () => {
    const world = new Scene({
      flow: flow([node("a", [], {}, tokens(5)), node("b", ["a"], {}, tokens(5))])
    }).follow()
    world.succeed("a", {}, { tokens: 30 })
    world.command({ _tag: "SetBudget", tokens: 100 })
    expect(account(world)).toMatchObject({ spent: { tokens: 30, nodes: 2 }, inFlight: 1, unestimated: 1 })
    world.succeed("b", {}, { tokens: 1 })
    expect(account(world)).toMatchObject({ spent: { tokens: 31 }, inFlight: 0, unestimated: 0 })
    expect(world.broken).toEqual([])
  })

  it("changes nothing when it says what holds already, and is refused for a branch that does not exist", () => {
    const world = scene([node("a", [], {}, tokens(1))], { tokens: 5 }).follow()
    world.command({ _tag: "SetBudget", id: "again", tokens: 5 })
    expect(world.news.at(-1)).toBe("SetBudget accepted")
    expect(world.command({ _tag: "SetBudget", branch: "nowhere", tokens: 5 }).rejection).toMatchObject({
      _tag: "UnknownBranch"
    })
  })
})

describe("the report", () => {
  it("shows limits, what was spent and what is set aside", () => {
    const world = scene(ten(100), { tokens: 300, nodes: 20, branches: { n0: { cost: 5 } } }).follow()
    world.succeed("n0", {}, { tokens: 40, cost: 1 })
    expect(RunReport.make(world.turn.state, 0).budgets).toEqual([
      {
        onExhausted: "pause",
        lines: [
          { resource: "tokens", limit: 300, spent: 40, reserved: 200 },
          { resource: "nodes", limit: 20, spent: 3, reserved: 0 }
        ]
      },
      { branch: "n0", onExhausted: "pause", lines: [{ resource: "cost", limit: 5, spent: 1, reserved: 0 }] }
    ])
  })
})
