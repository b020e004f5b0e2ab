/**
 * Goal: each strategy does what it promises, and what it promises is something that the other three do not do.
 *
 * Method: one thing at a time happens in a run without a runtime, and the lines of its log are compared.
 */
import { Strategy } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { chain, flow, node } from "../../world/FlowNotation.ts"
import { Scene, type SceneOptions } from "../Scene.ts"

const names = Strategy.Strategy.literals

const sceneOf = (
  strategy: Strategy.Strategy,
  nodes: Parameters<typeof flow>[0],
  options: Omit<SceneOptions, "flow"> & { readonly config?: Parameters<typeof flow>[1] } = {}
): Scene => new Scene({ flow: flow(nodes, { ...options.config, strategy }), ...options }).follow()

/** Whether one line comes before another one in what has happened. */
const isBefore = (news: ReadonlyArray<string>, first: string, second: string): boolean => {
  expect(news).toContain(first)
  expect(news).toContain(second)
  return news.indexOf(first) < news.indexOf(second)
}

/** Lets everything that runs succeed, the first that started first, until nothing runs; gives all lines. */
const finishAll = (scene: Scene): ReadonlyArray<string> => {
  const news = [...scene.news]
  for (let at = 0; at < news.length; at++) {
    const [id = "", verb] = news[at]?.split(" ") ?? []
    if (verb !== "starts" || !scene.node(id).inFlight) continue
    scene.succeed(id)
    news.push(...scene.news)
  }
  return news
}

describe("strategies differ in what they wait for", () => {
  /** `slow` is urgent and takes long, `quick` is not, and `next` follows `quick`. */
  const unequal = [node("quick"), node("slow", [], {}, { priority: 5 }), node("next", ["quick"])]

  it.each(names)(
    "row 115: reactive starts a node as soon as its last dependency has ended, %s or not",
    (strategy) => {
      const scene = sceneOf(strategy, unequal)
      if (scene.node("quick").inFlight) scene.succeed("quick")
      scene.succeed("slow")
      const news = finishAll(scene)
      expect(isBefore(news, "next starts", "slow completes")).toBe(strategy === "reactive")
    }
  )

  it.each(names)("row 113: work_queue starts nothing beside what is more urgent, %s or not", (strategy) => {
    const news = finishAll(sceneOf(strategy, unequal))
    expect(isBefore(news, "slow completes", "quick starts")).toBe(strategy === "work_queue")
  })

  it.each(names)("row 113: nor does work_queue wait for what is equally urgent, %s or not", (strategy) => {
    const scene = sceneOf(strategy, [node("a"), node("other"), node("b", ["a"])])
    scene.succeed("a")
    expect(scene.news.includes("b starts")).toBe(strategy === "reactive" || strategy === "work_queue")
  })

  /** `skip` never runs, so that `late` may start at once although it lies one level deeper than `first`. */
  const uneven = [
    node("first"),
    node("skip", [], {}, { enabled: false }),
    node("late", ["skip"], {}, { trigger: "all_done" })
  ]

  it.each(names)("row 114: level starts nothing before the level above has ended, %s or not", (strategy) => {
    const news = finishAll(sceneOf(strategy, uneven))
    expect(isBefore(news, "first completes", "late starts")).toBe(strategy === "level")
  })

  it.each(names)(
    "row 117: superstep starts what may start together, and waits for all of it, %s or not",
    (strategy) => {
      const scene = sceneOf(strategy, [...uneven, node("next", ["late"]), node("last", ["next"])])
      const isTogether = scene.node("first").inFlight && scene.node("late").inFlight
      if (isTogether) scene.succeed("late")
      const hasWaited = !scene.node("next").inFlight
      expect(isTogether && hasWaited).toBe(strategy === "superstep")
    }
  )

  it.each(names)("row 117: only superstep records steps, %s or not", (strategy) => {
    const news = finishAll(sceneOf(strategy, chain(2)))
    expect(news.some((line) => line.startsWith("step"))).toBe(strategy === "superstep")
    expect(news.at(-1)).toBe("RunCompleted")
  })
})

