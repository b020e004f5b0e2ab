import { describe, expect, it } from "vitest"
import { Frontier } from "../../src/decide/Frontier.ts"
import { keyedRandom } from "../../src/decide/keyedRandom.ts"
import { schedule } from "../../src/decide/schedule.ts"
import { reactive } from "../../src/decide/strategy/Reactive.ts"
import type { Strategy } from "../../src/decide/strategy/Strategy.ts"
import { chain, flow, many, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

describe("rows 1, 113: who starts next", () => {
  it("row 113: the greater priority starts first, plan order decides among equals", () => {
    const nodes = [
      node("a"),
      node("b", [], {}, { priority: 5 }),
      node("c", [], {}, { priority: -1 }),
      node("d", [], {}, { priority: 5 })
    ]
    const scene = new Scene({ flow: flow(nodes, { maxParallel: 1 }) }).follow()
    const order = ["b", "d", "a", "c"]
    for (const id of order) {
      expect(scene.news.at(-1)).toBe(`${id} starts`)
      scene.succeed(id)
    }
    expect(scene.turn.state.status).toBe("completed")
  })

  it("row 1: with one slot the second start comes after the first completion", () => {
    const scene = new Scene({ flow: flow([node("a"), node("b")], { maxParallel: 1 }) }).follow()
    expect(scene.news).toEqual(["a starts"])
    expect(scene.succeed("a").news).toEqual(["a completes", "b starts"])
  })

  it("row 115: a node starts as soon as its last dependency ends, whatever its siblings do", () => {
    const scene = new Scene({
      flow: flow([node("a"), node("slow"), node("b", ["a"]), node("c", ["b"])])
    }).follow()
    expect(scene.succeed("a").succeed("b").news.slice(2)).toEqual([
      "a completes",
      "b starts",
      "b completes",
      "c starts"
    ])
  })

  it("row 52: a node added by the last completion still runs", () => {
    const scene = new Scene({ flow: flow([node("a")]), hooks: { h: ["NodeCompleted"] }, given: ["a starts"] })
    scene.succeed("a").answer("h", 4, [{ _tag: "AddNode", node: { id: "x", action: "ok" } }])
    expect(scene.news).toEqual(["a completes", "adds x", "h answers 4", "x starts"])
  })

  it("row 47: a fan of 1,000 is worked off with one slot", () => {
    const scene = new Scene({ flow: flow(many(1000, "n*"), { maxParallel: 1 }) }).follow()
    for (let at = 0; at < 1000; at++) scene.succeed(`n${at}`)
    expect(scene.turn.state.status).toBe("completed")
    expect(scene.turn.state.inFlightMax).toBe(1)
  })

  it("an engine without a free slot starts nothing, and the node keeps its place", () => {
    let free = 0
    const slots = { tryTake: () => free-- > 0 }
    const scene = new Scene({ flow: flow([node("a"), node("b", [], {}, { priority: 1 })]), slots }).follow()
    expect(scene.news).toEqual([])
    free = 1
    expect(scene.follow().news).toEqual(["b starts"])
  })

  it("a process that is being closed starts nothing, and ends nothing that it could not go on with", () => {
    const scene = new Scene({ flow: flow(chain(2)), given: ["n0 starts", "n0 completes"] }).follow(true)
    expect(scene.news).toEqual([])
    expect(scene.turn.state.status).toBe("running")
  })
})

describe("row 69, R18: retries wait for their time and for the run", () => {
  const retrying = (nowMillis: number) =>
    new Scene({
      flow: flow([node("a", [], {}, { retry: { tries: 2 } }), node("b")]),
      given: ["a starts", "b starts", "a fails retry"],
      nowMillis
    })

  it("a retry does not start before its time", () => {
    const early = retrying(999)
    early.frontier.add(early.node("a"))
    expect(early.follow().news).toEqual([])
    const due = retrying(1000)
    due.frontier.add(due.node("a"))
    expect(due.follow().news).toEqual(["a starts 2"])
  })

  it("R18: no retry starts while the run is paused", () => {
    const scene = retrying(1000)
    scene.command({ _tag: "PauseRun" })
    scene.frontier.add(scene.node("a"))
    expect(scene.follow().news).toEqual(["RunPaused"])
    scene.command({ _tag: "ResumeRun" })
    expect(scene.news).toEqual(["RunResumed", "a starts 2"])
  })
})

describe("row 72: the run's own time-out", () => {
  it("a hook that owes an answer is waited for, and the result is the time-out", () => {
    const scene = new Scene({
      flow: flow([node("a"), node("b", ["a"])], { timeoutMillis: 100 }),
      hooks: { h: ["NodeCompleted"] },
      given: ["a starts", "a completes"]
    })
    expect(scene.timeOut().news).toEqual(["RunInterrupted timed_out", "b cancelled timed_out pending"])
    expect(scene.answer("h", 4, [{ _tag: "AddNode", node: { action: "ok" } }]).news).toEqual([
      "AddNode rejected RunEnded",
      "h answers 4",
      "RunEnding Failed",
      "RunFailed TimedOut"
    ])
  })
})

describe("a turn that would never end", () => {
  const spin = (settle: Strategy["settle"] & {}) => {
    const world = new Scene({ flow: flow([node("a"), node("b", ["a"])]), given: ["a starts"] })
    schedule(world.turn, new Frontier({ ...reactive, settle }), { tryTake: () => true }, {} as never, false)
    return world
  }

  it("ends the run with what was left of it, whether or not it records anything", () => {
    const silent = spin(() => true)
    const busy = spin((turn) => {
      turn.record({ _tag: "EventEmitted", name: "again" })
      return true
    })
    for (const world of [silent, busy]) {
      expect(world.news.filter((line) => !line.startsWith("emits"))).toEqual([
        "RunInterrupted stalled",
        "b cancelled stalled pending"
      ])
      expect(world.stop("a").news.slice(-2)).toEqual(["RunEnding Failed", "RunFailed Stalled"])
      expect(world.turn.state.result).toMatchObject({ failure: { _tag: "Stalled", nodeIds: ["a", "b"] } })
      expect(world.broken).toEqual([])
    }
  })

  it("is none where a long chain of empty lists ends, or of nodes that are skipped", () => {
    const empty = { forEach: { items: { value: [] } } }
    const ids = Array.from({ length: 2000 }, (_, at) => `n${at}`)
    const chain = (options: object) =>
      ids.map((id, at) => node(id, at === 0 ? [] : [`n${at - 1}`], {}, options))
    for (const config of [{}, { strategy: "superstep" }] as const) {
      const lists = new Scene({ flow: flow(chain(empty), config) }).follow()
      expect(lists.news.at(-1)).toBe("RunCompleted")
      const skipped = new Scene({ flow: flow(chain({ enabled: false }), config) }).follow()
      expect(skipped.news.at(-1)).toBe("RunCompleted")
    }
  })
})

describe("I9: what an event costs while nodes are retried or wait for a time", () => {
  /** How many nodes are looked at by what follows from some events, in a graph of so many. */
  const looksIn = (count: number, strategy: "level" | "superstep" | "reactive"): number => {
    const rest = many(count, "n*", () => ["a"])
    const world = new Scene({
      flow: flow([node("a"), node("sleepy"), ...rest], {
        strategy,
        retry: { tries: 3, initialMillis: 1000, jitter: 0 }
      })
    }).follow()
    world.wait("sleepy sleeps 5000").fail("a")
    let looks = 0
    const { state } = world.turn
    const nodes = new Proxy(state.nodes, {
      get: (target, key, receiver) => {
        if (typeof key === "string" && /^\d+$/.test(key)) looks++
        return Reflect.get(target, key, receiver) as unknown
      }
    })
    Object.defineProperty(state, "nodes", { value: nodes })
    for (let event = 0; event < 10; event++) world.command({ _tag: "EmitEvent", name: "note" })
    expect(world.node("a").status).toBe("retrying")
    return looks
  }

  it.each(["reactive", "level", "superstep"] as const)(
    "is the same in a small and in a large graph, %s",
    (strategy) => {
      expect(looksIn(2000, strategy)).toBe(looksIn(20, strategy))
    }
  )
})

describe("the frontier", () => {
  it("gives nodes in the order of a sort, whatever the order in which they came", () => {
    const scene = new Scene({
      flow: flow(many(200, "n*").map((one, index) => ({ ...one, priority: (index * 7919) % 11 })))
    })
    const frontier = new Frontier()
    const nodes = [...scene.turn.state.nodes]
    nodes
      .sort((a, b) => keyedRandom(1, a.spec.id) - keyedRandom(1, b.spec.id))
      .forEach((one) => frontier.add(one))
    const taken = Array.from({ length: 200 }, () => frontier.take())
    const sorted = [...nodes].sort(
      (a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || a.index - b.index
    )
    expect(taken).toEqual(sorted)
    expect(frontier.take()).toBeUndefined()
  })
})

describe("R7: random values are keyed", () => {
  it("the same key gives the same number, from 0 up to but without 1", () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => keyedRandom(7, "node", index, "retry"))
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    const average = numbers.reduce((sum, one) => sum + one, 0) / numbers.length
    expect(average).toBeCloseTo(0.5, 1)
    expect(new Set(numbers).size).toBeGreaterThan(9900)
    expect(keyedRandom(7, "node", 3, "retry")).toBe(numbers[3])
    expect(keyedRandom(8, "node", 3, "retry")).not.toBe(numbers[3])
    expect(keyedRandom(7, "nod", "e3", "retry")).not.toBe(numbers[3])
  })
})
