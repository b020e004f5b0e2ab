import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { type Envelope, Evolve, NodeView, RunReport, WaitReason } from "../../src/index.ts"
import {
  answered,
  flowOf,
  logOf,
  nodeCompleted,
  nodeFailed,
  nodeStarted,
  owned,
  startMillis,
  started
} from "../LogBuilder.ts"
import { randomLog } from "../state/RandomLog.ts"
import { sampleNow, sampleRun } from "./Samples.ts"

const report = RunReport.make(sampleRun(), sampleNow)

describe("RunReport", () => {
  it("says where the run stands", () => {
    expect(report).toMatchObject({
      version: 1,
      runId: "run",
      flow: "nightly",
      flowVersion: "2",
      status: "running",
      owner: "process-1",
      sequence: 24,
      startedAtMillis: startMillis,
      elapsedMillis: 30_000,
      onlyWaits: false
    })
    expect(report).not.toHaveProperty("endedAtMillis")
    expect(report).not.toHaveProperty("result")
  })

  it("adds up", () => {
    expect(report.totals).toEqual({
      nodes: 14,
      declared: 8,
      grown: 6,
      growthRounds: 1,
      items: 0,
      byStatus: {
        pending: 6,
        running: 1,
        retrying: 1,
        waiting: 0,
        completed: 4,
        failed: 1,
        skipped: 1,
        cancelled: 0
      },
      attempts: 8,
      retries: 1,
      failedAttempts: 3,
      lostAttempts: 0,
      interruptedAttempts: 0,
      recovered: 0,
      cached: 0,
      handled: 0,
      workMillis: 31_000,
      usage: { tokens: 22 }
    })
  })

  it("measures averages, the slowest node, parallel attempts and the critical path by the times of the log", () => {
    const chain = logOf([
      started(flowOf({ a: [], b: [], c: ["a", "b"] })), // at 0 s
      owned(),
      nodeStarted("a"),
      nodeStarted("b"),
      nodeCompleted("b"), // b took 1 s
      nodeCompleted("a"), // a took 3 s
      nodeStarted("c"),
      nodeFailed("c", 1, { retryAtMillis: 1 }),
      nodeStarted("c", 2),
      nodeCompleted("c", 2), // c took 1 s and 1 s
      { _tag: "RunEnding", result: { _tag: "Completed" } },
      { _tag: "RunCompleted" } // at 11 s
    ])
    const { metrics, elapsedMillis, endedAtMillis, result } = RunReport.make(Evolve.fold("run", chain), 9e12)
    expect(metrics).toEqual({
      averageMillis: 2000,
      slowest: { nodeId: "a", durationMillis: 3000 },
      parallelPeak: 2,
      parallelAverage: 6 / 11,
      criticalPath: { nodeIds: ["a", "c"], durationMillis: 5000 }
    })
    expect({ elapsedMillis, endedAtMillis, result }).toEqual({
      elapsedMillis: 11_000,
      endedAtMillis: startMillis + 11_000,
      result: { _tag: "Completed" }
    })
  })

  it("measures nothing where nothing has run", () => {
    const { metrics } = RunReport.make(Evolve.fold("run", logOf([started(flowOf({ a: [] }))])), startMillis)
    expect(metrics).toEqual({ parallelPeak: 0, criticalPath: { nodeIds: [], durationMillis: 0 } })
    expect(RunReport.make(Evolve.fold("run", []), 0)).toMatchObject({ flow: "", nodes: [], sequence: 0 })
  })

  it("gives no negative times when the clock was set back", () => {
    const log = logOf([started(flowOf({ a: [] })), owned(), nodeStarted("a"), nodeCompleted("a")])
    const back = log.map((envelope, index) => ({ ...envelope, at: 1000 - index }))
    const { elapsedMillis, nodes } = RunReport.make(Evolve.fold("run", back), 0)
    expect([elapsedMillis, nodes[0]?.durationMillis]).toEqual([0, 0])
  })

  it("is JSON that its schema reads back as it was", () => {
    for (let seed = 0; seed < 40; seed++) {
      const one = RunReport.make(Evolve.fold(`run-${seed}`, randomLog(seed)), 5000)
      const text = JSON.stringify(Schema.encodeSync(RunReport.RunReport)(one))
      expect(Schema.decodeUnknownSync(RunReport.RunReport)(JSON.parse(text))).toEqual(one)
    }
  })

  it("is equal for equal states", () => {
    expect(RunReport.make(sampleRun(), sampleNow)).toEqual(report)
  })
})