describe("work_queue", () => {
  it("goes down the priorities, and up again for what becomes ready", () => {
    const scene = sceneOf("work_queue", [
      node("low"),
      node("high", [], {}, { priority: 2 }),
      node("mid", [], {}, { priority: 1 }),
      node("urgent", ["mid"], {}, { priority: 9 })
    ])
    expect(scene.news).toEqual(["high starts"])
    expect(scene.succeed("high").news).toEqual(["high completes", "mid starts"])
    expect(scene.succeed("mid").news).toEqual(["mid completes", "urgent starts"])
    expect(scene.succeed("urgent").news).toEqual(["urgent completes", "low starts"])
  })

  it("lets a more urgent node start beside what runs already", () => {
    const scene = sceneOf("work_queue", [node("a"), node("b"), node("c", ["a"], {}, { priority: 1 })])
    expect(scene.news).toEqual(["a starts", "b starts"])
    expect(scene.succeed("a").news).toEqual(["a completes", "c starts"])
  })

  it("is held up neither by a retry nor by a wait, which may take long", () => {
    const retry = { retry: { tries: 2 }, priority: 3 }
    const scene = sceneOf("work_queue", [
      node("a", [], {}, retry),
      node("b", [], {}, { priority: 2 }),
      node("c")
    ])
    expect(scene.news).toEqual(["a starts"])
    expect(scene.fail("a").news).toEqual(["a fails Failed retry", "b starts"])
    expect(scene.wait("b waits").news).toEqual(["b waits Signal", "c starts"])
  })
})

describe("level", () => {
  it("waits for retries", () => {
    const scene = sceneOf("level", [node("a", [], {}, { retry: { tries: 2 } }), node("b"), node("c", ["b"])])
    scene.fail("a").succeed("b")
    expect(scene.news).toEqual(["a starts", "b starts", "a fails Failed retry", "b completes"])
    scene.turn.nowMillis = 10_000
    scene.frontier.add(scene.node("a"))
    expect(scene.follow().news).toEqual(["a starts 2"])
    expect(scene.succeed("a").news).toEqual(["a completes", "c starts"])
  })

  it("waits for waits as long as anything else runs, and not longer", () => {
    const scene = sceneOf("level", [
      node("ask"),
      node("b"),
      node("c", ["b"]),
      node("d", ["ask"]),
      node("e", ["c"])
    ])
    scene.wait("ask waits")
    expect(scene.news).toEqual(["ask starts", "b starts", "ask waits Signal"])
    expect(scene.succeed("b").news).toEqual(["b completes", "c starts"])
    expect(scene.signal("ask", { ok: true }).rejection).toBeUndefined()
    // The level that it belongs to has begun already.
    expect(scene.news).toEqual(["ask signal", "ask completes answered 8", "d starts"])
    expect(scene.succeed("c").news).toEqual(["c completes"])
    expect(scene.succeed("d").news).toEqual(["d completes", "e starts"])
  })

  it("lets a grown node join the later of its own level and the next one", () => {
    const scene = sceneOf("level", [...chain(3), node("x", ["n0"])])
    scene.succeed("n0")
    scene.command({
      _tag: "AddNodes",
      nodes: [
        { id: "free", action: "ok" },
        { id: "after", action: "ok", dependencies: ["free"] },
        { id: "deep", action: "ok", dependencies: ["n2"] }
      ]
    })
    expect(["free", "after", "deep"].map((id) => scene.node(id).level)).toEqual([2, 3, 3])
    const news = finishAll(scene)
    expect(news.filter((line) => line.endsWith(" starts"))).toEqual(
      ["n0", "n1", "x", "n2", "free", "after", "deep"].map((id) => `${id} starts`)
    )
  })

  it("row 34: lets what onStart adds be in the first level", () => {
    const scene = sceneOf("level", chain(2), { hooks: { h: ["RunStarted"] } })
    expect(scene.news).toEqual([])
    scene.answer("h", 1, [{ _tag: "AddNode", node: { id: "x", action: "ok" } }])
    expect(scene.news).toEqual(["adds x", "h answers 1", "n0 starts", "x starts"])
  })

  it("goes on past what a paused branch holds back", () => {
    const nodes = [node("a"), node("b", ["a"]), node("c", ["a"]), node("d", ["c"])]
    const scene = sceneOf("level", nodes, { given: ["BranchPaused b"] })
    scene.succeed("a").succeed("c")
    expect(scene.news).toEqual(["a starts", "a completes", "c starts", "c completes", "d starts"])
    scene.command({ _tag: "ResumeBranch", branch: "b" })
    expect(scene.news).toEqual(["BranchResumed b", "b starts"])
  })
})
