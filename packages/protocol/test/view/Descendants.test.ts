/** What a run says of the runs below it, once somebody has read their logs. */
import { describe, expect, it } from "vitest"
import {
  Descendants,
  Evolve,
  NodeView,
  RunReport,
  type RunState,
  Timeline,
  WaitReason
} from "../../src/index.ts"
import {
  type AnyEvent,
  flowOf,
  logOf,
  nodeCompleted,
  nodeStarted,
  nodeWaiting,
  owned,
  started,
  startMillis
} from "../LogBuilder.ts"

const inner = flowOf({ ask: [] }, { name: "inner" })
const now = startMillis + 60_000

const fold = (runId: string, events: ReadonlyArray<AnyEvent>): RunState.RunState =>
  Evolve.fold(runId, logOf(events, 1, runId))

const parent = fold("run", [
  started(flowOf({ a: { flow: inner }, b: ["a"] })),
  owned(),
  { _tag: "SubFlowStarted", nodeId: "a", attempt: 1, runId: "run/a/1" }
])

const begun = [started(inner), owned(), nodeStarted("ask")]
const waiting = fold("run/a/1", [...begun, nodeWaiting("ask")])

const below = (...states: ReadonlyArray<RunState.RunState>): Descendants.Descendants => ({
  states: new Map(states.map((state) => [state.runId, state])),
  statuses: new Map()
})

describe("Descendants", () => {
  it("of a run that never had a child are none", () => {
    expect(Descendants.kinOf(waiting)).toBeUndefined()
  })

  it("let a run only wait when every child is known and only waits", () => {
    expect(WaitReason.onlyWaits(parent)).toBe(false)
    expect(Descendants.onlyWaits(parent, below())).toBe(false)
    expect(Descendants.onlyWaits(parent, below(fold("run/a/1", begun)))).toBe(false)
    expect(Descendants.onlyWaits(parent, below(waiting))).toBe(true)
    // One that has ended has not been told of yet, and then the parent moves.
    const ended = fold("run/a/1", [
      ...begun,
      nodeCompleted("ask"),
      { _tag: "RunEnding", result: { _tag: "Completed" } },
      { _tag: "RunCompleted" }
    ])
    expect(Descendants.onlyWaits(parent, below(ended))).toBe(false)
    expect(Descendants.viewOf("run/a/1", below(ended))).toEqual({ runId: "run/a/1", status: "completed" })
  })

  it("complete a report with what holds them up, and where they stand", () => {
    const kin = Descendants.kinOf(parent) as Descendants.Kin
    const before = RunReport.make(parent, now)
    expect(before.waiting).toEqual([])
    const report = RunReport.withDescendants(before, kin, below(waiting), now)
    expect(report.onlyWaits).toBe(true)
    expect(report.waiting).toEqual([
      {
        reason: {
          _tag: "ChildWaits",
          nodeId: "a",
          attempt: 1,
          runId: "run/a/1",
          reason: { _tag: "NodeWaits", nodeId: "ask", attempt: 1, kind: "signal", prompt: "May it?" }
        },
        text: '"a" waits for run "run/a/1": "ask" waits for an answer: May it?'
      }
    ])
    expect(report.nodes[0]?.attempts[0]?.child).toEqual({
      runId: "run/a/1",
      status: "running",
      onlyWaits: true
    })
  })

  it("are named on the timeline by the attempts that go on as them", () => {
    expect(Timeline.make(parent, now).rows[0]?.segments).toMatchObject([
      { kind: "queued" },
      { kind: "attempt", outcome: "running", childRunId: "run/a/1" }
    ])
  })

  it("say where a run stands whose log nobody read", () => {
    const view = NodeView.ofRun(parent, "a", now) as NodeView.NodeView
    const seen = NodeView.withDescendants(view, {
      states: new Map(),
      statuses: new Map([["run/a/1", "paused"]])
    })
    expect(seen.attempts[0]?.child).toEqual({ runId: "run/a/1", status: "paused" })
  })
})
