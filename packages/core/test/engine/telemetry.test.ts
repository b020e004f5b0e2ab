import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import * as TestClock from "effect/testing/TestClock"
import * as Tracer from "effect/Tracer"
import * as Action from "../../src/action/Action.ts"
import * as Hook from "../../src/hook/Hook.ts"
import { flow, node } from "../world/FlowNotation.ts"
import * as TestEngine from "../world/TestEngine.ts"

const spec = flow(
  [
    node("a sleep", [], { millis: 100 }),
    node("b flaky", ["a"], { failures: 1 }, { retry: { tries: 2, jitter: 0 } }),
    node("c fail", ["a"]),
    node("d ok", ["c"])
  ],
  { onFailure: "continue" }
)

const play = (engine: TestEngine.TestEngine) =>
  Effect.gen(function* () {
    const run = yield* engine.start(spec)
    yield* TestEngine.awaitNode(run, "NodeStarted", "a")
    yield* TestClock.adjust("10 seconds")
    return yield* run.outcome
  })

interface Snapshot {
  readonly id: string
  readonly attributes: Readonly<Record<string, string>> | undefined
  readonly state: {
    readonly count: number
    readonly min?: number
    readonly max?: number
    readonly sum?: number
  }
}

describe("row 152: what is measured", () => {
  it.effect(
    "metrics count events, attempts, ends, retries and durations, without the ids of runs and nodes",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        yield* play(engine)
        const snapshots = (yield* Metric.snapshot) as unknown as ReadonlyArray<Snapshot>
        const value = (id: string, status?: string) =>
          snapshots.find(
            (one) => one.id === id && (status === undefined || one.attributes?.["status"] === status)
          )?.state
        expect(Number(value("dagflow_events_total")?.count)).toBe(engine.log("run").length - 2)
        expect(Number(value("dagflow_attempts_total")?.count)).toBe(4)
        expect(Number(value("dagflow_retries_total")?.count)).toBe(1)
        expect(Number(value("dagflow_nodes_total", "completed")?.count)).toBe(2)
        expect(Number(value("dagflow_nodes_total", "failed")?.count)).toBe(1)
        expect(Number(value("dagflow_nodes_total", "skipped")?.count)).toBe(1)
        expect(Number(value("dagflow_runs_total", "failed")?.count)).toBe(1)
        expect(value("dagflow_attempt_duration_ms")).toMatchObject({ count: 4, sum: 100, max: 100 })
        expect(JSON.stringify(snapshots.map((one) => one.attributes))).not.toContain("run")
      }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect(
    "the report has averages, the slowest node, the peak and the critical path, from the run's clock",
    () =>
      Effect.gen(function* () {
        const engine = yield* TestEngine.open()
        const report = yield* play(engine)
        expect(report.metrics).toMatchObject({
          // Three nodes have had attempts, of which one took time.
          averageMillis: 100 / 3,
          parallelAverage: 100 / report.elapsedMillis,
          slowest: { nodeId: "a", durationMillis: 100 },
          parallelPeak: 2,
          criticalPath: { nodeIds: ["a", "b"], durationMillis: 100 }
        })
        expect(report.totals).toMatchObject({ attempts: 4, retries: 1, failedAttempts: 2, workMillis: 100 })
      })
  )
})

/** Keeps every span that ends. */
const recordingTracer = () => {
  const ended: Array<{ readonly name: string; readonly span: Tracer.NativeSpan }> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      const end = span.end.bind(span)
      span.end = (endTime, exit) => {
        ended.push({ name: span.name, span })
        end(endTime, exit)
      }
      return span
    }
  })
  return { ended, tracer }
}

