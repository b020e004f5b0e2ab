/** Who answers a wait, and what becomes of it when nobody does. */
import {
  AnswerCheck,
  type Command,
  type Envelope,
  type Event,
  NodeStatus,
  type NodeError,
  type NodeState,
  type Rejection,
  Wait
} from "@dagflow/protocol"
import * as Result from "effect/Result"
import type { KnownActions } from "./knownActions.ts"
import { failAttempt, failLost } from "./decideReport.ts"
import type { Turn } from "./Turn.ts"

type Node = NodeState.NodeState

/** What an answer makes of the node, or what is wrong with it. */
type Reading = Result.Result<Answer, string>

type Answer =
  | { readonly _tag: "Outputs"; readonly outputs: Event.Outputs }
  | { readonly _tag: "Rerun" }
  | { readonly _tag: "Failed"; readonly message: string }

const encoder = new TextEncoder()

/** Reads an answer as its wait understands it. */
const readAnswer = (node: Node, payload: Event.Outputs, actions: KnownActions): Reading => {
  const asked = node.wait?.opened.wait
  if (asked === undefined || asked._tag === "Timer") return Result.fail("it waits for no answer")
  const schema = Wait.answerSchema(asked)
  const problem = schema === undefined ? undefined : AnswerCheck.answerProblem(schema, payload)
  if (problem !== undefined) return Result.fail(problem)
  const fit = (outputs: Event.Outputs): Reading =>
    Result.map(actions.conform(node, outputs), (whole) => ({ _tag: "Outputs", outputs: whole }) as const)
  if (asked._tag === "Signal") return fit(payload)
  const decided = payload as Wait.RecoveryAnswer
  switch (decided.decision) {
    case "completed":
      return fit(decided.outputs)
    case "failed":
      return Result.succeed({ _tag: "Failed", message: decided.message })
    case "rerun":
      return Result.succeed({ _tag: "Rerun" })
  }
}

const complete = (turn: Turn, node: Node, outputs: Event.Outputs, waitEnd: Wait.WaitEnd): void =>
  turn.record({
    _tag: "NodeCompleted",
    nodeId: node.spec.id,
    attempt: node.attempt,
    outputs,
    ...(node.handling && { recovered: true }),
    waitEnd
  })

const givenUp = (message: string): NodeError.NodeError => ({
  cause: "Reported",
  tag: "Reported",
  message,
  isRetryable: false
})

/** Ends a wait by an answer that has been read. */
const settle = (turn: Turn, node: Node, answer: Answer, sequence: number): void => {
  const waitEnd = { _tag: "Answered", sequence } as const
  switch (answer._tag) {
    case "Outputs":
      return complete(turn, node, answer.outputs, waitEnd)
    case "Failed":
      return failAttempt(turn, node, givenUp(answer.message), { waitEnd })
    case "Rerun":
      return failLost(turn, node, { waitEnd })
  }
}

/** Goes on with a run that only this node's silence had paused. */
const resumeAnswered = (turn: Turn): void => {
  const { pause, pausedBy, status } = turn.state
  if (status === "paused" && pause?.isCommanded === false && pausedBy.size === 0) {
    turn.record({ _tag: "RunResumed" })
  }
}

/** Who ended the last wait of a node, as a refusal for whoever comes later. */
const tooLate = (node: Node): Rejection.Rejection => {
  const nodeId = node.spec.id
  const wait = node.attempts.at(-1)?.wait
  const answer = wait?.answer
  if (answer !== undefined) {
    const { atMillis, by, commandId } = answer
    return {
      _tag: "AlreadyAnswered",
      nodeId,
      winner: "signal",
      atMillis,
      ...(by !== undefined && { by }),
      ...(commandId !== undefined && { commandId })
    }
  }
  if (wait?.end === "deadline") {
    return { _tag: "AlreadyAnswered", nodeId, winner: "deadline", atMillis: wait.endedAtMillis ?? 0 }
  }
  return { _tag: "NotWaiting", nodeId, status: node.status }
}

const limit = (name: string, maximum: number, requested: number): Rejection.Rejection => ({
  _tag: "LimitReached",
  limit: name,
  maximum,
  requested
})

/**
 * Decides a signal. It answers the open wait of its node, or is kept when that is still to come. One that was sent after
 * the deadline does not overtake it, even when nothing ran at that time.
 */