/** Counts in the log itself what the report counts in the state. */
const countedInLog = (log: ReadonlyArray<Envelope.Envelope>) => {
  const events = log.map(({ event }) => event)
  const usage: Record<string, number> = {}
  const starts = events.filter((event) => event._tag === "NodeStarted" || event._tag === "SubFlowStarted")
  // A list that is none fails its node without any attempt of an action.
  const failures = events
    .filter((event) => event._tag === "NodeFailed")
    .filter((event) => event.error.cause !== "NoList")
  for (const event of events) {
    if (event._tag !== "NodeCompleted" && event._tag !== "NodeFailed" && event._tag !== "NodeWaiting")
      continue
    for (const [name, amount] of Object.entries(event.usage ?? {})) usage[name] = (usage[name] ?? 0) + amount
  }
  const started = events.find((event) => event._tag === "RunStarted")
  const grown = events.flatMap((event) => (event._tag === "NodesAdded" ? event.nodes : []))
  const items = events.reduce((sum, event) => sum + (event._tag === "NodeExpanded" ? event.count : 0), 0)
  const actions = starts.filter((event) => event._tag === "SubFlowStarted" || event.role === undefined)
  return {
    nodes: (started?.flow.nodes.length ?? 0) + grown.length + items,
    declared: started?.flow.nodes.length,
    grown: grown.length + items,
    items,
    attempts: starts.length,
    retries: actions.length - new Set(actions.map((event) => event.nodeId)).size,
    failedAttempts: failures.length,
    lostAttempts: failures.filter(
      (event) => event.error.cause === "OwnerLost" || event.handlerError?.cause === "OwnerLost"
    ).length,
    usage
  }
}

describe("the sums of a report", () => {
  it("match the log", () => {
    for (let seed = 0; seed < 150; seed++) {
      const log = randomLog(seed)
      const { metrics, nodes, totals } = RunReport.make(Evolve.fold(`run-${seed}`, log), 1e6)
      expect(totals, `seed ${seed}`).toMatchObject(countedInLog(log))
      expect(totals.nodes).toBe(nodes.length)
      const counts = Object.values(totals.byStatus).reduce((sum, count) => sum + count, 0)
      expect(counts).toBe(nodes.length)
      expect(totals.workMillis).toBe(
        nodes
          .filter((node) => node.items === undefined)
          .flatMap((node) => node.attempts)
          .reduce((sum, one) => sum + one.durationMillis, 0)
      )
      let peak = 0
      const running = new Set<string>()
      for (const { event } of log) {
        // What a node with a list or a flow does is done by its items, or by a child run: neither begins by this event.
        if (event._tag === "NodeStarted") peak = Math.max(peak, running.add(event.nodeId).size)
        const isEnd =
          event._tag === "NodeCompleted" ||
          event._tag === "NodeFailed" ||
          event._tag === "NodeWaiting" ||
          event._tag === "NodeCancelled"
        if (isEnd) running.delete(event.nodeId)
      }
      expect(metrics.parallelPeak, `seed ${seed}`).toBe(peak)
    }
  })
})