describe("row 158: spans, when they are asked for", () => {
  it.effect("a run and its attempts are spans, whatever the action is made of, with real durations", () => {
    const { ended, tracer } = recordingTracer()
    const inner = Action.fn("inner", () => Effect.withSpan(Effect.succeed({}), "users.own"))
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open({ engine: { spans: true }, actions: [inner] })
      const run = yield* engine.start(
        flow(
          [
            node("a sleep", [], { millis: 100 }),
            node("b ok", ["a"]),
            node("c promise", ["a"]),
            node("d inner", ["a"]),
            node("e fail", ["d"])
          ],
          { onFailure: "continue" }
        )
      )
      yield* TestEngine.awaitNode(run, "NodeStarted", "a")
      yield* TestClock.adjust("100 millis")
      yield* run.outcome
      yield* engine.close
      const attempts = ended.filter(({ name }) => name === "dagflow.attempt").map(({ span }) => span)
      expect(new Set(attempts.map((span) => span.attributes.get("dagflow.node")))).toEqual(
        new Set(["a", "b", "c", "d", "e"])
      )
      const first = attempts.find((span) => span.attributes.get("dagflow.node") === "a")
      const { status } = first ?? expect.fail("there is no span")
      expect(status._tag === "Ended" ? Number(status.endTime - status.startTime) / 1e6 : 0).toBe(100)
      const whole = ended.find(({ name }) => name === "dagflow.run")?.span
      expect(whole?.attributes.get("dagflow.run")).toBe("run")
      for (const span of attempts) {
        const above = ended.find(
          (one) =>
            one.name === "dagflow.node" &&
            one.span.attributes.get("dagflow.node") === span.attributes.get("dagflow.node")
        )?.span
        expect(above?.parent).toMatchObject({ value: { spanId: whole?.spanId } })
        expect(span.parent).toMatchObject({ value: { spanId: above?.spanId } })
      }
      const own = ended.find(({ name }) => name === "users.own")?.span
      const ofD = attempts.find((span) => span.attributes.get("dagflow.node") === "d")
      expect(own?.parent).toMatchObject({ value: { spanId: ofD?.spanId } })
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("there are none by default", () => {
    const { ended, tracer } = recordingTracer()
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      yield* engine.runToEnd(flow([node("a later")]))
      expect(ended.filter(({ name }) => name.startsWith("dagflow"))).toEqual([])
    }).pipe(Effect.provideService(Tracer.Tracer, tracer))
  })
})

describe("log lines", () => {
  it.effect("those of actions and hooks name their run, node, attempt or hook", () => {
    const lines: Array<readonly [unknown, Readonly<Record<string, unknown>>]> = []
    const collect = Logger.make<unknown, void>(({ fiber, message }) => {
      lines.push([
        Array.isArray(message) ? message[0] : message,
        fiber.getRef(References.CurrentLogAnnotations)
      ])
    })
    const noisy = Action.fn("noisy", (_: {}, { log }) => {
      log("by the context")
      return Effect.as(Effect.logInfo("by Effect"), {})
    })
    const hook = Hook.make({ name: "h", onStart: (about) => Effect.sync(() => about.log("by the hook")) })
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open({ actions: [noisy], hooks: [hook] })
      yield* engine.runToEnd(flow([node("a noisy")]))
      expect(lines).toContainEqual(["by the context", { run: "run", node: "a", attempt: 1 }])
      expect(lines).toContainEqual(["by Effect", { run: "run", node: "a", attempt: 1 }])
      expect(lines).toContainEqual(["by the hook", { run: "run", hook: "h" }])
    }).pipe(Effect.provide(Logger.layer([collect])))
  })

  it.effect("a run that goes well logs nothing of its own, also when its engine closes", () => {
    const lines: Array<unknown> = []
    const collect = Logger.make<unknown, void>(({ message }) => void lines.push(message))
    return Effect.gen(function* () {
      const engine = yield* TestEngine.open()
      yield* engine.runToEnd(flow([node("a ok"), node("b fail")]))
      const held = yield* engine.start(flow([node("a hold")]), { id: "held" })
      yield* TestEngine.awaitNode(held, "NodeStarted", "a")
      yield* engine.close
      expect(lines).toEqual([])
    }).pipe(Effect.provide(Logger.layer([collect])))
  })
})
