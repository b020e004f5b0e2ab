/** Waits, their answers and their deadlines, one decision after the other: R1, R13, R18, and what may not happen. */
import { Wait } from "@dagflow/protocol"
import { describe, expect, it } from "vitest"
import { flow, node } from "../world/FlowNotation.ts"
import { Scene } from "./Scene.ts"

const good = { ok: true }
const bad = { ok: "yes" }

const scene = (given: ReadonlyArray<string>, options: object = {}, config = {}) =>
  new Scene({ flow: flow([node("a", [], {}, options), node("b", ["a"])], config), given })

const waiting = (deadline = "", options: object = {}, config = {}) =>
  scene(["a starts", `a waits${deadline}`], options, config)

/** The rest of the story once `a` has completed. */
const goesOn = ["b starts"]

describe("R1: a wait is settled, and no code of its node runs again", () => {
  it("an attempt that waits is over: its slot is free and its dependents stay where they are", () => {
    const world = scene(["a starts"]).wait("a waits")
    expect(world.news).toEqual(["a waits Signal"])
    expect(world.turn.state).toMatchObject({ inFlight: 0, status: "running" })
    expect(world.broken).toEqual([])
  })

  it("the answer becomes the outputs, in the same turn, without another attempt", () => {
    const world = waiting()
    const result = world.signal("a", good, { by: "Ada" })
    expect(result.rejection).toBeUndefined()
    expect(world.news).toEqual(["a signal by Ada", "a completes answered 5", ...goesOn])
    expect(world.node("a")).toMatchObject({ status: "completed", attempt: 1, outputs: good })
    expect(world.broken).toEqual([])
  })

  it("the answer to a wait of the failure handler stands in for the outputs", () => {
    const given = ["a starts", "a fails handling", "a starts handler", "a waits"]
    const world = scene(given, { failure: "notify" })
    world.signal("a", good)
    expect(world.news).toEqual(["a signal", "a completes recovered answered 7", ...goesOn])
  })

  it("an answer that does not fit is refused with what is wrong, and the node waits on", () => {
    const world = waiting()
    expect(world.signal("a", bad).rejection).toMatchObject({ _tag: "InvalidInput", nodeId: "a" })
    expect(world.signal("a", {}).rejection).toMatchObject({ message: expect.stringContaining("ok") })
    expect(world.node("a").status).toBe("waiting")
    expect(world.signal("a", good).rejection).toBeUndefined()
  })

  it("an answer that fits the wait and not the action is refused too", () => {
    const world = waiting()
    const { rejection } = world.signal("a", { ...good, unfit: 1 })
    expect(rejection).toMatchObject({ _tag: "InvalidInput", message: expect.stringContaining("unfit") })
    expect(world.node("a").status).toBe("waiting")
  })

  it("an answer may be as large as said, and not larger", () => {
    const text = (length: number) => ({ ok: true, text: "x".repeat(length) })
    const fits = Wait.answerBytesMax - JSON.stringify(text(0)).length
    expect(waiting().signal("a", text(fits)).rejection).toBeUndefined()
    expect(waiting().signal("a", text(fits + 1)).rejection).toEqual({
      _tag: "LimitReached",
      limit: "answerBytesMax",
      maximum: Wait.answerBytesMax,
      requested: Wait.answerBytesMax + 1
    })
  })
})

