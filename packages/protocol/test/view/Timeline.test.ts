import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { Evolve, Timeline } from "../../src/index.ts"
import {
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

/** Segments in seconds from the start of the run. */
const rows = (timeline: Timeline.Timeline) =>
  Object.fromEntries(
    timeline.rows.map(({ nodeId, segments }) => [
      nodeId,
      segments.map(({ fromMillis, kind, outcome, toMillis }) => {
        const seconds = (millis: number) => (millis - timeline.fromMillis) / 1000
        return `${kind}${outcome === undefined ? "" : ` ${outcome}`} ${seconds(fromMillis)}-${seconds(toMillis)}`
      })
    ])
  )

describe("Timeline", () => {
  it("shows each attempt as a bar of its own, with the waits before and between", () => {
    expect(rows(Timeline.make(sampleRun(), sampleNow))).toMatchObject({
      "fetch-users": ["queued 0-2", "attempt succeeded 2-4"],
      "fetch-orders": ["queued 0-3", "attempt failed 3-7", "waiting 7-8", "attempt succeeded 8-10"],
      clean: ["queued 4-9", "attempt failed 9-13"],
      split: ["queued 10-12", "attempt succeeded 12-16"],
      tidy: [],
      report: [],
      load: ["queued 16-30"],
      chunk_1: ["queued 17-19", "attempt succeeded 19-22"],
      chunk_2: ["queued 17-20", "attempt failed 20-23", "waiting 23-30"],
      chunk_3: ["queued 17-30"],
      extra: ["queued 17-21", "attempt running 21-30"]
    })
  })

  it("stops at the end of the run", () => {
    const log = [
      started(flowOf({ a: [], b: ["a"] })),
      owned(),
      nodeStarted("a"),
      nodeFailed("a"),
      { _tag: "RunInterrupted", cause: "halted" } as const,
      { _tag: "NodeCancelled", nodeId: "b", reason: "halted", stopped: "pending" } as const,
      { _tag: "RunEnding", result: { _tag: "Cancelled" } } as const,
      { _tag: "RunCancelled" } as const
    ]
    const timeline = Timeline.make(Evolve.fold("run", logOf(log)), startMillis + 9e9)
    expect(timeline.toMillis - timeline.fromMillis).toBe(7000)
    expect(rows(timeline)).toEqual({ a: ["queued 0-2", "attempt failed 2-3"], b: [] })
  })

  it("names the long spans in which nothing ran", () => {
    const log = logOf([
      started(flowOf({ a: [], b: [] })),
      owned(),
      nodeStarted("a"),
      nodeCompleted("a"),
      nodeStarted("b")
    ])
    const late = log.map((one, index) => (index === 4 ? { ...one, at: startMillis + 7_200_000 } : one))
    const state = () => Evolve.fold("run", late)
    const now = startMillis + 7_300_000
    expect(Timeline.make(state(), now).idle).toEqual([
      { fromMillis: startMillis + 3000, toMillis: startMillis + 7_200_000 }
    ])
    expect(Timeline.make(state(), now, 2000).idle).toHaveLength(2)
    expect(Timeline.make(state(), now, 8_000_000).idle).toEqual([])
  })

  it("has segments that follow one another and lie inside the run, and is JSON", () => {
    for (let seed = 0; seed < 60; seed++) {
      const state = Evolve.fold(`run-${seed}`, randomLog(seed))
      const timeline = Timeline.make(state, 1e6)
      for (const { segments } of timeline.rows) {
        segments.forEach((segment, index) => {
          expect(segment.toMillis).toBeGreaterThanOrEqual(segment.fromMillis)
          expect(segment.fromMillis).toBeGreaterThanOrEqual(
            segments[index - 1]?.toMillis ?? timeline.fromMillis
          )
          expect(segment.toMillis).toBeLessThanOrEqual(timeline.toMillis)
        })
      }
      const bars = timeline.rows
        .flatMap((row) => row.segments)
        .filter((segment) => segment.kind === "attempt")
      expect(bars).toHaveLength(state.nodes.reduce((sum, node) => sum + node.attempts.length, 0))
      const text = JSON.stringify(Schema.encodeSync(Timeline.Timeline)(timeline))
      expect(Schema.decodeUnknownSync(Timeline.Timeline)(JSON.parse(text))).toEqual(timeline)
    }
  })

  it("shows the steps of a run that goes in steps, to now where one goes on, and none of another run", () => {
    const flow = flowOf({ a: [], b: ["a"] })
    const log = logOf([
      started(flow, { strategy: "superstep" }),
      owned(),
      { _tag: "StepStarted", step: 1, frontier: ["a"] },
      nodeStarted("a"),
      nodeCompleted("a"),
      { _tag: "StepCompleted", step: 1, ran: ["a"], skipped: [] },
      { _tag: "StepStarted", step: 2, frontier: ["b"] },
      nodeStarted("b")
    ])
    const state = Evolve.fold("run", log)
    const now = startMillis + 60_000
    const at = (sequence: number) => log[sequence - 1]?.at
    expect(Timeline.make(state, now).steps).toEqual([
      { step: 1, fromMillis: at(3), toMillis: at(6) },
      { step: 2, fromMillis: at(7), toMillis: now }
    ])
    expect(Timeline.make(Evolve.fold("run", logOf([started(flow), owned()])), now)).not.toHaveProperty(
      "steps"
    )
  })

  it("tells items of a list apart, so that a picture can fold them", () => {
    const flow = {
      name: "flow",
      nodes: [{ id: "a", action: "work", forEach: { items: { value: [1, 2] } } }]
    }
    const expanded = { _tag: "NodeExpanded", nodeId: "a", attempt: 1, count: 2 } as const
    const state = Evolve.fold("run", logOf([started(flow), owned(), expanded]))
    expect(Timeline.make(state, startMillis).rows.map(({ itemOf, nodeId }) => [nodeId, itemOf])).toEqual([
      ["a", undefined],
      ["a[0]", "a"],
      ["a[1]", "a"]
    ])
  })
})
