import { describe, expect, it } from "vitest"
import { Evolve, Invariants } from "../../src/index.ts"
import {
  answered,
  type Entry,
  errorOf,
  flowOf,
  logOf,
  nodeCompleted,
  nodeFailed,
  nodesOf,
  nodeStarted,
  owned,
  started
} from "../LogBuilder.ts"

const gates = (...on: ReadonlyArray<string>) => owned({ first: on, second: on })

const fold = (entries: ReadonlyArray<Entry>) => {
  const state = Evolve.fold("run", logOf(entries))
  expect(Invariants.check(state)).toEqual([])
  return state
}

const due = (entries: ReadonlyArray<Entry>) => fold(entries).due.map((node) => node.spec.id)

describe("settling with gate hooks", () => {
  const flow = flowOf({ a: [], b: ["a"] })
  const completed = [started(flow), gates("NodeCompleted"), nodeStarted("a"), nodeCompleted("a")]

  it("a completed node releases its dependents at once when no hook listens", () => {
    const state = fold([started(flow), owned(), nodeStarted("a"), nodeCompleted("a")])
    expect(state.byId.get("b")).toMatchObject({ unsettled: 0, ends: { succeeded: 1, failed: 0, skipped: 0 } })
    expect(state.due.map((node) => node.spec.id)).toEqual(["a", "b"])
  })

  it("a completed node whose hooks owe answers does not release its dependents", () => {
    const state = fold(completed)
    expect([...state.owed.values()]).toMatchObject([{ sequence: 4, hooks: ["first", "second"], nodeId: "a" }])
    expect(state.byId.get("b")?.unsettled).toBe(1)
    expect(due(completed)).toEqual(["a"])
  })

  it("the last answer releases them, also when it is a failure of the hook", () => {
    expect(due([...completed, answered("first", 4)])).toEqual(["a"])
    expect(due([...completed, answered("first", 4), answered("second", 4)])).toEqual(["a", "b"])
    const failed = {
      _tag: "HookFailed",
      hook: "second",
      sequence: 4,
      cause: "TimedOut",
      message: "late"
    } as const
    expect(due([...completed, answered("first", 4), failed])).toEqual(["a", "b"])
  })

  it("an answer that is not owed releases nothing", () => {
    expect(due([...completed, answered("first", 4), answered("first", 4)])).toEqual(["a"])
    expect(due([...completed, answered("second", 3), answered("third", 4)])).toEqual(["a"])
  })

  it("hooks that listen to other events, or to one event twice, owe no more answers than events", () => {
    const other = [started(flow), gates("NodeFailed"), nodeStarted("a"), nodeCompleted("a")]
    expect(due(other)).toEqual(["a", "b"])
    const twice = fold([
      started(flow),
      owned({ eager: ["NodeCompleted", "NodeCompleted"] }),
      nodeStarted("a"),
      nodeCompleted("a"),
      answered("eager", 4)
    ])
    expect(twice.owed.size).toBe(0)
    expect(twice.byId.get("a")?.settled).toBe(true)
  })

  it("the first owner's hooks are asked about the start of the run, those of a later owner are not", () => {
    const first = fold([started(flow), owned({ watch: ["RunStarted"] })])
    expect([...first.owed.keys()]).toEqual([1])
    const later = fold([started(flow), owned(), owned({ watch: ["RunStarted"] })])
    expect(later.owed.size).toBe(0)
  })

  it("nobody is asked about answers, refusals and ends", () => {
    const asked = Evolve.isAskable
    const never = ["HookAnswered", "HookFailed", "CommandRejected", "CommandAccepted"]
    expect([...never, "RunCompleted", "RunFailed", "RunCancelled"].filter(asked)).toEqual([])
    expect(["RunStarted", "NodeFailed", "RunEnding", "EventEmitted"].filter(asked)).toHaveLength(4)
    const listening = owned({ nosy: never })
    const rejected = {
      _tag: "CommandRejected",
      command: "AddNode",
      rejection: { _tag: "RunEnded", status: "failed" }
    } as const
    expect(fold([started(flow), listening, rejected]).owed.size).toBe(0)
  })

  it("an owed answer survives a change of owner", () => {
    const state = fold([...completed, owned()])
    expect([...state.owed.values()]).toMatchObject([{ hooks: ["first", "second"] }])
    expect(due([...completed, owned(), answered("first", 4), answered("second", 4)])).toEqual(["a", "b"])
  })
})

