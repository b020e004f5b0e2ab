/** A run of which one node waits for a person, one for a time and one for word of a lost attempt, in every view of it. */
import { describe, expect, it } from "vitest"
import {
  Evolve,
  Mermaid,
  NodeView,
  Outline,
  RunGraph,
  RunReport,
  StatusMark,
  Svg,
  Timeline,
  WaitReason,
  WaitView
} from "../../src/index.ts"
import {
  flowOf,
  logOf,
  nodeCompleted,
  nodeStarted,
  nodeWaiting,
  owned,
  signalled,
  started,
  startMillis
} from "../LogBuilder.ts"

const second = (count: number): number => startMillis + count * 1000
const schema = { type: "object", required: ["ok"] }

const begun = [
  started(flowOf({ ask: [], sleep: [], pay: { recovery: "at_most_once" } })),
  owned(),
  nodeStarted("ask"),
  nodeStarted("sleep"),
  nodeStarted("pay"),
  nodeWaiting("ask", 1, {
    wait: { _tag: "Signal", prompt: "Publish?", schema },
    deadline: { atMillis: second(60), action: "pause" }
  }),
  nodeWaiting("sleep", 1, {
    wait: { _tag: "Timer" },
    deadline: { atMillis: second(90), action: "complete", outputs: {} }
  }),
  nodeWaiting("pay", 1, { wait: { _tag: "Recovery" } })
]
const state = Evolve.fold("run", logOf(begun))
const now = second(30)

describe("the views of a run that waits", () => {
  it("list what is asked, with what an answer has to look like", () => {
    expect(WaitView.ofRun(state)).toMatchObject([
      {
        nodeId: "ask",
        kind: "signal",
        prompt: "Publish?",
        schema,
        untilMillis: second(60),
        onTimeout: "pause"
      },
      { nodeId: "sleep", kind: "timer", untilMillis: second(90) },
      { nodeId: "pay", kind: "recovery", schema: { anyOf: [{}, {}, {}] } }
    ])
  })

  it("say in sentences what holds the run up", () => {
    expect(WaitReason.onlyWaits(state)).toBe(true)
    expect(WaitReason.ofRun(state).map((reason) => WaitReason.describe(reason, now))).toEqual([
      `"ask" waits for an answer: Publish? (the run is paused in 30.0 s)`,
      `"sleep" waits for its time, in 1 m`,
      `"pay" was lost with its process and must not run twice: say whether to run it again, or what came of it`
    ])
  })

  it("say once that nobody answered in time", () => {
    // As the engine records it.
    const overdue = { _tag: "RunPaused", nodeId: "ask", reason: 'nobody answered "ask" in time' } as const
    const [pause] = WaitReason.ofRun(Evolve.fold("run", logOf([...begun, overdue])))
    expect(pause && WaitReason.describe(pause, now)).toBe(
      'the run is paused because nobody answered "ask" in time: resume it, or cancel it'
    )
  })

  it("count it and time its attempts without the wait", () => {
    const report = RunReport.make(state, now)
    expect(report.totals).toMatchObject({
      byStatus: { waiting: 3 },
      interruptedAttempts: 0,
      workMillis: 9000
    })
    expect(report.nodes.map(({ attempts }) => attempts[0]?.outcome)).toEqual([
      "waiting",
      "waiting",
      "waiting"
    ])
  })

  it("show it as waiting on the timeline, and who ended it", () => {
    const ended = Evolve.fold(
      "run",
      logOf([
        ...begun,
        signalled("ask", 1, { by: "Ada", comment: "fine" }),
        nodeCompleted("ask", 1, { waitEnd: { _tag: "Answered", sequence: 9 } })
      ])
    )
    const [row] = Timeline.make(ended, now).rows
    expect(row?.segments).toEqual([
      { kind: "queued", fromMillis: second(0), toMillis: second(2) },
      {
        kind: "attempt",
        fromMillis: second(2),
        toMillis: second(5),
        attempt: 1,
        role: "action",
        outcome: "succeeded"
      },
      { kind: "waiting", fromMillis: second(5), toMillis: second(9), attempt: 1, wait: "signal" }
    ])
    expect(NodeView.ofRun(ended, "ask", now)?.attempts[0]?.wait).toEqual({
      kind: "signal",
      attempt: 1,
      prompt: "Publish?",
      sinceMillis: second(5),
      onTimeout: "pause",
      endedAtMillis: second(9),
      end: "signal",
      answer: { sequence: 9, atMillis: second(8), by: "Ada", comment: "fine" }
    })
  })

  it("draw it with the mark of what needs attention", () => {
    const graph = RunGraph.ofRun(state)
    const { sign } = StatusMark.ofNode.waiting
    expect(Outline.render(graph)).toContain(`${sign} waiting`)
    expect(Mermaid.render(graph)).toContain("waiting")
    expect(Svg.render(graph)).toContain("attention")
  })
})
