/** Answers a question once it is asked. The same answer again is told what the first one was told. */
import { DagFlow, type RunHandle } from "@dagflow/core"
import { type Envelope, type NodeView, type Rejection, RunError } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Answer } from "./approval.ts"

type Handle = RunHandle.RunHandle

/** How far somebody has come who waits for a question, told to whoever breaks that off. */
export class Asking {
  readonly #nodeId: string
  /** How the node stands that is to ask; `undefined`: there is none yet. */
  status: NodeView.NodeView["status"] | undefined
  isSent = false

  constructor(nodeId: string) {
    this.#nodeId = nodeId
  }

  get text(): string {
    const name = `"${this.#nodeId}"`
    if (this.isSent) return `the answer to ${name} is on its way, and may still count`
    return `${name} has not asked, and was not answered: ${this.status === undefined ? "there is no such node yet" : `it is ${this.status}`}`
  }
}

/** Where the answer goes: to a node of this run, or on into the run that one of its nodes goes on as. */
type Way =
  | { readonly _tag: "Here" }
  | { readonly _tag: "Below"; readonly runId: string; readonly nodeId: string }

const here: Way = { _tag: "Here" }

/**
 * Answers the question of a node once it is asked, and is refused as soon as it cannot be asked any more. A path such as
 * `payment/ask` names a node of the flow that the node `payment` is.
 */
export const answerAsked = (
  handle: Handle,
  nodeId: string,
  answer: Answer,
  asking: Asking
): Effect.Effect<RunHandle.AnswerOutcome, RunError, DagFlow> =>
  Effect.gen(function* () {
    let over: { readonly runId: string; readonly refusal: RunError } | undefined
    while (true) {
      const way = yield* wayTo(handle, nodeId, over?.runId, asking)
      // What the last run below has said is nearer to the question than that its node is not one of this run.
      if (way._tag === "Here" && over !== undefined) return yield* Effect.fail(over.refusal)
      if (way._tag === "Here") {
        asking.isSent = true
        return yield* answerOnce(
          handle,
          nodeId,
          answer,
          handle.answer(nodeId, answer.outputs, answer.options)
        )
      }
      const child = yield* attached(way.runId)
      const answered = yield* Effect.result(answerAsked(child, way.nodeId, answer, asking))
      if (Result.isSuccess(answered)) return answered.success
      if (!isOver(answered.failure)) return yield* Effect.fail(answered.failure)
      // That attempt has not asked. If the node is tried again, the next one may.
      over = { runId: way.runId, refusal: answered.failure }
    }
  })

/** Sends an answer. When the node has got it before, it is told what came of that; when it has got another one, whose that was. */
export const answerOnce = <A>(
  handle: Handle,
  nodeId: string,
  answer: Answer,
  send: Effect.Effect<A, RunError>
): Effect.Effect<A | RunHandle.AnswerOutcome, RunError> =>
  Effect.catchIf(
    send,
    (error) => ["RunEnded", "AlreadyAnswered"].includes(rejectionOf(error)?._tag ?? ""),
    (error) => compared(handle, nodeId, answer, error)
  )

// -- internal -------------------------------------------------------------------------------------------------------

/** Waits until it is known where the answer goes; to this run also when it can only refuse it. */
const wayTo = (
  handle: Handle,
  nodeId: string,
  over: string | undefined,
  asking: Asking
): Effect.Effect<Way, RunError> =>
  Effect.gen(function* () {
    const { sequence } = yield* handle.report
    const look = Effect.gen(function* () {
      const own = yield* handle.node(nodeId)
      const head = own === undefined ? yield* headOf(handle, nodeId) : undefined
      asking.status = own?.status
      return { isKnown: own !== undefined || head !== undefined, way: wayBy(nodeId, own, head, over) }
    })
    const changes = Stream.filter(handle.events({ after: sequence }), ({ event }) => mayMatter(event, nodeId))
    const ways = Stream.mapEffect(Stream.concat(Stream.make(undefined), changes), () => look)
    const found = Stream.runHead(
      Stream.filterMap(ways, ({ way }) => (way === undefined ? Result.failVoid : Result.succeed(way)))
    )
    // A run that waits for somebody adds no node by itself: a name that no node has by then is a wrong one, and is refused.
    const settled = Effect.flatMap(Effect.andThen(handle.outcome, look), ({ isKnown }) =>
      isKnown ? Effect.never : Effect.succeed(Option.some(here))
    )
    // The end of the stream is the end of the run, which then says how it stands.
    return Option.getOrElse(yield* Effect.raceFirst(found, settled), () => here)
  })

