/**
 * The spans of one run: the run, below it each node that starts, and below that what the node's time went to, which is its
 * queue time, its attempts, the time before a retry, and its waits. The times are those of the log, so that what lay between
 * two processes is there too.
 */
import type { Envelope, Event, NodeState, RunState } from "@dagflow/protocol"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { readTraceparent, writeTraceparent } from "./traceContext.ts"

type Node = NodeState.NodeState
type Attributes = Readonly<Record<string, string | number | boolean>>

/** What the spans of a run are made with. */
export interface RunTracingOptions {
  readonly state: RunState.RunState
  readonly runId: string
  readonly flow: string
  readonly context: Context.Context<never>
  /** The span that the run was started or taken up in. */
  readonly parent: Tracer.AnySpan | undefined
}

const nanos = (millis: number): bigint => BigInt(Math.round(millis)) * 1_000_000n

/** When nothing but slots and budgets kept a node from starting: its dependencies had ended, or it was there. */
const readyAtMillis = (state: RunState.RunState, node: Node): number => {
  const addedAt = state.growth.get(node.addedBySequence)?.atMillis ?? state.startedAtMillis
  return node.dependencies.reduce(
    (latest, { endedAtMillis = 0 }) => Math.max(latest, endedAtMillis),
    Math.max(addedAt, state.fork?.atMillis ?? 0)
  )
}

/** The spans of one run. */
export class RunTracing {
  readonly #state: RunState.RunState
  readonly #tracer: Tracer.Tracer
  readonly #clock: Clock.Clock
  readonly #run: Tracer.Span
  readonly #nodes = new Map<Node, Tracer.Span>()
  /** Attempts that go on as child runs. Those of actions are spans of whoever carries them out. */
  readonly #children = new Map<Node, Tracer.Span>()

