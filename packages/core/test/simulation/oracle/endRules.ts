/** What holds when an attempt ends: I4, R3, R4, R17, and when a failure is tried again. */
import { isDeepStrictEqual } from "node:util"
import { type Event, NodeError, RetryPolicy } from "@dagflow/protocol"
import { isBusy, type Model, type ModelNode } from "./Model.ts"
import { isRouted } from "./ModelVisits.ts"
import { type Judged, on, type Rule } from "./Rule.ts"

const isCurrent = ({ complain, event, model }: Judged, nodeId: string, attempt: number): boolean => {
  const node = model.node(nodeId)
  if (node.ended.has(attempt))
    complain("recorded once", `attempt ${attempt} of "${nodeId}" ends a second time: ${event._tag}`)
  if (!node.started.has(attempt))
    complain("write-ahead", `attempt ${attempt} of "${nodeId}" ends and never started`)
  const goesOn = isBusy(node) || node.status === "waiting" || node.items !== undefined
  if (!goesOn || node.attempt !== attempt) complain("recorded once", `${event._tag} of "${nodeId}" is late`)
  return goesOn
}

const complete = on(["NodeCompleted"], (judged) => {
  const { complain, event, model } = judged
  isCurrent(judged, event.nodeId, event.attempt)
  const node = model.node(event.nodeId)
  if ((event.recovered === true) !== node.isHandling)
    complain("failure handlers", `"${node.id}" completes, recovered or not`)
})

/** Whether what the node belongs to is coming to its end, so that nothing of it starts again. */
const isClosing = (model: Model, node: ModelNode): boolean =>
  model.interrupted !== undefined || model.isIn(node, "cancelled")

const wants = (node: ModelNode, model: Model, event: Event.EventOf<"NodeFailed">) => {
  if (isClosing(model, node)) return "end"
  const policy = { ...model.config?.retry, ...node.spec.retry }
  const { error } = event
  const isListed =
    policy.retryIf === undefined || policy.retryIf.includes(error.tag) || policy.retryIf.includes(error.cause)
  const isWorthIt = error.isRetryable && NodeError.isRetryableCause(error.cause) && isListed
  if (isWorthIt && node.tries + 1 < (policy.tries ?? 1)) return "retry"
  return node.spec.failure === undefined ? "end" : "handler"
}

const checkDelay = (
  { complain, envelope, event, model }: Judged<Event.EventOf<"NodeFailed">>,
  node: ModelNode
): void => {
  const policy = { ...RetryPolicy.defaults, ...model.config?.retry, ...node.spec.retry }
  const { backoff, factor, initialMillis, jitter, maxMillis } = policy
  const retry = node.tries + 1
  const grown = {
    exponential: initialMillis * factor ** (retry - 1),
    linear: initialMillis * retry,
    fixed: initialMillis,
    immediate: 0
  }[backoff]
  const longest = Math.min(grown, maxMillis)
  const delay = (event.retryAtMillis ?? 0) - envelope.at
  if (delay > longest + 1 || delay < longest * (1 - jitter) - 1) {
    complain("backoff", `"${node.id}" waits ${delay} ms before retry ${retry}, and should wait ${longest}`)
  }
}

const lose = (judged: Judged<Event.EventOf<"NodeFailed">>, node: ModelNode): void => {
  const { before, complain, event, model } = judged
  if (node.child !== undefined)
    complain("lost attempts", `"${node.id}" is lost, and its child run goes on whoever has it`)
  const isAsked = node.spec.recovery === "at_most_once"
  if (isAsked !== (event.waitEnd !== undefined))
    complain("lost attempts", `"${node.id}" runs again, and ${isAsked ? "nobody" : "somebody"} was asked`)
  // Whoever was asked has decided that it runs again, however often it was lost.
  if (isAsked) return
  if (!before.some(({ event: first }) => first._tag === "RunOwned")) {
    complain("lost attempts", `attempt ${event.attempt} of "${node.id}" is lost without a take-over`)
  }
  if (isClosing(model, node))
    complain("lost attempts", `"${node.id}" is to run again although it is being cancelled`)
  const mayRunAgain = node.lost < (model.config?.maxLostAttempts ?? 0)
  const goesOn = node.isHandling ? event.handling === true : event.retryAtMillis !== undefined
  if (mayRunAgain !== goesOn)
    complain(
      "lost attempts",
      `"${node.id}" was lost ${node.lost} times before, and ${goesOn ? "goes" : "does not go"} on`
    )
  const wantsHandler = !mayRunAgain && !node.isHandling && node.spec.failure !== undefined
  if (wantsHandler && event.handling !== true)
    complain("failure handlers", `"${node.id}" is lost for good without its handler`)
}

