/**
 * Goal: what an OpenTelemetry collector gets to see of runs. Method: a collector that listens on HTTP, Effect's exporter of
 * OTLP before it, and real time, since durations are what it is about.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { describe, expect, it } from "@effect/vitest"
import { MemoryStoreData } from "@dagflow/store-memory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Otlp from "effect/observability/Otlp"
import { Action, NodeOutput } from "../../src/index.ts"
import { flow, node, subFlow } from "../world/FlowNotation.ts"
import { awaitNode, open } from "../world/TestEngine.ts"

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<Attribute>
  readonly events: ReadonlyArray<{ readonly name: string }>
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>
  readonly status: { readonly code: number }
}

/** A collector: it keeps the spans, and the metrics as text. */
const collector = Effect.acquireRelease(
  Effect.callback<{
    readonly url: string
    readonly spans: Array<OtlpSpan>
    readonly metrics: Array<string>
    close: () => void
  }>((resume) => {
    const spans: Array<OtlpSpan> = []
    const metrics: Array<string> = []
    const server = createServer((request, response) => {
      let body = ""
      request.setEncoding("utf8").on("data", (part: string) => (body += part))
      request.on("end", () => {
        if (request.url === "/v1/metrics") metrics.push(body)
        if (request.url === "/v1/traces") {
          const sent = JSON.parse(body) as {
            readonly resourceSpans: ReadonlyArray<{
              readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<OtlpSpan> }>
            }>
          }
          for (const { scopeSpans } of sent.resourceSpans)
            for (const one of scopeSpans) spans.push(...one.spans)
        }
        response.writeHead(200, { "content-type": "application/json" }).end("{}")
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      const close = () => void server.close()
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, spans, metrics, close }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const exporting = (url: string) =>
  Otlp.layerJson({ baseUrl: url, resource: { serviceName: "test" }, loggerMergeWithExisting: false }).pipe(
    Layer.provide(FetchHttpClient.layer)
  )

const millis = ({ endTimeUnixNano, startTimeUnixNano }: OtlpSpan): number =>
  Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6

/** What the points of all metrics are told apart by: every key, and every value. */
const labelsIn = (
  metrics: ReadonlyArray<string>
): { readonly keys: Set<string>; readonly values: Set<unknown> } => {
  const keys = new Set<string>()
  const values = new Set<unknown>()
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return
    for (const [name, value] of Object.entries(part)) {
      if (name === "resource" || name === "scope") continue
      if (name === "attributes" && Array.isArray(value)) {
        for (const one of value as ReadonlyArray<Attribute>) {
          keys.add(one.key)
          for (const label of Object.values(one.value)) values.add(label)
        }
      } else visit(value)
    }
  }
  for (const text of metrics) visit(JSON.parse(text))
  return { keys, values }
}

const attributesOf = ({ attributes }: OtlpSpan): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

const incoming = `00-${"ab".repeat(16)}-${"cd".repeat(8)}-01`

const work = Action.fn("work", () => Effect.as(Effect.withSpan(Effect.sleep(30), "users.own"), {}))
const flaky = Action.fn("fickle", (_: {}, { attempt }) =>
  attempt === 1 ? Effect.fail("no") : Effect.succeed({})
)
const rest = Action.fn("rest", () => NodeOutput.sleep({ timeout: 40 }, {}))
const ask = Action.fn("question", () => NodeOutput.wait<{ yes: boolean }>())

const spec = flow(
  [
    node("a work"),
    node("b work"),
    node("c fickle", ["a", "b"], {}, { retry: { tries: 2, initialMillis: 20, jitter: 0 } }),
    node("d rest", ["c"]),
    node("e question", ["d"])
  ],
  { maxParallel: 1 }
)

/** Runs the flow until it asks; another engine takes it up and ends it. */
const play = (url: string) =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const actions = [work, flaky, rest, ask]
    const first = yield* open({ data, actions, engine: { spans: true } })
    const run = yield* first.start(spec, { id: "traced", traceparent: incoming })
    yield* awaitNode(run, "NodeWaiting", "e")
    yield* first.close
    const second = yield* open({ data, actions, engine: { spans: true } })
    const resumed = yield* Effect.orDie(second.dagflow.resume("traced"))
    yield* Effect.orDie(resumed.answer("e", { yes: true }))
    yield* Effect.orDie(resumed.outcome)
    yield* second.close
    return data
  }).pipe(
    Effect.scoped,
    Effect.provide(exporting(url)),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )

const inner = flow([node("first work"), node("ask question", ["first"])], {}, { name: "inner" })

/** Runs a flow in the place of a node until it asks; another engine takes both runs up and ends them. */
const playBelow = (url: string) =>
  Effect.gen(function* () {
    const data = new MemoryStoreData()
    const actions = [work, ask]
    const first = yield* open({ data, actions, engine: { spans: true } })
    const run = yield* first.start(flow([subFlow("a", inner)]), { id: "traced" })
    // It settles once its child asks.
    yield* Effect.orDie(run.outcome)
    yield* first.close
    const second = yield* open({ data, actions, engine: { spans: true } })
    const resumed = yield* Effect.orDie(second.dagflow.resume("traced"))
    const child = yield* Effect.orDie(second.dagflow.attach("traced/a/1"))
    yield* Effect.orDie(child.answer("ask", { yes: true }))
    yield* Effect.orDie(resumed.outcome)
    yield* second.close
  }).pipe(
    Effect.scoped,
    Effect.provide(exporting(url)),
    Effect.provideService(Metric.MetricRegistry, new Map())
  )

describe("row 158: what a collector gets over HTTP", () => {
  it.live(
    "the tree of a run, its nodes and their attempts, with the user's own spans and true durations",
    () =>
      Effect.gen(function* () {
        const { metrics, spans, url } = yield* collector
        yield* play(url)
        const named = (name: string, nodeId?: string) =>
          spans.filter(
            (span) =>
              span.name === name && (nodeId === undefined || attributesOf(span)["dagflow.node"] === nodeId)
          )
        const one = (name: string, nodeId?: string): OtlpSpan =>
          named(name, nodeId)[0] ?? expect.fail(`${name} ${nodeId}`)
        const [run, again] = named("dagflow.run")
        // An incoming traceparent is the parent of the run.
        expect(run).toMatchObject({ traceId: "ab".repeat(16), parentSpanId: "cd".repeat(8) })
        // Run, node, attempt, and the user's own span.
        const a = one("dagflow.node", "a")
        const attempt = one("dagflow.attempt", "a")
        expect(a.parentSpanId).toBe(run?.spanId)
        expect(attempt.parentSpanId).toBe(a.spanId)
        expect(named("users.own").map(({ parentSpanId }) => parentSpanId)).toContain(attempt.spanId)
        for (const span of [...named("users.own"), attempt, a])
          expect(millis(span)).toBeGreaterThanOrEqual(29)
        // What "b" waited for its slot is apart from what it worked.
        const b = one("dagflow.node", "b")
        const queued = spans.find(
          ({ name, parentSpanId }) => name === "dagflow.queue" && parentSpanId === b.spanId
        )
        expect(queued && millis(queued)).toBeGreaterThanOrEqual(29)
        expect(millis(b)).toBeGreaterThanOrEqual(58)
        // Retries and waits.
        const c = one("dagflow.node", "c")
        expect(named("dagflow.attempt", "c").map(({ status }) => status.code)).toEqual([2, 1])
        expect(c.events.map(({ name }) => name)).toEqual(["dagflow.retry"])
        const retry = one("dagflow.retry")
        expect([retry.parentSpanId, millis(retry)]).toEqual([c.spanId, 20])
        const d = one("dagflow.node", "d")
        const wait = spans.find(
          ({ name, parentSpanId }) => name === "dagflow.wait" && parentSpanId === d.spanId
        )
        expect(wait && millis(wait)).toBeGreaterThanOrEqual(39)
        expect(wait && attributesOf(wait)).toMatchObject({
          "dagflow.wait": "Timer",
          "dagflow.ended_by": "deadline"
        })
        // A run that goes on in another process is linked to the trace that it began in.
        expect(again?.traceId).not.toBe(run?.traceId)
        expect(again?.links).toMatchObject([{ traceId: run?.traceId, spanId: run?.spanId }])
        const answered = named("dagflow.node", "e").find(({ traceId }) => traceId === again?.traceId)
        expect(answered?.parentSpanId).toBe(again?.spanId)
        // No metric is told apart by run or node.
        const told = metrics.join("\n")
        expect(told).toContain("dagflow_attempts_total")
        for (const label of ["dagflow.run", "dagflow.node", "traced"]) expect(told).not.toContain(label)
        const { keys, values } = labelsIn(metrics)
        expect([...keys].sort()).toEqual(["status"])
        for (const { id } of spec.nodes) expect(values).not.toContain(id)
      }).pipe(Effect.scoped)
  )

  it.live("a child run below the attempt that it is, and a resumed one linked to its first trace", () =>
    Effect.gen(function* () {
      const { metrics, spans, url } = yield* collector
      yield* playBelow(url)
      const runs = (runId: string) =>
        spans.filter((span) => span.name === "dagflow.run" && attributesOf(span)["dagflow.run"] === runId)
      const parts = (name: string, nodeId: string) =>
        spans.filter((span) => span.name === name && attributesOf(span)["dagflow.node"] === nodeId)
      const [parent, parentAgain] = runs("traced")
      const [child, childAgain] = runs("traced/a/1")
      const [a] = parts("dagflow.node", "a")
      const [attempt] = parts("dagflow.attempt", "a")
      // Run, node, attempt, child run, and what is in that.
      expect(a?.parentSpanId).toBe(parent?.spanId)
      expect(attempt?.parentSpanId).toBe(a?.spanId)
      expect(attempt && attributesOf(attempt)).toMatchObject({
        "dagflow.action": "inner",
        "dagflow.attempt": 1,
        "dagflow.child": "traced/a/1"
      })
      expect(child).toMatchObject({ parentSpanId: attempt?.spanId, traceId: parent?.traceId })
      expect(parts("dagflow.node", "first")[0]?.parentSpanId).toBe(child?.spanId)
      expect(attempt && millis(attempt)).toBeGreaterThanOrEqual(29)
      // In another process both are other traces, each of which names the one that it began in.
      expect(childAgain?.traceId).not.toBe(child?.traceId)
      expect(childAgain?.links).toMatchObject([{ traceId: child?.traceId, spanId: child?.spanId }])
      expect(parentAgain?.links).toMatchObject([{ traceId: parent?.traceId, spanId: parent?.spanId }])
      const [, answered] = parts("dagflow.attempt", "a")
      expect(answered).toMatchObject({ traceId: parentAgain?.traceId, status: { code: 1 } })
      const told = metrics.join("\n")
      expect(told).toContain("dagflow_attempts_total")
      for (const label of ["dagflow.run", "dagflow.node", "dagflow.child", "traced"]) {
        expect(told).not.toContain(label)
      }
    }).pipe(Effect.scoped)
  )

  it.live("nothing of a run whose engine asks for no spans, and the action's spans as they are", () =>
    Effect.gen(function* () {
      const { spans, url } = yield* collector
      yield* Effect.gen(function* () {
        const engine = yield* open({ actions: [work] })
        yield* engine.runToEnd(flow([node("a work")]))
      }).pipe(Effect.scoped, Effect.provide(exporting(url)))
      expect(spans.map(({ name }) => name)).toEqual(["users.own"])
    }).pipe(Effect.scoped)
  )
})
