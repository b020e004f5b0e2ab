import { describe, expect, it } from "vitest"
import { flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

const scene = (given: ReadonlyArray<string>, options: object = {}, config = {}) =>
  new Scene({ flow: flow([node("a", [], {}, options), node("b", ["a"])], config), given })

describe("R3: attempts that were lost with their process", () => {
  it("a lost attempt runs again at once, with the next number, and uses up no try", () => {
    const world = scene(["a starts"]).takeUp()
    expect(world.news).toEqual(["RunOwned", "a fails OwnerLost retry", "a starts 2"])
    expect(world.node("a").triesUsed).toBe(0)
  })

  it("after maxLostAttempts the node has failed for good", () => {
    const world = scene(["a starts"], {}, { maxLostAttempts: 1 }).takeUp()
    expect(world.takeUp().news.slice(3)).toEqual([
      "RunOwned",
      "a fails OwnerLost",
      "RunInterrupted halted",
      "b cancelled halted pending",
      "RunEnding Failed",
      "RunFailed NodesFailed"
    ])
  })

  it("by default a node runs again after three losses, and the fourth is final, of an item of a list too", () => {
    const list = { forEach: { items: { value: [1, 2] } }, maxParallel: 1 }
    for (const [options, id] of [
      [{}, "a"],
      [list, "a[0]"]
    ] as const) {
      const world = scene([], options, { onFailure: "continue" }).follow()
      const lose = (): ReadonlyArray<string> => {
        const told = world.takeUp().news.filter((line) => line.startsWith(`${id} fails`))
        world.frontier.add(world.node(id))
        world.follow()
        return told
      }
      for (let loss = 1; loss <= 3; loss++)
        expect(lose(), `loss ${loss}`).toEqual([`${id} fails OwnerLost retry`])
      expect(lose()).toEqual([`${id} fails OwnerLost`])
      expect(world.node(id).attempt).toBe(4)
    }
  })

  it("with maxLostAttempts 0 the first loss is final", () => {
    expect(scene(["a starts"], {}, { maxLostAttempts: 0 }).takeUp().news[1]).toBe("a fails OwnerLost")
  })

  it("a node that was lost too often goes to its failure handler", () => {
    const world = scene(["a starts"], { failure: "notify" }, { maxLostAttempts: 0 }).takeUp()
    expect(world.news).toEqual(["RunOwned", "a fails OwnerLost handling", "a starts 2 handler"])
  })

  it("a lost failure handler runs again and still handles the first error", () => {
    const world = scene(["a starts", "a fails handling", "a starts handler"], { failure: "notify" }).takeUp()
    expect(world.news).toEqual(["RunOwned", "a fails OwnerLost handling", "a starts 3 handler"])
    expect(world.node("a").error?.message).toBe("boom")
  })

  it("a failure handler that is lost too often leaves the node failed with its first error", () => {
    const given = ["a starts", "a fails handling", "a starts handler"]
    const world = scene(given, { failure: "notify" }, { maxLostAttempts: 0 }).takeUp()
    expect(world.news.slice(0, 2)).toEqual(["RunOwned", "a fails Failed handler OwnerLost"])
    expect(world.node("a").error?.message).toBe("boom")
  })

  it("attempts of a run that was being ended are cancelled and do not run again", () => {
    const world = scene(["a starts", "RunInterrupted cancelled", "b cancelled run_cancelled"]).takeUp()
    expect(world.news).toEqual([
      "RunOwned",
      "a cancelled run_cancelled interrupted",
      "RunEnding Cancelled",
      "RunCancelled"
    ])
  })

  it("a run that is paused stays paused: lost attempts wait", () => {
    const world = scene(["a starts", "RunPaused"]).takeUp()
    expect(world.news).toEqual(["RunOwned", "a fails OwnerLost retry"])
    expect(world.turn.state.status).toBe("paused")
  })
})

describe("I5: answers that were owed to the process that is gone", () => {
  const gated = () =>
    new Scene({
      flow: flow([node("a"), node("b", ["a"])]),
      hooks: { h: ["NodeCompleted"], g: ["NodeCompleted"] },
      given: ["a starts", "a completes"]
    })

  it("hooks that the new process has too are asked again, and nothing starts before they answer", () => {
    const hooks = [
      { name: "h", on: ["NodeCompleted"] },
      { name: "g", on: ["NodeCompleted"] }
    ]
    const world = gated().takeUp(hooks)
    expect(world.news).toEqual(["RunOwned"])
    expect(world.answer("h", 4, []).answer("g", 4, []).news).toEqual([
      "h answers 4",
      "g answers 4",
      "b starts"
    ])
  })

  it("a hook that the new process does not have owes nothing any more, and the log says so", () => {
    const world = gated().takeUp([{ name: "g", on: ["NodeCompleted"] }])
    expect(world.news).toEqual(["RunOwned", "h Missing 4"])
    expect(world.answer("g", 4, []).news).toEqual(["g answers 4", "b starts"])
  })
})