describe("NodeView", () => {
  const view = (nodeId: string) => NodeView.ofRun(sampleRun(), nodeId, sampleNow)

  it("tells status, attempts and last error of a node while the run goes on", () => {
    expect(view("fetch-orders")).toMatchObject({
      status: "completed",
      durationMillis: 4000 + 2000,
      usage: { tokens: 12 },
      attempts: [
        { number: 1, role: "action", outcome: "failed", durationMillis: 4000, error: { message: "no" } },
        { number: 2, role: "action", outcome: "succeeded", durationMillis: 2000 }
      ]
    })
    expect(view("chunk_2")).toMatchObject({
      status: "retrying",
      retryAtMillis: 1_700_000_060_000,
      error: { tag: "Broken" }
    })
    expect(view("extra")).toMatchObject({
      status: "running",
      attempts: [{ outcome: "running", durationMillis: 9000 }]
    })
  })

  it("tells who added it, why it was skipped, and what it waits for", () => {
    expect(view("chunk_1")?.grownBy).toEqual({
      sequence: 18,
      atMillis: startMillis + 17_000,
      nodeCount: 6,
      round: 1,
      hook: "onItems",
      nodeId: "split"
    })
    expect(view("fetch-users")).not.toHaveProperty("grownBy")
    expect(view("tidy")?.skipped).toEqual({ reason: "disabled" })
    expect(view("report")?.waitsFor).toEqual({ count: 1, first: ["load"] })
    expect(view("load")).not.toHaveProperty("waitsFor")
  })

  it("tells nothing about a node that the run does not have", () => {
    expect(view("nobody")).toBeUndefined()
  })

  it("shows failure handlers, interruptions and recoveries", () => {
    const begin = [
      started(flowOf({ a: { failure: "repair" }, b: [] })),
      owned(),
      nodeStarted("a"),
      nodeStarted("b")
    ]
    const handled = [...begin, nodeFailed("a", 1, { handling: true }), nodeStarted("a", 2, "handler")]
    const ended = [
      ...handled,
      nodeCompleted("a", 2, { recovered: true }),
      { _tag: "RunInterrupted", cause: "cancelled" } as const,
      { _tag: "NodeCancelled", nodeId: "b", reason: "run_cancelled", stopped: "ignored", attempt: 1 } as const
    ]
    const during = Evolve.fold("run", logOf(handled))
    expect(NodeView.ofRun(during, "a", 0)).toMatchObject({ status: "running", handling: true })
    const after = Evolve.fold("run", logOf(ended))
    expect(NodeView.ofRun(after, "a", 0)).toMatchObject({
      status: "completed",
      recovered: true,
      attempts: [{ outcome: "failed" }, { role: "handler", outcome: "succeeded" }]
    })
    expect(NodeView.ofRun(after, "b", 0)).toMatchObject({
      cancelled: { reason: "run_cancelled", stopped: "ignored" },
      attempts: [{ outcome: "interrupted" }]
    })
    expect(RunReport.make(after, 0).totals).toMatchObject({
      recovered: 1,
      interruptedAttempts: 1,
      retries: 0
    })
  })

  it("names at most twenty of the nodes that it waits for, and counts all", () => {
    const many = Array.from({ length: 30 }, (_, index) => `n${index}`)
    const flow = flowOf({ ...Object.fromEntries(many.map((id) => [id, []])), join: many })
    const join = NodeView.ofRun(Evolve.fold("run", logOf([started(flow)])), "join", 0)
    expect(join?.waitsFor).toEqual({ count: 30, first: many.slice(0, 20) })
  })

  it("adds up what was used under names that JavaScript gives a meaning", () => {
    const usage = JSON.parse('{"__proto__": 2, "toString": 3}')
    const log = [started(flowOf({ a: [] })), owned(), nodeStarted("a"), nodeCompleted("a", 1, { usage })]
    const { totals } = RunReport.make(Evolve.fold("run", logOf(log)), 0)
    expect(Object.entries(totals.usage)).toEqual([
      ["__proto__", 2],
      ["toString", 3]
    ])
  })
})

