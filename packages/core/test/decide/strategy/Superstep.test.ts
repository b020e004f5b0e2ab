import { describe, expect, it } from "vitest"
import type { Event, FlowConfig } from "@dagflow/protocol"
import { chain, flow, node } from "../../world/FlowNotation.ts"
import { Scene, type SceneOptions } from "../Scene.ts"

const sceneOf = (
  nodes: Parameters<typeof flow>[0],
  config: FlowConfig.FlowConfig = {},
  options: Omit<SceneOptions, "flow"> = {}
): Scene => new Scene({ flow: flow(nodes, { ...config, strategy: "superstep" }), ...options }).follow()

const diamond = [node("a"), node("b", ["a"]), node("c", ["a"]), node("d", ["b", "c"])]

/** The last event of that name. */
const last = <Tag extends Event.EventTag>(scene: Scene, tag: Tag): Event.EventOf<Tag> => {
  const found = scene.turn.events.findLast(({ event }) => event._tag === tag)
  if (found === undefined) throw new Error(`there is no ${tag}`)
  return found.event as Event.EventOf<Tag>
}

describe("rows 117, 146: steps", () => {
  it("begin with what may start, and end with what ran and what was skipped", () => {
    const scene = sceneOf([...diamond, node("off", ["a"], {}, { enabled: false }), node("e", ["off"])])
    expect(scene.news).toEqual(["step 1 of a", "a starts"])
    expect(scene.succeed("a").news).toEqual([
      "a completes",
      "off skipped disabled",
      "e skipped trigger_rule by off",
      "step 1 ends ran a skipped off,e",
      "step 2 of b,c",
      "b starts",
      "c starts"
    ])
    expect(scene.succeed("c").succeed("b").news).toEqual([
      "c completes",
      "b completes",
      "step 2 ends ran c,b",
      "step 3 of d",
      "d starts"
    ])
    expect(scene.succeed("d").news).toEqual([
      "d completes",
      "step 3 ends ran d",
      "RunEnding Completed",
      "RunCompleted"
    ])
  })

  it("row 123: pass control on through a node that changes nothing", () => {
    const scene = sceneOf(chain(3))
    for (const id of ["n0", "n1", "n2"]) scene.succeed(id, {})
    expect(scene.news.filter((line) => line.startsWith("step"))).toEqual([
      "step 1 of n0",
      "step 1 ends ran n0",
      "step 2 of n1",
      "step 2 ends ran n1",
      "step 3 of n2",
      "step 3 ends ran n2"
    ])
    expect(scene.turn.state.status).toBe("completed")
  })

  it("start their nodes in the order of the frontier, as slots are free", () => {
    const nodes = [
      node("a"),
      node("b", [], {}, { priority: 1 }),
      node("c"),
      node("d", ["b"], {}, { priority: 9 })
    ]
    const scene = sceneOf(nodes, { maxParallel: 1 })
    scene.succeed("b").succeed("a").succeed("c")
    expect(scene.news).toEqual([
      "step 1 of b,a,c",
      "b starts",
      "b completes",
      "a starts",
      "a completes",
      "c starts",
      "c completes",
      "step 1 ends ran b,a,c",
      "step 2 of d",
      "d starts"
    ])
  })

  it("go on until their retries and failure handlers have ended", () => {
    const scene = sceneOf([
      node("a", [], {}, { retry: { tries: 2 } }),
      node("b fail", [], {}, { failure: "notify" }),
      node("c", ["b"])
    ])
    scene.fail("a").fail("b")
    expect(scene.news.slice(3)).toEqual([
      "a fails Failed retry",
      "b fails Failed handling",
      "b starts 2 handler"
    ])
    expect(scene.succeed("b").news).toEqual(["b completes recovered"])
    scene.turn.nowMillis = 10_000
    scene.frontier.add(scene.node("a"))
    expect(scene.follow().news).toEqual(["a starts 2"])
    expect(scene.succeed("a").news).toEqual(["a completes", "step 1 ends ran b,a", "step 2 of c", "c starts"])
  })

  it("end without nodes that wait, once nothing else of them runs, and take their answers into a later step", () => {
    const scene = sceneOf([node("ask"), node("b"), node("c", ["b"]), node("d", ["ask"])])
    scene.wait("ask waits")
    expect(scene.news).toEqual(["step 1 of ask,b", "ask starts", "b starts", "ask waits Signal"])
    expect(scene.succeed("b").news).toEqual([
      "b completes",
      "step 1 ends ran b waiting ask",
      "step 2 of c",
      "c starts"
    ])
    scene.signal("ask", { ok: true })
    expect(scene.news).toEqual(["ask signal", "ask completes answered 11"])
    expect(scene.succeed("c").news).toEqual([
      "c completes",
      "step 2 ends ran ask,c",
      "step 3 of d",
      "d starts"
    ])
  })

  it("leave what grows while they go on to the next step", () => {
    const scene = sceneOf([node("a"), node("b")])
    scene.command({ _tag: "AddNode", node: { id: "x", action: "ok" } })
    expect(scene.news).toEqual(["step 1 of a,b", "a starts", "b starts", "adds x"])
    expect(scene.succeed("a").succeed("b").news.slice(2)).toEqual([
      "step 1 ends ran a,b",
      "step 2 of x",
      "x starts"
    ])
  })

  it("go on without what a paused branch holds back, which is in a later step again", () => {
    const scene = sceneOf([node("a"), node("b"), node("c", ["a"])], { maxParallel: 1 })
    scene.command({ _tag: "PauseBranch", branch: "b" })
    expect(scene.succeed("a").news).toEqual([
      "step 1 of a,b",
      "a starts",
      "BranchPaused b",
      "a completes",
      "step 1 ends ran a waiting b",
      "step 2 of c",
      "c starts"
    ])
    scene.command({ _tag: "ResumeBranch", branch: "b" })
    expect(scene.succeed("c").news).toEqual([
      "BranchResumed b",
      "c completes",
      "step 2 ends ran c",
      "step 3 of b",
      "b starts"
    ])
  })

  it("stay open while a failure of theirs has paused the run, and run what is retried", () => {
    const scene = sceneOf([node("a"), node("b", ["a"])], { onFailure: "pause" })
    expect(scene.fail("a").news).toEqual(["step 1 of a", "a starts", "a fails Failed", "RunPaused by a"])
    scene.command({ _tag: "ResumeRun" })
    expect(scene.news).toEqual(["a retry requested", "RunResumed", "a starts 2"])
    expect(scene.succeed("a").news).toEqual(["a completes", "step 1 ends ran a", "step 2 of b", "b starts"])
  })

  it("end before a run that was interrupted does", () => {
    const scene = sceneOf([node("a"), node("b"), node("c", ["a"])])
    scene.fail("a")
    expect(scene.stop("b").news.slice(3)).toEqual([
      "a fails Failed",
      "RunInterrupted halted",
      "c cancelled halted pending",
      "b cancelled halted interrupted",
      "step 1 ends ran a skipped c,b",
      "RunEnding Failed",
      "RunFailed NodesFailed"
    ])
  })

  it("begin only once the hooks have answered to the end of the last one, and start nothing before they have to theirs", () => {
    const scene = sceneOf(chain(2), {}, { hooks: { h: ["StepStarted", "StepCompleted"] } })
    expect(scene.news).toEqual(["step 1 of n0"])
    expect(scene.answer("h", 3, []).news).toEqual(["h answers 3", "n0 starts"])
    expect(scene.succeed("n0").news).toEqual(["n0 completes", "step 1 ends ran n0"])
    scene.answer("h", 7, [{ _tag: "AddNode", node: { id: "x", action: "ok" } }])
    expect(scene.news).toEqual(["adds x", "h answers 7", "step 2 of n1,x"])
  })

  it("go on after a crash with the same frontier, and with what had started as a further attempt", () => {
    const scene = sceneOf([...chain(2), node("x"), node("y")], { maxParallel: 2 })
    scene.succeed("n0")
    expect(scene.news).toEqual(["step 1 of n0,x,y", "n0 starts", "x starts", "n0 completes", "y starts"])
    scene.takeUp()
    for (const id of ["x", "y"]) scene.frontier.add(scene.node(id))
    expect(scene.follow().news).toEqual([
      "RunOwned",
      "x fails OwnerLost retry",
      "y fails OwnerLost retry",
      "x starts 2",
      "y starts 2"
    ])
    expect(scene.succeed("x").succeed("y").news.slice(2)).toEqual([
      "step 1 ends ran n0,x,y",
      "step 2 of n1",
      "n1 starts"
    ])
  })

  it("are not begun by a process that starts nothing any more", () => {
    const scene = sceneOf(chain(2))
    expect(scene.news).toEqual(["step 1 of n0", "n0 starts"])
    scene.turn.record({ _tag: "NodeCompleted", nodeId: "n0", attempt: 1, outputs: {} })
    expect(scene.follow(true).news).toEqual(["n0 completes", "step 1 ends ran n0"])
    expect(scene.follow().news).toEqual(["step 2 of n1", "n1 starts"])
  })
})