export const sendSignal = (
  turn: Turn,
  node: Node,
  command: Command.Command & { readonly _tag: "SendSignal" },
  actions: KnownActions,
  cause: Envelope.EventCause | undefined,
  sentAtMillis: number | undefined
): Rejection.Rejection | undefined => {
  const { by, comment, nodeId, payload } = command
  const bytes = encoder.encode(JSON.stringify(payload)).length
  if (bytes > Wait.answerBytesMax) return limit("answerBytesMax", Wait.answerBytesMax, bytes)
  if ((sentAtMillis ?? turn.nowMillis) >= (node.wait?.untilMillis ?? Infinity)) expireWait(turn, node)
  if (NodeStatus.isEnded(node.status)) return tooLate(node)
  const signal = {
    payload,
    ...(by !== undefined && { by }),
    ...(comment !== undefined && { comment })
  }
  const { wait } = node
  if (wait === undefined) {
    const kept = node.signals?.length ?? 0
    if (kept >= Wait.keptSignalsMax) return limit("keptSignalsMax", Wait.keptSignalsMax, kept + 1)
    turn.record({ _tag: "SignalReceived", nodeId, ...signal }, cause)
    return undefined
  }
  if (wait.opened.wait._tag === "Timer") return { _tag: "NotWaiting", nodeId, status: node.status }
  if (wait.answer !== undefined) return tooLate(node)
  const read = readAnswer(node, payload, actions)
  if (Result.isFailure(read)) return { _tag: "InvalidInput", nodeId, message: read.failure }
  turn.record({ _tag: "SignalReceived", nodeId, attempt: node.attempt, ...signal }, cause)
  settle(turn, node, read.success, turn.state.sequence)
  resumeAnswered(turn)
  return undefined
}

const causeOf = ({ commandHash, commandId }: NodeState.SignalRecord): Envelope.EventCause | undefined =>
  commandId === undefined ? undefined : { commandId, ...(commandHash !== undefined && { commandHash }) }

const refuse = (
  turn: Turn,
  node: Node,
  signal: NodeState.SignalRecord,
  rejection: Rejection.Rejection
): void =>
  turn.record(
    {
      _tag: "CommandRejected",
      command: "SendSignal",
      rejection,
      signal: { nodeId: node.spec.id, sequence: signal.sequence }
    },
    causeOf(signal)
  )

/**
 * Lets the signals answer a wait that came before it, in their order: the first one that fits wins, and those before it are
 * refused. A recorded answer, which a log may end with that was cut off there, is carried out.
 */
export const answerWait = (turn: Turn, node: Node, actions: KnownActions): void => {
  const { wait } = node
  if (wait === undefined || wait.opened.wait._tag === "Timer") return
  const isRecorded = wait.answer !== undefined
  for (const signal of wait.answer === undefined ? [...(node.signals ?? [])] : [wait.answer]) {
    const { payload, sequence } = signal
    const read = readAnswer(node, payload, actions)
    if (Result.isSuccess(read)) {
      settle(turn, node, read.success, sequence)
      return resumeAnswered(turn)
    }
    if (isRecorded) {
      const waitEnd = { _tag: "Answered", sequence } as const
      const error = { ...givenUp(read.failure), cause: "InvalidOutput", tag: "InvalidOutput" } as const
      return failAttempt(turn, node, error, { waitEnd })
    }
    refuse(turn, node, signal, { _tag: "InvalidInput", nodeId: node.spec.id, message: read.failure })
  }
}

/** Refuses the signals that were kept for nodes that have ended. */
export const refuseLeftovers = (turn: Turn): void => {
  for (let [node] = turn.state.leftovers; node !== undefined; [node] = turn.state.leftovers) {
    for (const signal of node.signals?.slice() ?? []) refuse(turn, node, signal, tooLate(node))
  }
}

/** Ends a wait whose deadline has passed, or pauses the run and lets it wait on. Before that time it does nothing. */
export const expireWait = (turn: Turn, node: Node): void => {
  const { wait } = node
  const deadline = wait?.opened.deadline
  if (wait?.untilMillis === undefined || deadline === undefined || wait.untilMillis > turn.nowMillis) return
  const nodeId = node.spec.id
  const waitEnd = { _tag: "Expired" } as const
  switch (deadline.action) {
    case "complete":
      return complete(turn, node, deadline.outputs, waitEnd)
    case "pause":
      return turn.record({ _tag: "RunPaused", nodeId, reason: `nobody answered "${nodeId}" in time` })
    case "fail": {
      const message = "nobody answered in time"
      const error = { cause: "TimedOut", tag: "TimedOut", message, isRetryable: true } as const
      return failAttempt(turn, node, error, { waitEnd })
    }
  }
}