describe("settling a failure", () => {
  const flow = (onFailure: "halt" | "continue" | "best_effort" | "pause") =>
    flowOf({ a: { onFailure }, b: { dependencies: ["a"], trigger: "all_done" } })
  const failed = (onFailure: "halt" | "continue" | "best_effort" | "pause") => [
    started(flow(onFailure)),
    owned({ guard: ["NodeFailed"] }),
    nodeStarted("a"),
    nodeFailed("a")
  ]
  const growth = (nodes: Parameters<typeof nodesOf>[0]): Entry => [
    { _tag: "NodesAdded", nodes: nodesOf(nodes), met: { fix: ["a"] } },
    { hook: "guard", sequence: 4 }
  ]

  it.each(["halt", "pause"] as const)("under %s it stops at the policy and releases nothing", (policy) => {
    const state = fold([...failed(policy), answered("guard", 4)])
    expect(state.unhandled.map((node) => node.spec.id)).toEqual(["a"])
    expect(state.byId.get("b")?.unsettled).toBe(1)
  })

  it.each(["continue", "best_effort"] as const)(
    "under %s it counts as a failure for the dependents",
    (policy) => {
      const state = fold([...failed(policy), answered("guard", 4)])
      expect(state.unhandled).toEqual([])
      expect(state.byId.get("b")).toMatchObject({
        unsettled: 0,
        ends: { succeeded: 0, failed: 1, skipped: 0 }
      })
    }
  )

  it("waits for the hooks before any policy or dependent", () => {
    const state = fold(failed("halt"))
    expect(state.unhandled).toEqual([])
    expect(state.byId.get("b")?.unsettled).toBe(1)
  })

  it("is handled by a node that depends on it: no policy fires, and it counts as met for that node only", () => {
    const state = fold([...failed("halt"), growth({ fix: ["a"] }), answered("guard", 4)])
    expect(state.unhandled).toEqual([])
    expect([...state.handled].map((node) => node.spec.id)).toEqual(["a"])
    expect(state.byId.get("fix")?.ends).toEqual({ succeeded: 1, failed: 0, skipped: 0 })
    expect(state.byId.get("b")?.ends).toEqual({ succeeded: 0, failed: 1, skipped: 0 })
  })

  it("is not handled by a node that does not depend on it", () => {
    const state = fold([...failed("halt"), growth({ other: [] }), answered("guard", 4)])
    expect(state.unhandled.map((node) => node.spec.id)).toEqual(["a"])
    expect(state.handled.size).toBe(0)
  })

  it("is nobody's business while the node will be tried again or its handler is next", () => {
    const retry = fold([...failed("halt").slice(0, 3), nodeFailed("a", 1, { retryAtMillis: 9 })])
    expect(retry.byId.get("a")).toMatchObject({ status: "retrying", retryAtMillis: 9, triesUsed: 1 })
    expect(retry.unhandled).toEqual([])
    const handling = fold([...failed("halt").slice(0, 3), nodeFailed("a", 1, { handling: true })])
    expect(handling.byId.get("a")).toMatchObject({ status: "running", handling: true, inFlight: false })
  })

  it("keeps the first error when the failure handler fails too, and none when it succeeds", () => {
    const log = [started(flow("continue")), owned(), nodeStarted("a")]
    const handled = [...log, nodeFailed("a", 1, { handling: true }), nodeStarted("a", 2, "handler")]
    const second = errorOf("second")
    const both = fold([...handled, nodeFailed("a", 2, { error: errorOf(), handlerError: second })])
    expect(both.byId.get("a")).toMatchObject({
      status: "failed",
      error: { message: "no" },
      handlerError: second
    })
    const recovered = fold([...handled, nodeCompleted("a", 2, { recovered: true })])
    expect(recovered.byId.get("a")).toMatchObject({ status: "completed", recovered: true, triesUsed: 1 })
    expect(recovered.byId.get("b")?.ends.succeeded).toBe(1)
  })

  it("uses up no try when the attempt was lost with its process", () => {
    const lost = { error: errorOf("gone", "OwnerLost"), retryAtMillis: 1 }
    const state = fold([...failed("halt").slice(0, 3), nodeFailed("a", 1, lost)])
    expect(state.byId.get("a")).toMatchObject({ triesUsed: 0, lostAttempts: 1, attempt: 1 })
  })
})

describe("running a failed node again", () => {
  const flow = flowOf({ a: {}, b: ["a"], c: { dependencies: ["a"], trigger: "all_done" } })
  const failed = (onFailure: "pause" | "continue") => [
    started(flow, { onFailure }),
    owned(),
    nodeStarted("a"),
    nodeFailed("a")
  ]
  const paused = { _tag: "RunPaused", nodeId: "a" } as const
  const retry = { _tag: "NodeRetryRequested", nodeId: "a" } as const

  it("makes it pending with all its tries, and the pause no longer its fault", () => {
    const before = fold([...failed("pause"), paused])
    expect([...before.pausedBy].map((node) => node.spec.id)).toEqual(["a"])
    const state = fold([...failed("pause"), paused, retry])
    expect(state.byId.get("a")).toMatchObject({ status: "pending", triesUsed: 0, attempt: 1 })
    expect(state.pausedBy.size + state.failures.length + state.unhandled.length).toBe(0)
    expect(state.due.at(-1)?.spec.id).toBe("a")
  })

  it("takes back that its failure counted for dependents that have not started", () => {
    const state = fold([...failed("continue"), retry])
    expect(state.byId.get("c")).toMatchObject({ unsettled: 1, ends: { succeeded: 0, failed: 0, skipped: 0 } })
    const again = fold([...failed("continue"), retry, nodeStarted("a", 2), nodeCompleted("a", 2)])
    expect(again.byId.get("b")).toMatchObject({ unsettled: 0, ends: { succeeded: 1, failed: 0, skipped: 0 } })
  })

  it("is refused once a dependent has started", () => {
    const state = Evolve.fold("run", logOf([...failed("continue"), nodeStarted("c"), retry]))
    expect(state.byId.get("a")?.status).toBe("failed")
    expect(state.violations).toEqual([`NodeRetryRequested at 6: a dependent of "a" has started`])
  })
})