const fail = on(["NodeFailed"], (judged) => {
  const { complain, event, model } = judged
  const node = model.node(event.nodeId)
  // A list that cannot be had is judged with the lists.
  if (node.spec.forEach !== undefined) return
  isCurrent(judged, event.nodeId, event.attempt)
  if (event.error.cause === "OwnerLost" || event.handlerError?.cause === "OwnerLost") {
    // The error of an action that was lost for good stays that of the node while its handler fails.
    const isOwn =
      node.isHandling && event.handlerError !== undefined && event.handlerError.cause !== "OwnerLost"
    if (!isOwn) return lose(judged, node)
  }
  const did = event.retryAtMillis !== undefined ? "retry" : event.handling === true ? "handler" : "end"
  if (node.isHandling) {
    if (did !== "end") complain("failure handlers", `the failure handler of "${node.id}" is tried again`)
    if (event.handlerError === undefined)
      complain("failure handlers", `"${node.id}" does not say why its handler failed`)
    if (!isDeepStrictEqual(event.error, node.error))
      complain("first error", `the handler of "${node.id}" masks the first error`)
    return
  }
  if (event.handlerError !== undefined)
    complain("failure handlers", `"${node.id}" has an error of a handler that did not run`)
  const wanted = wants(node, model, event)
  if (did !== wanted) {
    complain(
      wanted === "end" && isClosing(model, node) ? "after an interruption" : "tries",
      `"${node.id}" failed (${event.error.tag}) after ${node.tries} tries: ${did} instead of ${wanted}`
    )
  }
  if (did === "retry") checkDelay(judged, node)
})

const cancel = on(["NodeCancelled"], (judged) => {
  const { complain, event, model } = judged
  const node = model.node(event.nodeId)
  if (model.isEnded(node)) complain("legal transitions", `"${node.id}" is cancelled while ${node.status}`)
  if (!isClosing(model, node)) complain("failures and ends", `"${node.id}" is cancelled, and nobody said so`)
  if ((event.stopped === "pending") === isBusy(node))
    complain("cancellation", `"${node.id}" is cancelled as ${event.stopped}`)
  if (event.stopped !== "pending") isCurrent(judged, event.nodeId, event.attempt ?? 0)
  const reasons = {
    halted: "halted",
    cancelled: "run_cancelled",
    timed_out: "timed_out",
    hook_failed: "hook_failed",
    stalled: "stalled",
    budget_exhausted: "budget_exhausted",
    channel_failed: "channel_failed",
    limit_reached: "limit_reached"
  } as const
  const { interrupted } = model
  const reason = interrupted === undefined ? "branch_cancelled" : reasons[interrupted.cause]
  if (event.reason !== reason)
    complain("failures and ends", `"${node.id}" is cancelled as ${event.reason}, and it is ${reason}`)
})

const retryByHand = on(["NodeRetryRequested"], ({ complain, event, model }) => {
  const node = model.node(event.nodeId)
  if (node.status !== "failed")
    complain("retry by hand", `"${node.id}" is retried by hand while ${node.status}`)
  for (const other of model.nodes.values()) {
    if (
      model.isEnded(other) &&
      !isRouted(other) &&
      other.spec.dependencies?.includes(node.id) === true &&
      other.status !== "cancelled"
    ) {
      complain("retry by hand", `"${node.id}" is retried by hand although "${other.id}" has ended`)
    }
  }
})

/** Rules for events by which attempts and nodes end. */
export const endRules: ReadonlyArray<Rule> = [complete, fail, cancel, retryByHand]