describe("R13: signals", () => {
  it("to a node that does not exist are refused", () => {
    expect(waiting().signal("c", good).rejection).toMatchObject({ _tag: "UnknownNode", nodeId: "c" })
  })

  it("are answered once: the second one is told who won, and when", () => {
    const world = waiting()
    world.at(70)
    world.signal("a", good, { by: "Ada", id: "first" })
    world.at(90)
    expect(world.signal("a", good, { by: "Ben" }).rejection).toEqual({
      _tag: "AlreadyAnswered",
      nodeId: "a",
      winner: "signal",
      atMillis: 70,
      by: "Ada",
      commandId: "first"
    })
  })

  it("the same command again is told what the first one was told", () => {
    const world = waiting()
    const first = world.signal("a", good, { id: "x" })
    expect(world.signal("a", good, { id: "x" })).toEqual(first)
    expect(world.signal("a", { ok: false }, { id: "x" }).rejection).toMatchObject({ _tag: "InvalidInput" })
  })

  it("to a pending node are kept, and the first one that fits answers the wait when it opens", () => {
    const world = scene([])
    world.follow()
    for (const [payload, id] of [
      [bad, "one"],
      [good, "two"],
      [{ ok: false }, "three"]
    ] as const) {
      expect(world.signal("a", payload, { id }).rejection).toBeUndefined()
    }
    expect(world.news).toEqual(["a starts", "a signal kept", "a signal kept", "a signal kept"])
    world.wait("a waits")
    expect(world.news).toEqual([
      "a waits Signal",
      "SendSignal rejected InvalidInput kept 4",
      "a completes answered 5",
      "SendSignal rejected AlreadyAnswered kept 6",
      ...goesOn
    ])
    expect(world.node("a").outputs).toEqual(good)
    expect(world.broken).toEqual([])
  })

  it("a kept signal that is refused later is told so when it is sent again", () => {
    const world = scene(["a starts"])
    world.signal("a", bad, { id: "one" })
    world.wait("a waits")
    expect(world.signal("a", bad, { id: "one" }).rejection).toMatchObject({ _tag: "InvalidInput" })
    expect(world.node("a").status).toBe("waiting")
  })

  it("kept for a node that never waits are refused at its end", () => {
    const world = scene(["a starts"])
    world.signal("a", good)
    world.succeed("a")
    expect(world.news).toEqual([
      "a signal kept",
      "a completes",
      "SendSignal rejected NotWaiting kept 4",
      ...goesOn
    ])
  })

  it("kept for a node that is cancelled with the run are refused before the run ends", () => {
    const world = scene(["a starts"])
    world.signal("b", good)
    world.command({ _tag: "CancelRun" })
    world.stop("a")
    expect(world.news).toEqual([
      "b signal kept",
      "RunInterrupted cancelled",
      "b cancelled run_cancelled pending",
      "SendSignal rejected NotWaiting kept 4",
      "a cancelled run_cancelled interrupted",
      "RunEnding Cancelled",
      "RunCancelled"
    ])
    expect(world.broken).toEqual([])
  })

  it("are kept over a retry, for the wait of the next attempt", () => {
    const world = scene(["a starts"], { retry: { tries: 2, initialMillis: 0 } })
    world.signal("a", good)
    world.fail("a")
    expect(world.node("a").signals).toHaveLength(1)
    world.turn.record({ _tag: "NodeStarted", nodeId: "a", attempt: 2 })
    world.wait("a waits")
    expect(world.node("a")).toMatchObject({ status: "completed", attempt: 2, outputs: good })
  })

  it("of which too many are kept are refused", () => {
    const world = scene(["a starts"])
    for (let at = 0; at < Wait.keptSignalsMax; at++) world.signal("a", good)
    expect(world.signal("a", good).rejection).toMatchObject({ limit: "keptSignalsMax", maximum: 100 })
  })

  it("to a node that has ended without a wait are refused", () => {
    const world = scene(["a starts"]).succeed("a")
    expect(world.signal("a", good).rejection).toEqual({
      _tag: "NotWaiting",
      nodeId: "a",
      status: "completed"
    })
  })

  it("to a node that waits for a time are refused, and those that were kept are refused at its end", () => {
    const world = scene(["a starts"])
    world.signal("a", good)
    world.wait("a sleeps 100")
    expect(world.signal("a", good).rejection).toEqual({ _tag: "NotWaiting", nodeId: "a", status: "waiting" })
    expect(world.node("a").status).toBe("waiting")
    world.at(100, "a")
    expect(world.news.slice(-3)).toEqual([
      "a completes expired",
      "SendSignal rejected AlreadyAnswered kept 4",
      "b starts"
    ])
  })

  it("of two in one answer of a hook, the first one wins", () => {
    const world = new Scene({
      flow: flow([node("a")]),
      hooks: { boss: ["NodeWaiting"] },
      given: ["a starts"]
    })
    world.wait("a waits")
    const send = (ok: boolean) => ({ _tag: "SendSignal", nodeId: "a", payload: { ok } }) as const
    world.answer("boss", 4, [send(true), send(false)])
    expect(world.news.slice(1)).toEqual([
      "a signal",
      "a completes answered 5",
      "SendSignal rejected AlreadyAnswered",
      "boss answers 4",
      "RunEnding Completed",
      "RunCompleted"
    ])
  })
})

