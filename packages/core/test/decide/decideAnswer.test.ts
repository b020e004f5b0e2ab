import type { Command } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

const add = (id: string, ...dependencies: ReadonlyArray<string>): Command.Command => ({
  _tag: "AddNode",
  node: { id, action: "ok", ...(dependencies.length > 0 && { dependencies }) }
})

/** Sequence number of the last event of this name. */
const last = (scene: Scene, tag: string): number =>
  scene.turn.events.findLast(({ event }) => event._tag === tag)?.sequence ?? 0

describe("row 33, I5: what depends on an event waits for the gate hooks", () => {
  const gated = (tag: string, ...hooks: ReadonlyArray<string>) =>
    new Scene({
      flow: flow([node("a"), node("b", ["a"]), node("free")]),
      hooks: Object.fromEntries(hooks.map((name) => [name, [tag]])),
      given: ["a starts"]
    })

  it("dependents start after the last answer, independent nodes do not wait", () => {
    const scene = gated("NodeCompleted", "h", "g").follow()
    expect(scene.news).toEqual(["free starts"])
    expect(scene.succeed("a").news).toEqual(["a completes"])
    const sequence = last(scene, "NodeCompleted")
    expect(scene.answer("h", sequence, []).news).toEqual([`h answers ${sequence}`])
    expect(scene.answer("g", sequence, []).news).toEqual([`g answers ${sequence}`, "b starts"])
  })

  it("row 36: the commands of an answer come before it, in their order, and before what they enable", () => {
    const scene = gated("NodeCompleted", "h").follow().succeed("a")
    scene.answer("h", last(scene, "NodeCompleted"), [add("x", "a"), add("y", "a")])
    expect(scene.news).toEqual([
      "free starts",
      "a completes",
      "adds x",
      "adds y",
      "h answers 5",
      "b starts",
      "x starts",
      "y starts"
    ])
  })

  it("I5: a run does not end while a hook owes an answer", () => {
    const scene = gated("NodeCompleted", "h").follow().succeed("free")
    const free = last(scene, "NodeCompleted")
    scene.succeed("a")
    const first = last(scene, "NodeCompleted")
    scene.answer("h", first, []).succeed("b")
    scene.answer("h", last(scene, "NodeCompleted"), [])
    expect(scene.turn.state.result).toBeUndefined()
    expect(scene.answer("h", free, []).news.at(-1)).toBe("RunCompleted")
  })

  it("row 34: nothing starts before onStart has answered", () => {
    const scene = new Scene({ flow: flow([node("a")]), hooks: { h: ["RunStarted"] } }).follow()
    expect(scene.news).toEqual([])
    expect(scene.answer("h", 1, [add("x")]).news).toEqual(["adds x", "h answers 1", "a starts", "x starts"])
  })

  it("row 38: a hook that fails leaves the graph as it was", () => {
    const scene = gated("NodeCompleted", "h").follow().succeed("a")
    scene.answer("h", last(scene, "NodeCompleted"), "fails")
    expect(scene.news).toEqual(["free starts", "a completes", "h Failed 5", "b starts"])
  })

  it("row 37: onHookFailure: fail ends the run", () => {
    const scene = new Scene({
      flow: flow([node("a"), node("b", ["a"])], { onHookFailure: "fail" }),
      hooks: { h: ["NodeCompleted"] },
      given: ["a starts"]
    })
    scene.succeed("a")
    scene.answer("h", last(scene, "NodeCompleted"), "fails")
    expect(scene.news).toEqual([
      "a completes",
      "h Failed 4",
      "RunInterrupted hook_failed",
      "b cancelled hook_failed pending",
      "RunEnding Failed",
      "RunFailed HookFailed"
    ])
  })

  it("an answer that nobody waits for changes nothing", () => {
    const scene = gated("NodeCompleted", "h").follow().succeed("a")
    const sequence = last(scene, "NodeCompleted")
    scene.answer("h", sequence, [])
    expect(scene.news.length).toBeGreaterThan(0)
    expect(scene.answer("h", sequence, [add("x")]).answer("other", sequence, [add("y")]).news).toEqual([])
  })
})

