import type { Command } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

const running = () =>
  new Scene({ flow: flow([node("a"), node("b", ["a"]), node("c", ["b"])]), given: ["a starts"] })

const rejection = (scene: Scene, command: Command.Command) => scene.command(command).rejection

describe("rows 8, 10, 15: what a command does, or why it is refused", () => {
  const table: ReadonlyArray<readonly [string, Command.Command, ReadonlyArray<string>]> = [
    [
      "SetNodeInputs on a pending node",
      { _tag: "SetNodeInputs", nodeId: "b", inputs: { x: { value: 1 } } },
      ["b inputs x"]
    ],
    [
      "SetNodeInputs on a running node",
      { _tag: "SetNodeInputs", nodeId: "a", inputs: {} },
      ["SetNodeInputs rejected NodeAlreadyStarted"]
    ],
    [
      "SetNodeInputs on an unknown node",
      { _tag: "SetNodeInputs", nodeId: "x", inputs: {} },
      ["SetNodeInputs rejected UnknownNode"]
    ],
    [
      "SetNodeInputs with a reference to a later node",
      { _tag: "SetNodeInputs", nodeId: "b", inputs: { x: { ref: "c.value" } } },
      ["SetNodeInputs rejected InvalidInput"]
    ],
    [
      "SetNodeInputs with a reference to an ancestor",
      { _tag: "SetNodeInputs", nodeId: "c", inputs: { x: { ref: "a.value" } } },
      ["c inputs x"]
    ],
    [
      "SetNodeInputs with a list of references to ancestors",
      { _tag: "SetNodeInputs", nodeId: "c", inputs: { x: { list: [{ ref: "a.value" }, { value: 1 }] } } },
      ["c inputs x"]
    ],
    [
      "SetNodeInputs with a list that refers to a later node",
      {
        _tag: "SetNodeInputs",
        nodeId: "b",
        inputs: { x: { list: [{ ref: "a.value" }, { ref: "c.value" }] } }
      },
      ["SetNodeInputs rejected InvalidInput"]
    ],
    [
      "SetNodeInputs with a malformed reference",
      { _tag: "SetNodeInputs", nodeId: "b", inputs: { x: { ref: "a" } } },
      ["SetNodeInputs rejected InvalidInput"]
    ],
    [
      "SetNodeInputs with a missing input of the run",
      { _tag: "SetNodeInputs", nodeId: "b", inputs: { x: { ref: "inputs.y" } } },
      ["SetNodeInputs rejected InvalidInput"]
    ],
    ["EmitEvent", { _tag: "EmitEvent", name: "note", payload: [1] }, ["emits note"]],
    [
      "a command for another run",
      { _tag: "EmitEvent", name: "note", runId: "other" },
      ["EmitEvent rejected WrongRun"]
    ],
    [
      "a command for another flow",
      { _tag: "EmitEvent", name: "note", flow: "other" },
      ["EmitEvent rejected WrongRun"]
    ],
    [
      "a command for this run and flow",
      { _tag: "EmitEvent", name: "note", runId: "run", flow: "test" },
      ["emits note"]
    ],
    [
      "PauseBranch of an unknown branch",
      { _tag: "PauseBranch", branch: "x" },
      ["PauseBranch rejected UnknownBranch"]
    ],
    [
      "RetryNode of a running node",
      { _tag: "RetryNode", nodeId: "a" },
      ["RetryNode rejected NodeAlreadyStarted"]
    ],
    ["RetryNode of an unknown node", { _tag: "RetryNode", nodeId: "x" }, ["RetryNode rejected UnknownNode"]],
    ["DisableNodes of a pending node", { _tag: "DisableNodes", nodeIds: ["b"] }, ["NodesDisabled b"]],
    [
      "DisableNodes of a pending and a running node",
      { _tag: "DisableNodes", nodeIds: ["b", "a"] },
      ["DisableNodes rejected NodeAlreadyStarted"]
    ],
    [
      "EnableNodes of an unknown node",
      { _tag: "EnableNodes", nodeIds: ["x"] },
      ["EnableNodes rejected UnknownNode"]
    ],
    ["PauseRun", { _tag: "PauseRun" }, ["RunPaused"]],
    ["ResumeRun of a running run", { _tag: "ResumeRun" }, []],
    [
      "CancelRun",
      { _tag: "CancelRun" },
      ["RunInterrupted cancelled", "b cancelled run_cancelled pending", "c cancelled run_cancelled pending"]
    ]
  ]
  it.each(table)("%s", (_, command, expected) => {
    const scene = running()
    scene.command(command)
    expect(scene.news).toEqual(expected)
    expect(scene.broken).toEqual([])
  })

  it("a name that nearly exists is suggested", () => {
    const scene = new Scene({
      flow: flow([node("fetch"), node("store", ["fetch"], {}, { branch: "night" })])
    })
    expect(rejection(scene, { _tag: "RetryNode", nodeId: "fetsh" })).toMatchObject({ suggestion: "fetch" })
    expect(rejection(scene, { _tag: "PauseBranch", branch: "nigth" })).toMatchObject({ suggestion: "night" })
  })
})

