/**
 * Counts what happens in runs, through Effect's own metrics and tracer.
 *
 * The hot path only adds to plain numbers; they reach the metrics at most once a second and when a run ends. No metric
 * carries the id of a run or a node, since each of their values would become a time series of its own.
 */
import type { Envelope, NodeState, Wait } from "@dagflow/protocol"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Tracer from "effect/Tracer"
import type { RunTracing } from "./runTracing.ts"

const events = Metric.counter("dagflow_events_total", {
  description: "Events recorded",
  incremental: true
})
const attempts = Metric.counter("dagflow_attempts_total", {
  description: "Attempts started",
  incremental: true
})
const nodes = Metric.counter("dagflow_nodes_total", {
  description: "Nodes that ended, by how they did",
  incremental: true
})
const runs = Metric.counter("dagflow_runs_total", {
  description: "Runs that ended, by how they did",
  incremental: true
})
const durations = Metric.histogram("dagflow_attempt_duration_ms", {
  description: "Time from the start of an attempt to its end, in milliseconds",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 4, count: 10 })
})

const retries = Metric.counter("dagflow_retries_total", {
  description: "Failed attempts that are tried again",
  incremental: true
})

/** The counter of each number that is kept. */
const counters = {
  events,
  attempts,
  retries,
  NodeCompleted: Metric.withAttributes(nodes, { status: "completed" }),
  NodeFailed: Metric.withAttributes(nodes, { status: "failed" }),
  NodeSkipped: Metric.withAttributes(nodes, { status: "skipped" }),
  NodeCancelled: Metric.withAttributes(nodes, { status: "cancelled" }),
  RunCompleted: Metric.withAttributes(runs, { status: "completed" }),
  RunFailed: Metric.withAttributes(runs, { status: "failed" }),
  RunCancelled: Metric.withAttributes(runs, { status: "cancelled" })
}

type Counts = { [K in keyof typeof counters]: number }

const names = Object.keys(counters) as ReadonlyArray<keyof Counts>

const zeros = (): Counts => ({
  events: 0,
  attempts: 0,
  retries: 0,
  NodeCompleted: 0,
  NodeFailed: 0,
  NodeSkipped: 0,
  NodeCancelled: 0,
  RunCompleted: 0,
  RunFailed: 0,
  RunCancelled: 0
})

const flushMillis = 1000

/** Counts what happens in one run. */
export class Telemetry {
  readonly #tracing: RunTracing | undefined
  #counts = zeros()
  #durations: Array<number> = []
  #flushedAtMillis = 0

  constructor(tracing: RunTracing | undefined) {
    this.#tracing = tracing
  }

  /** The span of the run as others may refer to it, when spans are asked for. */
  get traceparent(): string | undefined {
    return this.#tracing?.traceparent
  }

  /** The span that the child run of a node is below, when spans are asked for. */
  spanOfChild(node: NodeState.NodeState): Tracer.AnySpan | undefined {
    return this.#tracing?.spanOfChild(node)
  }

  /** Whether attempts become spans. */
  get isTracing(): boolean {
    return this.#tracing !== undefined
  }

  /** Takes note of events that have become durable. */
  count(envelopes: ReadonlyArray<Envelope.Envelope>): void {
    const counts = this.#counts
    counts.events += envelopes.length
    if (this.#tracing !== undefined) this.#tracing.see(envelopes)
    for (const { event } of envelopes) {
      switch (event._tag) {
        case "NodeStarted":
        case "SubFlowStarted":
          counts.attempts++
          break
        case "NodeFailed":
          if (event.retryAtMillis !== undefined) counts.retries++
          else if (event.handling !== true) counts.NodeFailed++
          break
        case "NodeCompleted":
        case "NodeSkipped":
        case "NodeCancelled":
        case "RunCompleted":
        case "RunFailed":
        case "RunCancelled":
          counts[event._tag]++
          break
        default:
      }
    }
  }

  /** Takes note of how long an attempt took. Of one that waited that was known when its wait opened. */
  measure(
    node: NodeState.NodeState | undefined,
    event: { readonly attempt: number; readonly waitEnd?: Wait.WaitEnd }
  ): void {
    if (event.waitEnd !== undefined) return
    const attempt = node?.attempts[event.attempt - 1]
    if (attempt?.endedAtMillis === undefined) return
    this.#durations.push(attempt.endedAtMillis - attempt.startedAtMillis)
  }

  /** Whether it is time to hand the numbers over. */
  isDue(nowMillis: number): boolean {
    return nowMillis - this.#flushedAtMillis >= flushMillis
  }

  /** Hands the numbers over to the metrics. */
  flush(nowMillis: number): Effect.Effect<void> {
    this.#flushedAtMillis = nowMillis
    const counts = this.#counts
    const taken = this.#durations
    this.#counts = zeros()
    this.#durations = []
    // As one step: an update that is an Effect of its own costs more than the attempt that it measures.
    return Effect.contextWith((context: Context.Context<never>) =>
      Effect.sync(() => {
        for (const name of names) if (counts[name] > 0) counters[name].updateUnsafe(counts[name], context)
        for (const millis of taken) durations.updateUnsafe(millis, context)
      })
    )
  }

  /** Ends the spans of the run once it is over here, when spans are asked for. */
  aroundRun(run: Effect.Effect<void>): Effect.Effect<void> {
    const tracing = this.#tracing
    return tracing === undefined
      ? run
      : Effect.ensuring(
          run,
          Effect.sync(() => tracing.end())
        )
  }

  /** Makes an attempt a span below that of its node, when spans are asked for. */
  aroundAttempt(
    effect: Effect.Effect<unknown, unknown>,
    node: NodeState.NodeState
  ): Effect.Effect<unknown, unknown> {
    if (this.#tracing === undefined) return effect
    return Effect.withSpan(effect, "dagflow.attempt", {
      captureStackTrace: false,
      parent: this.#tracing.spanOf(node),
      attributes: {
        "dagflow.node": node.spec.id,
        "dagflow.action": node.handling ? (node.spec.failure ?? "") : node.spec.action,
        "dagflow.attempt": node.attempt
      }
    })
  }
}