describe("rows 88, 89: interrupts", () => {
  it("before a node that is mapped over a list pause before its items, and after it once all of them have ended", () => {
    const list = node("b", ["a"], {}, { forEach: { items: { value: [1, 2] } } })
    const scene = sceneOf([node("a"), list], { interrupts: { before: ["b"], after: ["b"] } })
    scene.succeed("a")
    expect(last(scene, "RunPaused").interrupt).toMatchObject({ when: "before", nodeIds: ["b[0]", "b[1]"] })
    scene.command({ _tag: "ResumeRun" })
    scene.succeed("b[0]").succeed("b[1]")
    expect(last(scene, "RunPaused").interrupt).toMatchObject({ when: "after", step: 2, nodeIds: ["b"] })
  })

  const before = { interrupts: { before: ["b"] } }

  it("before a node pause with nothing of its step started, and resuming passes them", () => {
    const scene = sceneOf(diamond, before)
    expect(scene.succeed("a").news.slice(2)).toEqual([
      "a completes",
      "step 1 ends ran a",
      "RunPaused before b"
    ])
    expect(last(scene, "RunPaused").interrupt).toEqual({
      when: "before",
      step: 1,
      nodeIds: ["b"],
      frontier: ["b", "c"]
    })
    scene.command({ _tag: "ResumeRun" })
    expect(scene.news).toEqual(["RunResumed", "step 2 of b,c", "b starts", "c starts"])
  })

  it("before the first step pause a run in which nothing has started", () => {
    const scene = sceneOf(diamond, { interrupts: { before: ["a"] } })
    expect(scene.news).toEqual(["RunPaused before a"])
    expect(scene.follow().news).toEqual([])
  })

  it("before a node pause again for nodes that have joined meanwhile", () => {
    const scene = sceneOf([node("a"), node("b", ["a"])], { interrupts: { before: ["a", "b"] } })
    scene.command({ _tag: "ResumeRun" })
    expect(scene.succeed("a").news).toEqual([
      "RunPaused before a",
      "RunResumed",
      "step 1 of a",
      "a starts",
      "a completes",
      "step 1 ends ran a",
      "RunPaused before b"
    ])
  })

  it("after a node pause once all of its step has ended", () => {
    const scene = sceneOf(diamond, { interrupts: { after: ["b"] } })
    scene.succeed("a").succeed("b")
    expect(scene.news.at(-1)).toBe("b completes")
    expect(scene.succeed("c").news).toEqual(["c completes", "step 2 ends ran b,c", "RunPaused after b"])
    expect(last(scene, "RunPaused").interrupt).toEqual({
      when: "after",
      step: 2,
      nodeIds: ["b"],
      frontier: ["d"]
    })
    scene.command({ _tag: "ResumeRun" })
    expect(scene.news).toEqual(["RunResumed", "step 3 of d", "d starts"])
  })

  it("after the last node pause a run that has nothing more to do, and resuming ends it", () => {
    const scene = sceneOf([node("a")], { interrupts: { after: ["a"] } })
    expect(scene.succeed("a").news.at(-1)).toBe("RunPaused after a")
    scene.command({ _tag: "ResumeRun" })
    expect(scene.news).toEqual(["RunResumed", "RunEnding Completed", "RunCompleted"])
  })

  it("after each step pause as often as there are steps", () => {
    const scene = sceneOf(chain(3), { interrupts: { eachStep: true } })
    for (const id of ["n0", "n1", "n2"]) {
      scene.succeed(id)
      expect(scene.turn.state.status).toBe("paused")
      scene.command({ _tag: "ResumeRun" })
    }
    const news = scene.news
    expect(news.filter((line) => line.startsWith("RunPaused"))).toEqual(Array(3).fill("RunPaused each_step"))
    expect(news.filter((line) => line.includes("ends"))).toHaveLength(3)
    expect(news.at(-1)).toBe("RunCompleted")
  })

  it("are passed by a process that takes the paused run up", () => {
    const scene = sceneOf(diamond, before).succeed("a").takeUp()
    expect(scene.turn.state.status).toBe("paused")
    scene.command({ _tag: "ResumeRun" })
    expect(scene.news.slice(-4)).toEqual(["RunResumed", "step 2 of b,c", "b starts", "c starts"])
  })

  it("after as many steps as were asked for pause a run that is told to go on for so many", () => {
    const scene = sceneOf(chain(4), { interrupts: { before: ["n0"] } })
    scene.command({ _tag: "ResumeRun", steps: 2 })
    expect(scene.succeed("n0").succeed("n1").news.slice(-4)).toEqual([
      "n1 starts",
      "n1 completes",
      "step 2 ends ran n1",
      "RunPaused steps"
    ])
    expect(last(scene, "RunPaused").interrupt).toEqual({
      when: "steps",
      step: 2,
      nodeIds: [],
      frontier: ["n2"]
    })
    scene.command({ _tag: "ResumeRun" })
    scene.succeed("n2").succeed("n3")
    expect(scene.turn.state.status).toBe("completed")
  })
})