describe("row 14, I6, R2: commands with an id", () => {
  const add: Command.Command = { _tag: "AddNode", id: "1", node: { action: "ok", dependencies: ["a"] } }

  it("the same command again changes nothing and is answered as the first time", () => {
    const scene = running()
    const first = scene.command(add)
    expect(scene.news).toEqual(["adds ok_1"])
    expect(scene.command(add)).toEqual(first)
    expect(first.nodeIds).toEqual(["ok_1"])
    expect(scene.news).toEqual([])
  })

  it("a refused command is refused again, and recorded once", () => {
    const scene = running()
    const bad: Command.Command = { ...add, id: "2", node: { id: "a", action: "ok" } }
    const first = scene.command(bad)
    expect(scene.news).toEqual(["AddNode rejected DuplicateNode"])
    expect(scene.command(bad)).toEqual(first)
    expect(scene.news).toEqual([])
  })

  it("the same id with another body is InvalidInput", () => {
    const scene = running()
    scene.command(add)
    expect(rejection(scene, { _tag: "CancelRun", id: "1" })).toMatchObject({ _tag: "InvalidInput" })
    expect(scene.turn.state.interrupted).toBeUndefined()
  })

  it("a command that changes nothing leaves an event that names it", () => {
    const scene = running()
    const first = scene.command({ _tag: "ResumeRun", id: "3" })
    expect(scene.news).toEqual(["ResumeRun accepted"])
    expect(scene.turn.events.at(-1)?.cause).toMatchObject({ commandId: "3" })
    expect(scene.command({ _tag: "ResumeRun", id: "3" })).toEqual(first)
  })

  it("the result of a command of several events is its first event, now and later", () => {
    const scene = running()
    const cancel: Command.Command = { _tag: "CancelBranch", id: "4", branch: "b" }
    const first = scene.command(cancel)
    const named = scene.turn.events.find((envelope) => envelope.cause?.commandId === "4")
    expect(first.sequence).toBe(named?.sequence)
    expect(scene.command(cancel)).toEqual(first)
  })

  it("the order of keys does not make another command", () => {
    const scene = running()
    scene.command(add)
    scene.command({ node: { dependencies: ["a"], action: "ok" }, id: "1", _tag: "AddNode" })
    expect(scene.news).toEqual(["adds ok_1"])
  })
})

describe("commands to a run that is being ended", () => {
  const ending = () => {
    const scene = new Scene({
      flow: flow([node("a"), node("b")]),
      given: ["a starts", "b starts", "b fails", "RunInterrupted halted"]
    })
    scene.follow()
    return scene
  }
  const table: ReadonlyArray<readonly [string, Command.Command, ReadonlyArray<string>]> = [
    ["adds nothing", { _tag: "AddNode", node: { action: "ok" } }, ["AddNode rejected RunEnded"]],
    ["retries nothing", { _tag: "RetryNode", nodeId: "b" }, ["RetryNode rejected RunEnded"]],
    ["resumes nothing", { _tag: "ResumeRun" }, ["ResumeRun rejected RunEnded"]],
    ["takes events", { _tag: "EmitEvent", name: "note" }, ["emits note"]],
    ["takes a cancellation as done", { _tag: "CancelRun" }, []]
  ]
  it.each(table)("R5: it %s", (_, command, expected) => {
    const scene = ending()
    scene.command(command)
    expect(scene.news).toEqual(expected)
  })

  it("R6: once the result is settled only EmitEvent is accepted", () => {
    const scene = new Scene({ flow: flow([node("a")]), hooks: { h: ["RunEnding"] }, given: ["a starts"] })
    expect(scene.succeed("a").news).toEqual(["a completes", "RunEnding Completed"])
    scene.command({ _tag: "CancelRun" })
    scene.command({ _tag: "EmitEvent", name: "note" })
    expect(scene.news).toEqual(["CancelRun rejected RunEnded", "emits note"])
    const ending = scene.turn.events.find(({ event }) => event._tag === "RunEnding")
    expect(scene.answer("h", ending?.sequence ?? 0, []).news.at(-1)).toBe("RunCompleted")
  })
})

describe("R14: retry by hand", () => {
  const paused = () =>
    new Scene({
      flow: flow([node("a", [], {}, { retry: { tries: 2, jitter: 0 } }), node("b"), node("c", ["a"])], {
        onFailure: "pause"
      }),
      given: ["a starts", "b starts", "a fails retry", "a starts", "a fails", "b fails"]
    }).follow()

  it("a run that two failures paused goes on once both are retried", () => {
    const scene = paused()
    expect(scene.news).toEqual(["RunPaused by a", "RunPaused by b"])
    scene.command({ _tag: "RetryNode", nodeId: "a" })
    expect(scene.news).toEqual(["a retry requested"])
    scene.command({ _tag: "RetryNode", nodeId: "b" })
    expect(scene.news).toEqual(["b retry requested", "RunResumed", "a starts 3", "b starts 2"])
  })

  it("ResumeRun retries every failure that paused the run", () => {
    const scene = paused()
    scene.command({ _tag: "ResumeRun" })
    expect(scene.news.slice(2)).toEqual([
      "a retry requested",
      "b retry requested",
      "RunResumed",
      "a starts 3",
      "b starts 2"
    ])
  })

  it("a retried node has all its tries again", () => {
    const scene = paused()
    scene.command({ _tag: "ResumeRun" })
    expect(scene.fail("a").news.at(-1)).toBe("a fails Failed retry")
  })

  it("a node whose failure has counted for its dependents is not retried", () => {
    const scene = new Scene({
      flow: flow([node("a"), node("b", ["a"]), node("c")], { onFailure: "continue" }),
      given: ["a starts", "c starts", "a fails", "b skipped trigger_rule by a"]
    })
    expect(rejection(scene, { _tag: "RetryNode", nodeId: "a" })).toMatchObject({ _tag: "InvalidInput" })
  })

  it("a pause that somebody asked for stays when its failures are retried", () => {
    const scene = paused()
    scene.command({ _tag: "PauseRun" })
    scene.command({ _tag: "RetryNode", nodeId: "a" })
    scene.command({ _tag: "RetryNode", nodeId: "b" })
    expect(scene.turn.state.status).toBe("paused")
    scene.command({ _tag: "ResumeRun" })
    expect(scene.news.slice(-3)).toEqual(["RunResumed", "a starts 3", "b starts 2"])
  })
})