describe("deadlines", () => {
  it("do nothing before their time", () => {
    const world = waiting(" fail 100")
    world.at(99, "a")
    expect(world.news).toEqual([])
  })

  it("autopilot takes the default", () => {
    const world = waiting(" complete 100")
    world.at(100, "a")
    expect(world.news).toEqual(["a completes expired", ...goesOn])
    expect(world.node("a").outputs).toEqual({ ok: false })
  })

  it("fail fails the attempt, which is retried like any other", () => {
    const world = waiting(" fail 100", { retry: { tries: 2, jitter: 0 } })
    world.at(100, "a")
    expect(world.news).toEqual(["a fails TimedOut retry expired"])
    expect(world.node("a")).toMatchObject({ status: "retrying", retryAtMillis: 1100, triesUsed: 1 })
  })

  it("fail goes to the failure handler after the last attempt, and then to the policy", () => {
    const handled = waiting(" fail 100", { failure: "notify" }).at(100, "a")
    expect(handled.news).toEqual(["a fails TimedOut handling expired", "a starts 2 handler"])
    expect(waiting(" fail 100").at(100, "a").news.slice(0, 2)).toEqual([
      "a fails TimedOut expired",
      "RunInterrupted halted"
    ])
  })

  it("pause pauses the run, and the answer that comes then lets it go on", () => {
    const world = waiting(" pause 100").at(100, "a")
    expect(world.news).toEqual(["RunPaused by a"])
    expect(world.turn.state.status).toBe("paused")
    world.at(200, "a")
    expect(world.news).toEqual([])
    world.signal("a", good)
    expect(world.news).toEqual(["a signal", "a completes answered 6", "RunResumed", ...goesOn])
    expect(world.broken).toEqual([])
  })

  it("a run that is resumed without an answer waits on, and is not paused again", () => {
    const world = waiting(" pause 100").at(100, "a")
    world.command({ _tag: "ResumeRun" })
    expect(world.news).toEqual(["RunPaused by a", "RunResumed"])
    expect(world.node("a").status).toBe("waiting")
    world.at(1000, "a")
    expect(world.news).toEqual([])
    expect(world.turn.state.pausedBy.size).toBe(0)
  })

  it("an answer does not resume a run that somebody paused", () => {
    const world = waiting(" pause 100").at(100, "a")
    world.command({ _tag: "PauseRun" })
    world.signal("a", good)
    expect(world.turn.state.status).toBe("paused")
  })

  it("an answer that comes at the deadline is too late, whoever is decided first", () => {
    const world = waiting(" complete 100")
    world.at(100)
    expect(world.signal("a", good).rejection).toMatchObject({
      _tag: "AlreadyAnswered",
      winner: "deadline",
      atMillis: 100
    })
    expect(world.news).toEqual(["a completes expired", "SendSignal rejected AlreadyAnswered", ...goesOn])
  })

  it("an answer that was sent in time and is read too late counts", () => {
    const world = waiting(" complete 100")
    world.at(5000)
    expect(world.signal("a", good, {}, { sentAtMillis: 99 }).rejection).toBeUndefined()
    expect(world.node("a").outputs).toEqual(good)
  })

  it("R18: go on while the run is paused, and nothing starts", () => {
    const world = waiting(" complete 100")
    world.command({ _tag: "PauseRun" })
    world.at(100, "a")
    expect(world.news).toEqual(["RunPaused", "a completes expired"])
  })
})

describe("cancelling", () => {
  it("a run cancels its waits", () => {
    const world = waiting()
    world.command({ _tag: "CancelRun" })
    expect(world.news).toEqual([
      "RunInterrupted cancelled",
      "a cancelled run_cancelled pending",
      "b cancelled run_cancelled pending",
      "RunEnding Cancelled",
      "RunCancelled"
    ])
    expect(world.broken).toEqual([])
  })

  it("a branch cancels its waits", () => {
    const world = waiting()
    world.command({ _tag: "CancelBranch", branch: "a" })
    expect(world.news.slice(0, 3)).toEqual([
      "BranchCancelled a",
      "a cancelled branch_cancelled pending",
      "b cancelled branch_cancelled pending"
    ])
    expect(world.broken).toEqual([])
  })

  it("a wait that opens while the run is brought to its end is cancelled", () => {
    const world = scene(["a starts"])
    world.command({ _tag: "CancelRun" })
    world.wait("a waits")
    expect(world.news[2]).toBe("a cancelled run_cancelled interrupted")
    expect(world.turn.state.status).toBe("cancelled")
  })

  it("the failure of another node that halts the run cancels its waits", () => {
    const world = new Scene({
      flow: flow([node("a"), node("c")]),
      given: ["a starts", "a waits", "c starts"]
    })
    world.fail("c")
    expect(world.news).toContain("a cancelled halted pending")
    expect(world.turn.state.status).toBe("failed")
  })
})