const ended = new Set<string>(["completed", "failed", "skipped", "cancelled"])

const wayBy = (
  nodeId: string,
  own: NodeView.NodeView | undefined,
  head: NodeView.NodeView | undefined,
  over: string | undefined
): Way | undefined => {
  if (own !== undefined) return own.status === "waiting" || ended.has(own.status) ? here : undefined
  if (head === undefined) return undefined
  const runId = head.attempts.at(-1)?.child?.runId
  if (runId !== undefined && runId !== over) {
    return { _tag: "Below", runId, nodeId: nodeId.slice(head.nodeId.length + 1) }
  }
  return ended.has(head.status) ? here : undefined
}

/** The node of this run that a path begins with; ids may have slashes of their own. */
const headOf = (handle: Handle, path: string): Effect.Effect<NodeView.NodeView | undefined, RunError> =>
  Effect.gen(function* () {
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      const head = yield* handle.node(path.slice(0, end))
      if (head !== undefined) return head
    }
    return undefined
  })

/** Whether an event may change where an answer goes: it is about a node that the name begins with. */
const mayMatter = (event: Envelope.Envelope["event"], nodeId: string): boolean => {
  if (!("nodeId" in event) || event.nodeId === undefined) return false
  return event.nodeId === nodeId || nodeId.startsWith(`${event.nodeId}/`)
}

/** A child run. It is created right after the event that names it, perhaps by another process. */
const attached = (runId: string): Effect.Effect<Handle, RunError, DagFlow> =>
  Effect.flatMap(DagFlow, (dagflow) => dagflow.attach(runId, { awaitsStart: true }))

const rejectionOf = ({ reason }: RunError): Rejection.Rejection | undefined =>
  reason._tag === "CommandRejected" ? reason.rejection : undefined

/** Whether a run has ended without asking. */
const isOver = (error: RunError): boolean =>
  ["RunEnded", "NotWaiting"].includes(rejectionOf(error)?._tag ?? "")

/** What came of the answer that a node has got: the same one is no trouble, another one is told who was first. */
const compared = (
  handle: Handle,
  nodeId: string,
  { options, outputs }: Answer,
  error: RunError
): Effect.Effect<RunHandle.AnswerOutcome, RunError> =>
  Effect.gen(function* () {
    const node = yield* handle.node(nodeId)
    const wait = node?.attempts.at(-1)?.wait
    if (node === undefined) return yield* Effect.fail(error)
    if (wait?.answer === undefined) return yield* Effect.fail(refusedBy(handle, error, lossOf(node)))
    const { atMillis, by, sequence } = wait.answer
    const [given] = yield* Stream.runCollect(Stream.take(handle.events({ after: sequence - 1 }), 1))
    const isSame =
      given?.event._tag === "SignalReceived" && by === options.by && isEqual(given.event.payload, outputs)
    if (isSame) return { sequence, isKept: false }
    const first = { winner: "signal", atMillis, ...(by !== undefined && { by }) } as const
    return yield* Effect.fail(refusedBy(handle, error, { _tag: "AlreadyAnswered", nodeId, ...first }))
  })

/** Why a node of a run that has ended takes no answer. */
const lossOf = ({ attempts, nodeId, status }: NodeView.NodeView): Rejection.Rejection => {
  const wait = attempts.at(-1)?.wait
  return wait?.end === "deadline"
    ? { _tag: "AlreadyAnswered", nodeId, winner: "deadline", atMillis: wait.endedAtMillis ?? 0 }
    : { _tag: "NotWaiting", nodeId, status }
}

/** A run that has ended refuses everything for that; what became of the question says more. */
const refusedBy = ({ runId }: Handle, error: RunError, rejection: Rejection.Rejection): RunError =>
  rejectionOf(error)?._tag === "RunEnded"
    ? new RunError({ runId, reason: { _tag: "CommandRejected", command: "SendSignal", rejection } })
    : error

const isEqual = (left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>) =>
  Object.keys(left).length === Object.keys(right).length &&
  Object.entries(left).every(([key, value]) => right[key] === value)