  constructor({ context, flow, parent, runId, state }: RunTracingOptions) {
    this.#state = state
    this.#tracer = Context.get(context, Tracer.Tracer)
    this.#clock = Context.get(context, Clock.Clock)
    const first = readTraceparent(state.traceparent)
    this.#run = this.#open("dagflow.run", parent, this.#clock.currentTimeNanosUnsafe(), {
      "dagflow.run": runId,
      "dagflow.flow": flow
    })
    // A run that goes on in another process is another trace, which names the one that it began in.
    if (first !== undefined)
      this.#run.addLinks([{ span: first, attributes: { "dagflow.link": "first trace" } }])
  }

  /** The run's span, for the log and for other processes. */
  get traceparent(): string {
    return writeTraceparent(this.#run)
  }

  /** The span that the attempts of a node are below. */
  spanOf(node: Node): Tracer.Span {
    return this.#nodes.get(node) ?? this.#run
  }

  /** The span that the child run of a node is below: that of its attempt. */
  spanOfChild(node: Node): Tracer.Span {
    return this.#children.get(node) ?? this.spanOf(node)
  }

  /** Takes note of events that have become durable. */
  see(envelopes: ReadonlyArray<Envelope.Envelope>): void {
    for (const { at, event } of envelopes) {
      const node = "nodeId" in event ? this.#state.byId.get(event.nodeId ?? "") : undefined
      if (node === undefined) continue
      if (event._tag === "NodeStarted" || event._tag === "SubFlowStarted") this.#starts(node, event, at)
      if (event._tag === "SubFlowStarted") this.#childSpan(node, event.attempt, at)
      if (event._tag === "NodeFailed") this.#fails(node, event, at)
      else if (event._tag === "NodeCompleted") this.#ends(node, event.attempt, at, Exit.void)
      else if (event._tag === "NodeCancelled") this.#ends(node, event.attempt, at, Exit.void)
    }
  }

  /** Ends all that is open: the run has ended, or this process has given it up. */
  end(): void {
    const { result, status } = this.#state
    const at = this.#clock.currentTimeNanosUnsafe()
    for (const span of [...this.#children.values(), ...this.#nodes.values()]) span.end(at, Exit.void)
    this.#children.clear()
    this.#nodes.clear()
    this.#run.attribute("dagflow.status", status)
    const isFailed = status === "failed" && result?._tag === "Failed"
    this.#run.end(at, isFailed ? Exit.fail<unknown>(new Error(result.failure._tag)) : Exit.void)
  }

  #starts(node: Node, { attempt: number }: { readonly attempt: number }, at: number): void {
    const last = node.attempts[number - 2]
    const retryAt = last?.endedAtMillis === undefined ? undefined : this.#retryAt.get(node)
    const readyAt = retryAt ?? last?.endedAtMillis ?? readyAtMillis(this.#state, node)
    const span = this.#nodeSpan(node, last?.endedAtMillis ?? readyAt)
    if (retryAt !== undefined) this.#part("dagflow.retry", span, last?.endedAtMillis ?? readyAt, retryAt)
    this.#retryAt.delete(node)
    if (at > readyAt) this.#part("dagflow.queue", span, readyAt, at)
  }

  /** When the next attempt of a node is due. By the time that it starts, the state has forgotten. */
  readonly #retryAt = new Map<Node, number>()

  #fails(node: Node, event: Event.EventOf<"NodeFailed">, at: number): void {
    const { error, handling, retryAtMillis } = event
    const exit = Exit.fail<unknown>(new Error(`${error.tag}: ${error.message}`))
    if (retryAtMillis === undefined && handling !== true) return this.#ends(node, event.attempt, at, exit)
    this.#childEnds(node, event.attempt, exit)
    this.#waited(node, event.attempt, this.#nodeSpan(node, at))
    if (retryAtMillis === undefined) return
    this.#retryAt.set(node, retryAtMillis)
    this.#nodeSpan(node, at).event("dagflow.retry", nanos(at), {
      "dagflow.attempt": event.attempt,
      "dagflow.error": error.tag,
      "dagflow.delay_ms": Math.max(0, retryAtMillis - at)
    })
  }

  #ends(node: Node, number: number | undefined, at: number, exit: Exit.Exit<void, unknown>): void {
    const attempt = number === undefined ? undefined : node.attempts[number - 1]
    // What was cancelled before it started, or was copied from another run, took no time here.
    if (attempt === undefined && !this.#nodes.has(node)) return
    const span = this.#nodeSpan(node, attempt?.startedAtMillis ?? at)
    this.#waited(node, number, span)
    this.#childEnds(node, number, exit)
    span.attribute("dagflow.status", node.status)
    span.end(this.#clock.currentTimeNanosUnsafe(), exit)
    this.#nodes.delete(node)
    this.#retryAt.delete(node)
  }

  /** Shows the wait that an attempt ended in, once it is over. */
  #waited(node: Node, number: number | undefined, span: Tracer.Span): void {
    const wait = number === undefined ? undefined : node.attempts[number - 1]?.wait
    if (wait?.endedAtMillis === undefined) return
    this.#part("dagflow.wait", span, wait.sinceMillis, wait.endedAtMillis, {
      "dagflow.wait": wait.opened.wait._tag,
      "dagflow.ended_by": wait.end ?? "cancellation"
    })
  }

  #nodeSpan(node: Node, sinceMillis: number): Tracer.Span {
    const known = this.#nodes.get(node)
    if (known !== undefined) return known
    const span = this.#open("dagflow.node", this.#run, nanos(sinceMillis), {
      "dagflow.node": node.spec.id,
      "dagflow.action": node.spec.action
    })
    this.#nodes.set(node, span)
    return span
  }

  #childSpan(node: Node, number: number, sinceMillis: number): Tracer.Span {
    const known = this.#children.get(node)
    if (known !== undefined) return known
    const span = this.#open("dagflow.attempt", this.#nodeSpan(node, sinceMillis), nanos(sinceMillis), {
      "dagflow.node": node.spec.id,
      "dagflow.action": node.spec.action,
      "dagflow.attempt": number,
      "dagflow.child": node.attempts[number - 1]?.childRunId ?? ""
    })
    this.#children.set(node, span)
    return span
  }

  /** Ends the span of an attempt that went on as a child run, perhaps since before this process had the run. */
  #childEnds(node: Node, number: number | undefined, exit: Exit.Exit<void, unknown>): void {
    const attempt = number === undefined ? undefined : node.attempts[number - 1]
    if (attempt?.childRunId === undefined) return
    const span = this.#childSpan(node, attempt.number, attempt.startedAtMillis)
    span.end(this.#clock.currentTimeNanosUnsafe(), exit)
    this.#children.delete(node)
  }

  #part(name: string, parent: Tracer.Span, from: number, to: number, attributes: Attributes = {}): void {
    this.#open(name, parent, nanos(from), attributes).end(nanos(Math.max(from, to)), Exit.void)
  }

  #open(
    name: string,
    parent: Tracer.AnySpan | undefined,
    startTime: bigint,
    attributes: Attributes
  ): Tracer.Span {
    const span = this.#tracer.span({
      name,
      parent: Option.fromNullishOr(parent),
      annotations: Context.empty(),
      links: [],
      startTime,
      kind: "internal",
      root: parent === undefined,
      sampled: parent?.sampled ?? true
    })
    for (const [key, value] of Object.entries(attributes)) span.attribute(key, value)
    return span
  }
}