describe("R3: a lost attempt that must not run twice", () => {
  const lost = (options: object = {}) =>
    scene(["a starts"], { recovery: "at_most_once", ...options }).takeUp()

  it("waits for somebody's word, and does not run", () => {
    const world = lost()
    expect(world.news).toEqual(["RunOwned", "a waits Recovery"])
    expect(world.broken).toEqual([])
  })

  it("stays so over further take-overs", () => {
    expect(lost().takeUp().news.slice(2)).toEqual(["RunOwned"])
  })

  it("runs again when it is told to, without using up a try", () => {
    const world = lost()
    world.signal("a", { decision: "rerun" })
    expect(world.news.slice(2)).toEqual(["a signal", "a fails OwnerLost retry answered 6", "a starts 2"])
    expect(world.node("a")).toMatchObject({ status: "running", triesUsed: 0, lostAttempts: 1 })
  })

  it("completes with the outputs that somebody knows, if the action could have given them", () => {
    const world = lost()
    const outputs = { value: 7 }
    const unfit = world.signal("a", { decision: "completed", outputs: { unfit: 1 } })
    expect(unfit.rejection).toMatchObject({ _tag: "InvalidInput" })
    world.signal("a", { decision: "completed", outputs })
    expect(world.node("a")).toMatchObject({ status: "completed", outputs })
  })

  it("fails for good when somebody says so, whatever retries there are", () => {
    const world = lost({ retry: { tries: 5 } })
    world.signal("a", { decision: "failed", message: "the bank says no" })
    expect(world.node("a")).toMatchObject({
      status: "failed",
      error: { cause: "Reported", message: "the bank says no", isRetryable: false }
    })
  })

  it("goes to its failure handler when somebody says that it failed", () => {
    const world = lost({ failure: "notify" })
    world.signal("a", { decision: "failed", message: "no" })
    expect(world.news.at(-1)).toBe("a starts 2 handler")
  })

  it("takes no other answer", () => {
    const world = lost()
    for (const payload of [{}, { decision: "maybe" }, { decision: "completed" }, { decision: "failed" }]) {
      expect(world.signal("a", payload).rejection).toMatchObject({ _tag: "InvalidInput" })
    }
  })

  it("is cancelled instead when the run was being ended", () => {
    const world = scene(["a starts", "RunInterrupted cancelled", "b cancelled run_cancelled"], {
      recovery: "at_most_once"
    })
    expect(world.takeUp().news.slice(0, 2)).toEqual(["RunOwned", "a cancelled run_cancelled interrupted"])
  })

  it("waits too when it was its failure handler", () => {
    const given = ["a starts", "a fails handling", "a starts handler"]
    const world = scene(given, { recovery: "at_most_once", failure: "notify" }).takeUp()
    expect(world.news).toEqual(["RunOwned", "a waits Recovery"])
    world.signal("a", { decision: "rerun" })
    expect(world.news.slice(-2)).toEqual(["a fails OwnerLost handling answered 8", "a starts 3 handler"])
    expect(world.node("a").error?.message).toBe("boom")
  })
})

describe("a log that was cut off", () => {
  it("after an answer goes on with it", () => {
    const world = waiting()
    world.turn.record({ _tag: "SignalReceived", nodeId: "a", attempt: 1, payload: good })
    world.takeUp()
    expect(world.news.slice(1)).toEqual(["RunOwned", "a completes answered 5", ...goesOn])
  })

  it("after an answer that fits no more fails the node, and says so", () => {
    const world = waiting()
    world.turn.record({ _tag: "SignalReceived", nodeId: "a", attempt: 1, payload: bad })
    world.takeUp()
    expect(world.news.slice(2, 3)).toEqual(["a fails InvalidOutput answered 5"])
  })

  it("after a wait opened lets the signals answer it that were kept", () => {
    const world = scene(["a starts"])
    world.signal("a", good)
    world.turn.record({ _tag: "NodeWaiting", nodeId: "a", attempt: 1, wait: { _tag: "Signal" } })
    world.takeUp()
    expect(world.node("a")).toMatchObject({ status: "completed", outputs: good })
  })
})