describe("row 42, R5: a failure that a hook handles", () => {
  const failing = (policy: "halt" | "continue" | "pause", hooks: ReadonlyArray<string> = ["h"]) =>
    new Scene({
      flow: flow(
        [node("a"), node("b", ["a"]), node("c", ["a"], {}, { trigger: "one_failed" }), node("free")],
        {
          onFailure: policy
        }
      ),
      hooks: Object.fromEntries(hooks.map((name) => [name, ["NodeFailed"]])),
      given: ["a starts", "free starts"]
    })

  it.each(["halt", "continue", "pause"] as const)(
    "under %s a node added in answer to it counts it as met, and no policy fires",
    (policy) => {
      const scene = failing(policy).fail("a")
      expect(scene.news).toEqual(["a fails Failed"])
      expect(scene.answer("h", 5, [add("rescue", "a")]).news).toEqual([
        "adds rescue met a",
        "h answers 5",
        "b skipped trigger_rule by a",
        "c starts",
        "rescue starts"
      ])
      expect(scene.succeed("rescue").succeed("c").succeed("free").news.slice(-2)).toEqual([
        "RunEnding Completed",
        "RunCompleted"
      ])
    }
  )

  it("dependents are neither started nor skipped before every gate hook has answered", () => {
    const scene = failing("continue", ["h", "g"]).fail("a")
    expect(scene.answer("h", 5, [add("rescue", "a")]).news.slice(1)).toEqual([
      "adds rescue met a",
      "h answers 5"
    ])
    expect(scene.answer("g", 5, []).news).toEqual([
      "g answers 5",
      "b skipped trigger_rule by a",
      "c starts",
      "rescue starts"
    ])
  })

  it("an answer that adds only other nodes does not handle the failure", () => {
    const scene = failing("halt").fail("a")
    expect(scene.answer("h", 5, [add("other")]).news.slice(1, 4)).toEqual([
      "adds other",
      "h answers 5",
      "RunInterrupted halted"
    ])
  })

  it("a policy fires with the last answer to its own failure", () => {
    const scene = new Scene({
      flow: flow([node("a"), node("b")], { onFailure: "pause" }),
      hooks: { h: ["NodeFailed"] },
      given: ["a starts", "b starts"]
    })
    scene.fail("a").fail("b").answer("h", 6, [])
    expect(scene.news).toEqual(["a fails Failed", "b fails Failed", "h answers 6", "RunPaused by b"])
    expect(scene.answer("h", 5, []).news).toEqual(["h answers 5", "RunPaused by a"])
  })

  it("only a final failure opens the gate for handling", () => {
    const scene = new Scene({
      flow: flow([node("a", [], {}, { retry: { tries: 2 } }), node("b", ["a"])]),
      hooks: { h: ["NodeFailed"] },
      given: ["a starts"]
    })
    expect(scene.fail("a").answer("h", 4, [add("x", "a")]).news).toEqual([
      "a fails Failed retry",
      "adds x",
      "h answers 4"
    ])
  })

  it("a hook may answer a failure with RetryNode: the node runs again", () => {
    const scene = failing("halt").fail("a")
    expect(scene.answer("h", 5, [{ _tag: "RetryNode", nodeId: "a" }]).news).toEqual([
      "a fails Failed",
      "a retry requested",
      "h answers 5",
      "a starts 2"
    ])
    expect(scene.broken).toEqual([])
    expect(scene.succeed("a").news).toEqual(["a completes", "c skipped trigger_rule", "b starts"])
  })

  it("a retry by hand while a hook owes its answer is not undone by the answer", () => {
    const scene = failing("pause").fail("a")
    scene.command({ _tag: "RetryNode", nodeId: "a" })
    expect(scene.news).toEqual(["a fails Failed", "a retry requested", "a starts 2"])
    expect(scene.answer("h", 5, []).news).toEqual(["h answers 5"])
    expect(scene.broken).toEqual([])
    expect(scene.succeed("a").news).toEqual(["a completes", "c skipped trigger_rule", "b starts"])
  })
})

describe("R6: the end of a run", () => {
  const ending = (hooks: ReadonlyArray<string>) =>
    new Scene({
      flow: flow([node("a")]),
      hooks: Object.fromEntries(hooks.map((name) => [name, ["RunEnding"]])),
      given: ["a starts"]
    }).succeed("a")

  it("onComplete is asked with the settled result, and the terminal event is last", () => {
    const scene = ending(["h", "g"])
    expect(scene.news).toEqual(["a completes", "RunEnding Completed"])
    expect(scene.answer("h", 5, [{ _tag: "EmitEvent", name: "done" }]).news).toEqual([
      "emits done",
      "h answers 5"
    ])
    expect(scene.answer("g", 5, []).news).toEqual(["g answers 5", "RunCompleted"])
  })

  it("commands other than EmitEvent are refused", () => {
    expect(
      ending(["h"])
        .answer("h", 5, [add("x")])
        .news.slice(2)
    ).toEqual(["AddNode rejected RunEnded", "h answers 5", "RunCompleted"])
  })

  it("a hook that fails does not change the result", () => {
    expect(ending(["h"]).answer("h", 5, "fails").news.slice(2)).toEqual(["h Failed 5", "RunCompleted"])
  })
})