describe("WaitReason", () => {
  const at = startMillis
  const flow = flowOf({ a: [], b: ["a"], c: { branch: "late" } })
  const texts = (...more: Parameters<typeof logOf>[0]) => {
    const state = Evolve.fold("run", logOf([started(flow, { onFailure: "pause" }), ...more]))
    return {
      texts: WaitReason.ofRun(state).map((reason) => WaitReason.describe(reason, at)),
      onlyWaits: WaitReason.onlyWaits(state)
    }
  }

  it("is nothing while the run can go on, and once it has ended", () => {
    expect(texts(owned())).toEqual({ texts: [], onlyWaits: false })
    const ended = [
      { _tag: "RunPaused" } as const,
      { _tag: "RunEnding", result: { _tag: "Cancelled" } } as const,
      { _tag: "RunCancelled" } as const
    ]
    expect(texts(owned(), ...ended)).toEqual({ texts: [], onlyWaits: false })
  })

  it("names a paused run and the failure that paused it", () => {
    expect(texts(owned(), { _tag: "RunPaused", reason: "lunch" })).toEqual({
      texts: ["the run is paused (lunch): resume it, or cancel it"],
      onlyWaits: true
    })
    const failed = [nodeStarted("a"), nodeFailed("a"), { _tag: "RunPaused", nodeId: "a" } as const]
    const once = [`the run is paused after the failure of "a": resume it, or cancel it`]
    expect(texts(owned(), ...failed).texts).toEqual(once)
    // As the engine records it: the failure is not said twice.
    const told = [nodeStarted("a"), nodeFailed("a")]
    const recorded = { _tag: "RunPaused", nodeId: "a", reason: 'node "a" failed' } as const
    expect(texts(owned(), ...told, recorded).texts).toEqual(once)
  })

  it("names paused branches with the number of nodes that they hold back", () => {
    const pauses = [
      { _tag: "BranchPaused", branch: "late" } as const,
      { _tag: "BranchPaused", branch: "a", reason: "wait" } as const
    ]
    expect(texts(owned(), ...pauses)).toEqual({
      texts: [
        `branch "late" is paused and holds 1 node back: resume it, or cancel it`,
        `branch "a" is paused (wait) and holds 2 nodes back: resume it, or cancel it`
      ],
      onlyWaits: true
    })
    expect(texts(owned(), { _tag: "BranchPaused", branch: "late" }).onlyWaits).toBe(false)
  })

  it("counts what is tried again among what a paused branch holds back, and says that its turn is not now", () => {
    const retried = [nodeStarted("a"), nodeFailed("a", 1, { retryAtMillis: startMillis })]
    const pauses = ["late", "a"].map((branch) => ({ _tag: "BranchPaused", branch }) as const)
    expect(texts(owned(), ...retried, ...pauses)).toEqual({
      texts: [
        `branch "late" is paused and holds 1 node back: resume it, or cancel it`,
        `branch "a" is paused and holds 2 nodes back: resume it, or cancel it`,
        `attempt 2 of "a" is due once what is paused goes on`
      ],
      onlyWaits: true
    })
    expect(texts(owned(), ...retried, { _tag: "RunPaused" }).texts.at(-1)).toBe(
      `attempt 2 of "a" is due once what is paused goes on`
    )
    expect(texts(owned(), ...retried).texts).toEqual([`attempt 2 of "a" is due now`])
  })

  it("counts a failure handler that a paused branch holds back", () => {
    const pauses = ["late", "a"].map((branch) => ({ _tag: "BranchPaused", branch }) as const)
    expect(texts(owned(), nodeStarted("a"), ...pauses, nodeFailed("a", 1, { handling: true }))).toEqual({
      texts: [
        `branch "late" is paused and holds 1 node back: resume it, or cancel it`,
        `branch "a" is paused and holds 2 nodes back: resume it, or cancel it`
      ],
      onlyWaits: true
    })
  })

  it("names hooks that owe answers", () => {
    const owed = [
      owned({ gate: ["NodeCompleted"], other: ["NodeCompleted"] }),
      nodeStarted("a"),
      nodeCompleted("a")
    ]
    expect(texts(...owed).texts).toEqual([
      `hook "gate" owes its answer to event 4 about "a"`,
      `hook "other" owes its answer to event 4 about "a"`
    ])
    expect(texts(...owed, answered("gate", 4), answered("other", 4)).texts).toEqual([])
    expect(texts(owned({ gate: ["RunStarted"] })).texts).toEqual([`hook "gate" owes its answer to event 1`])
  })

  it("names retries with the time that is left", () => {
    const retry = (millis: number) =>
      texts(owned(), nodeStarted("a"), nodeFailed("a", 1, { retryAtMillis: at + millis })).texts
    expect(retry(500)).toEqual([`attempt 2 of "a" is due in 500 ms`])
    expect(retry(1500)).toEqual([`attempt 2 of "a" is due in 1.5 s`])
    expect(retry(59_999)).toEqual([`attempt 2 of "a" is due in 1 m`])
    expect(retry(124_000)).toEqual([`attempt 2 of "a" is due in 2 m 4 s`])
    expect(retry(3_600_000)).toEqual([`attempt 2 of "a" is due in 1 h`])
    expect(retry(97_200_000)).toEqual([`attempt 2 of "a" is due in 1 d 3 h`])
    expect(retry(-1)).toEqual([`attempt 2 of "a" is due now`])
  })

  it("does not call waiting what can still start", () => {
    const retrying = [nodeStarted("a"), nodeFailed("a", 1, { retryAtMillis: at + 1 })]
    expect(texts(owned(), ...retrying).onlyWaits).toBe(false)
    const last = [nodeStarted("c"), nodeCompleted("c"), ...retrying]
    expect(texts(owned(), ...last).onlyWaits).toBe(true)
    expect(texts(owned(), ...last.slice(0, 3)).onlyWaits).toBe(false)
  })

  it("does not call waiting what is about to end", () => {
    const all = ["a", "b", "c"].flatMap((id) => [nodeStarted(id), nodeCompleted(id)])
    expect(texts(owned(), ...all)).toEqual({ texts: [], onlyWaits: false })
  })
})
