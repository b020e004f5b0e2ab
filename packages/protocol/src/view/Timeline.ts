/**
 * When each node waited and worked: one row per node, one bar per attempt, so that retries are seen and not smeared into
 * one long bar.
 */
import * as Schema from "effect/Schema"
import type { NodeState } from "../state/NodeState.ts"
import * as RunStatus from "../state/RunStatus.ts"
import type { RunState } from "../state/RunState.ts"
import { isDue as waitsForNone } from "../state/VisitState.ts"
import { AttemptOutcome, attempt as viewAttempt, NodeStatus } from "./NodeView.ts"
import { WaitKind } from "./WaitView.ts"

/**
 * A stretch of a node's time.
 *
 * - `queued`: its last dependency had ended, and it had not started yet. `attempt`: an attempt went on.
 * - `waiting`: an attempt had failed and the next one had not started yet, or the node waited for an answer or a time;
 *   then `wait` says for which.
 */
export const Segment = Schema.Struct({
  kind: Schema.Literals(["queued", "attempt", "waiting"]),
  fromMillis: Schema.Finite,
  toMillis: Schema.Finite,
  attempt: Schema.optionalKey(Schema.Int),
  role: Schema.optionalKey(Schema.Literals(["action", "handler"])),
  outcome: Schema.optionalKey(AttemptOutcome),
  wait: Schema.optionalKey(WaitKind),
  /** The child run that the attempt goes on as, or went on as. */
  childRunId: Schema.optionalKey(Schema.String)
})
/** A stretch of a node's time. */
export type Segment = typeof Segment.Type

/** The time of one node. */
export const Row = Schema.Struct({
  nodeId: Schema.String,
  /** The node with a list whose item it is, so that a picture can fold the items of one. */
  itemOf: Schema.optionalKey(Schema.String),
  status: NodeStatus,
  /** In the order of time; empty for a node whose turn has not come. */
  segments: Schema.Array(Segment)
})
/** The time of one node. */
export type Row = typeof Row.Type

/** A span in which no attempt went on. */
export const Span = Schema.Struct({ fromMillis: Schema.Finite, toMillis: Schema.Finite })
/** A span in which no attempt went on. */
export type Span = typeof Span.Type

/** The span of a step, from when its nodes could start to the merge at its end. */
export const StepSpan = Schema.Struct({ step: Schema.Int, ...Span.fields })
/** The span of a step. */
export type StepSpan = typeof StepSpan.Type

/** The time of a run. */
export const Timeline = Schema.Struct({
  fromMillis: Schema.Finite,
  toMillis: Schema.Finite,
  /** One row per node, in plan order; items of lists have rows of their own. */
  rows: Schema.Array(Row),
  /** Long spans in which nothing ran, which a picture may leave out. */
  idle: Schema.Array(Span),
  /** The steps of a run that goes in steps, in their order; the last one may go on. */
  steps: Schema.optionalKey(Schema.Array(StepSpan))
})
/** The time of a run. */
export type Timeline = typeof Timeline.Type

/** Shortest span without an attempt that counts as idle, unless another one is asked for: a minute. */
export const idleMinMillis = 60_000

/** The timeline of a run up to a moment, given in milliseconds since 1970. */
export const make = (state: RunState, nowMillis: number, idleMin: number = idleMinMillis): Timeline => {
  const toMillis = Math.max(state.startedAtMillis, state.endedAtMillis ?? nowMillis)
  const rows = state.nodes.map((node) => ({
    nodeId: node.spec.id,
    ...(node.list !== undefined && { itemOf: node.list.spec.id }),
    status: node.status,
    segments: segments(state, node, toMillis)
  }))
  const fromMillis = state.startedAtMillis
  // A node with a list goes on also while all its items wait.
  const workers = rows.filter((_, index) => state.nodes[index]?.items === undefined)
  const idle = idleSpans(workers, fromMillis, toMillis, idleMin)
  const { step } = state
  if (step === undefined) return { fromMillis, toMillis, rows, idle }
  const steps = step.records.map(({ completedAtMillis, started, startedAtMillis }) => ({
    step: started.step,
    fromMillis: startedAtMillis,
    toMillis: completedAtMillis ?? toMillis
  }))
  return { fromMillis, toMillis, rows, idle, steps }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** When nothing but a free slot was missing for a node to start. */
const readyAt = (state: RunState, node: NodeState): number => {
  const addedAt = state.growth.get(node.addedBySequence)?.atMillis ?? state.startedAtMillis
  return node.dependencies.reduce((last, { endedAtMillis }) => Math.max(last, endedAtMillis ?? last), addedAt)
}

const segments = (state: RunState, node: NodeState, untilMillis: number): ReadonlyArray<Segment> => {
  const found: Array<Segment> = []
  const add = (segment: Segment) => {
    if (segment.kind === "attempt" || segment.toMillis > segment.fromMillis) found.push(segment)
  }
  const isOpen = !RunStatus.isEnded(state.status)
  const [first] = node.attempts
  const isDue = isOpen && node.status === "pending" && waitsForNone(node)
  if (first !== undefined || isDue) {
    add({ kind: "queued", fromMillis: readyAt(state, node), toMillis: first?.startedAtMillis ?? untilMillis })
  }
  node.attempts.forEach((attempt, index) => {
    const view = viewAttempt(node, attempt, untilMillis)
    const { durationMillis, number, outcome, role, startedAtMillis, wait } = view
    const codeEndMillis = startedAtMillis + durationMillis
    const endMillis = wait === undefined ? codeEndMillis : (wait.endedAtMillis ?? untilMillis)
    const next = node.attempts[index + 1]?.startedAtMillis
    add({
      kind: "attempt",
      fromMillis: startedAtMillis,
      toMillis: codeEndMillis,
      attempt: number,
      role,
      outcome,
      ...(attempt.childRunId !== undefined && { childRunId: attempt.childRunId })
    })
    if (wait !== undefined) {
      add({
        kind: "waiting",
        fromMillis: codeEndMillis,
        toMillis: endMillis,
        attempt: number,
        wait: wait.kind
      })
    }
    const goesOn =
      isOpen && outcome !== "running" && outcome !== "waiting" && node.endedAtMillis === undefined
    const until = next ?? (goesOn ? untilMillis : undefined)
    if (until !== undefined) add({ kind: "waiting", fromMillis: endMillis, toMillis: until })
  })
  return found
}

const idleSpans = (
  rows: ReadonlyArray<Row>,
  fromMillis: number,
  toMillis: number,
  minMillis: number
): ReadonlyArray<Span> => {
  const bars = rows
    .flatMap((row) => row.segments)
    .filter((segment) => segment.kind === "attempt")
    .sort((a, b) => a.fromMillis - b.fromMillis)
  const spans: Array<Span> = []
  let busyUntil = fromMillis
  for (const { fromMillis: start, toMillis: end } of [...bars, { fromMillis: toMillis, toMillis }]) {
    if (start - busyUntil >= minMillis) spans.push({ fromMillis: busyUntil, toMillis: start })
    busyUntil = Math.max(busyUntil, end)
  }
  return spans
}
