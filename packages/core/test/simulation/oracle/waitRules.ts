/** What holds of waits, their answers and their deadlines: R1, R3, R13, R18 and promise 4. */
import { isDeepStrictEqual } from "node:util"
import type { Event } from "@dagflow/protocol"
import type { Model, ModelNode } from "./Model.ts"
import { type Judged, on, type Rule } from "./Rule.ts"

type End = Judged<Event.EventOf<"NodeCompleted" | "NodeFailed">>

/** Whether a payload answers what a node waits for: every simulated wait asks for a number, every lost attempt for a word. */
const fits = (node: ModelNode, payload: Event.Outputs): boolean => {
  if (node.wait?.opened.wait._tag === "Recovery") {
    return ["rerun", "completed", "failed"].some((decision) => payload["decision"] === decision)
  }
  return typeof payload["sum"] === "number"
}

const opening = on(["NodeWaiting"], (judged) => {
  const { before, complain, event, model } = judged
  const node = model.node(event.nodeId)
  if (!node.inFlight || node.attempt !== event.attempt)
    complain("waits", `"${node.id}" waits without an attempt in flight`)
  if (model.interrupted !== undefined || model.isIn(node, "cancelled"))
    complain("waits", `"${node.id}" begins to wait although it is being cancelled`)
  const isTakenUp = before.some(({ event: first }) => first._tag === "RunOwned")
  const isRecovery = event.wait._tag === "Recovery"
  if (isRecovery && (!isTakenUp || node.spec.recovery !== "at_most_once"))
    complain("lost attempts", `"${node.id}" waits for word of an attempt that may run again`)
})

const signal = on(["SignalReceived"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  if (event.attempt === undefined) {
    if (node.status === "waiting" || model.isEnded(node))
      complain("signals", `a signal is kept for "${node.id}", which is ${node.status}`)
    return
  }
  if (node.wait === undefined || node.attempt !== event.attempt)
    return complain("signals", `"${node.id}" is answered while ${node.status}`)
  if (node.wait.answer !== undefined) complain("one winner", `the wait of "${node.id}" is answered twice`)
  if (node.wait.opened.wait._tag === "Timer")
    complain("signals", `"${node.id}" waits for a time, and is answered`)
  if (!fits(node, event.payload)) complain("signals", `"${node.id}" takes ${JSON.stringify(event.payload)}`)
})

const checkAnswered = ({ complain, event }: End, node: ModelNode, sequence: number): void => {
  const answer = node.wait?.answer
  const [first] = node.signals
  const winner = answer ?? first
  if (winner?.sequence !== sequence)
    return complain("one winner", `signal ${sequence} ends the wait of "${node.id}", not ${winner?.sequence}`)
  const { payload } = winner
  if (!fits(node, payload)) complain("signals", `"${node.id}" is answered by ${JSON.stringify(payload)}`)
  const given = node.wait?.opened.wait._tag === "Recovery" ? payload["outputs"] : payload
  if (event._tag === "NodeCompleted" && !isDeepStrictEqual(event.outputs, given))
    complain("outputs", `"${node.id}" was told ${JSON.stringify(payload)}, and gives something else`)
}

const checkExpired = ({ complain, envelope, event, model }: End, node: ModelNode): void => {
  const deadline = node.wait?.opened.deadline
  if (deadline === undefined || node.wait?.isOverdue === true)
    return complain("deadlines", `"${node.id}" has no deadline, and it passes`)
  if (envelope.at < deadline.atMillis) complain("deadlines", `the deadline of "${node.id}" passes too early`)
  const late = envelope.at - Math.max(deadline.atMillis, model.ownedAt)
  if (model.isPunctual && late > 0)
    complain("deadlines", `the deadline of "${node.id}" passes ${late} ms too late`)
  const isKept =
    deadline.action === "complete"
      ? event._tag === "NodeCompleted" && isDeepStrictEqual(event.outputs, deadline.outputs)
      : deadline.action === "fail" && event._tag === "NodeFailed"
  if (!isKept) complain("deadlines", `"${node.id}" was to ${deadline.action}, and ends by ${event._tag}`)
}

const ending = on(["NodeCompleted", "NodeFailed"], (judged) => {
  const { complain, event, model } = judged
  const node = model.node(event.nodeId)
  const { waitEnd } = event
  if ((waitEnd !== undefined) !== (node.status === "waiting"))
    return complain("waits", `"${node.id}" is ${node.status}, and ${event._tag} says another thing`)
  if (waitEnd?._tag === "Answered") checkAnswered(judged, node, waitEnd.sequence)
  if (waitEnd?._tag === "Expired") checkExpired(judged, node)
})

const refusing = on(["CommandRejected"], ({ complain, event, model }) => {
  if (event.signal === undefined) return
  const node = model.node(event.signal.nodeId)
  const { sequence } = event.signal
  const kept = node.signals.find((one) => one.sequence === sequence)
  if (kept === undefined) return complain("signals", `signal ${sequence} is refused, and is not kept`)
  const isDue = model.isEnded(node) || (node.status === "waiting" && !fits(node, kept.payload))
  if (!isDue) complain("signals", `signal ${sequence} to "${node.id}" is refused while ${node.status}`)
})

/** Rules for waits. */
export const waitRules: ReadonlyArray<Rule> = [opening, signal, ending, refusing]

/** What holds after an append: whoever can be answered has been, and nobody is kept for nothing. */
export const judgeWaits = (model: Model, complain: (rule: string, message: string) => void): void => {
  for (const node of model.nodes.values()) {
    if (model.isEnded(node) && node.signals.length > 0)
      complain(
        "signals",
        `"${node.id}" has ended, and ${node.signals.length} signals are neither taken nor refused`
      )
    const { wait } = node
    if (wait === undefined || wait.opened.wait._tag === "Timer") continue
    if (wait.answer !== undefined || node.signals.length > 0)
      complain("signals", `"${node.id}" waits although somebody has answered`)
  }
}

/** Deadlines are kept to the millisecond by processes that nothing holds up. */
export const judgeDeadlines = (model: Model, complain: (rule: string, message: string) => void): void => {
  for (const { id, wait } of model.nodes.values()) {
    const until = wait?.isOverdue === true ? undefined : wait?.opened.deadline?.atMillis
    const late = model.nowMillis - Math.max(until ?? Infinity, model.ownedAt)
    if (late > 0) complain("deadlines", `"${id}" waits ${late} ms after its deadline`)
  }
}
