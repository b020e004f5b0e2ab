/** What holds of the log of a run as a whole: I1, I2, R6, and how a run is paused and brought to its end. */
import { isDeepStrictEqual } from "node:util"
import type { RunResult } from "@dagflow/protocol"
import { on, type Rule } from "./Rule.ts"
import type { Model } from "./Model.ts"

const numbering: Rule = ({ complain, envelope, event, model }) => {
  if (envelope.sequence !== model.sequence + 1)
    complain("one writer", `${envelope.sequence} follows ${model.sequence}`)
  if (envelope.at < model.nowMillis)
    complain("determinism", `time runs backwards, from ${model.nowMillis} to ${envelope.at}`)
  if (envelope.epoch < model.epoch)
    complain("one writer", `epoch ${envelope.epoch} writes after epoch ${model.epoch}`)
  const isTakeOver = model.sequence > 0 && envelope.epoch > model.epoch
  if (isTakeOver !== (event._tag === "RunOwned" && model.owners > 0)) {
    complain("one writer", `epoch ${envelope.epoch} begins with ${event._tag}`)
  }
}

const afterResult: ReadonlySet<string> = new Set([
  "RunOwned",
  "HookAnswered",
  "HookFailed",
  "CommandRejected",
  "CommandAccepted",
  "EventEmitted"
])

const place: Rule = ({ complain, event, model }) => {
  if (model.terminal !== undefined) complain("end of a run", `${event._tag} follows ${model.terminal._tag}`)
  const isTerminal = ["RunCompleted", "RunFailed", "RunCancelled"].includes(event._tag)
  if (model.result !== undefined && !isTerminal && !afterResult.has(event._tag)) {
    complain("end of a run", `${event._tag} follows the settled result`)
  }
  if (model.interrupted === undefined) return
  const addsWork = [
    "NodesAdded",
    "NodeInputsSet",
    "NodeRetryRequested",
    "NodesEnabled",
    "BudgetSet",
    "BranchResumed",
    "RunResumed"
  ]
  if (addsWork.includes(event._tag))
    complain("order at a failure", `${event._tag} follows the interruption of the run`)
}

const pausing = on(["RunPaused"], ({ complain, envelope, event, model }) => {
  if (event.nodeId === undefined) return
  const node = model.node(event.nodeId)
  if (node.wait !== undefined) {
    const { deadline } = node.wait.opened
    const isDue = deadline?.action === "pause" && envelope.at >= deadline.atMillis && !node.wait.isOverdue
    if (!isDue) complain("deadlines", `"${node.id}" waits, and pauses the run out of turn`)
    return
  }
  if (node.status !== "failed" || model.policy(node) !== "pause" || model.handled.has(node.id)) {
    complain("order at a failure", `"${node.id}" is ${node.status} and pauses the run`)
  }
  if (model.owed.has(node.endSequence))
    complain("order at a failure", `"${node.id}" pauses the run before the hooks have answered`)
})

const resuming = on(["RunResumed"], ({ complain, event, model }) => {
  if (!model.isPaused && event.steps === undefined)
    complain("legal transitions", "a run that is not paused is resumed")
  for (const id of model.pausedBy) {
    if (model.node(id).wait !== undefined) continue
    complain("retry by hand", `the run is resumed, and "${id}", which paused it, is not retried`)
  }
})

const interrupting = on(["RunInterrupted"], ({ complain, envelope, event, model }) => {
  if (model.interrupted !== undefined) complain("failures and ends", "the run is interrupted twice")
  if (event.cause === "halted") {
    const node = model.node(event.nodeId ?? "")
    if (node.status !== "failed" || model.policy(node) !== "halt" || model.handled.has(node.id)) {
      complain("order at a failure", `"${node.id}" is ${node.status} and halts the run`)
    }
    if (model.owed.has(node.endSequence))
      complain("order at a failure", `"${node.id}" halts the run before the hooks have answered`)
    for (const other of model.unforgiven) {
      const isBefore = other.endSequence < node.endSequence && !model.owed.has(other.endSequence)
      if (isBefore && model.policy(other) === "pause" && !model.pausedBy.has(other.id))
        complain("order at a failure", `"${other.id}" failed before "${node.id}", and did not pause the run`)
    }
  }
  if (event.cause === "timed_out") {
    const limit = model.config?.timeoutMillis
    if (limit === undefined || envelope.at < model.startedAt + limit)
      complain("failures and ends", "the run times out too early")
  }
  if (event.cause === "stalled") complain("nothing silent", "nothing in a simulated flow can stall")
})

/** The budgets that are used up, that of the run first. */
const shortagesOf = ({ budgets, shortages }: Model) =>
  [...budgets.keys()]
    .sort((a, b) => (a === "" ? -1 : b === "" ? 1 : 0))
    .flatMap((key) => shortages.get(key) ?? [])

const failuresOf = (model: Model): RunResult.RunResult => {
  const { interrupted, unforgiven } = model
  const isForgiven = unforgiven.every((node) => model.policy(node) === "best_effort")
  const nodes = unforgiven.map((node) => ({
    nodeId: node.id,
    attempts: node.attempt,
    error: node.error ?? { cause: "Failed" as const, tag: "", message: "", isRetryable: false }
  }))
  const shortages = interrupted === undefined ? shortagesOf(model) : []
  if (nodes.length === 0 && shortages.length > 0)
    return { _tag: "Failed", failure: { _tag: "BudgetExhausted", shortages } }
  if (nodes.length === 0) return { _tag: "Completed" }
  return isForgiven
    ? { _tag: "Completed", failed: nodes }
    : { _tag: "Failed", failure: { _tag: "NodesFailed", nodes } }
}

/** How the run has to end. */
const expectedResult = (model: Model): RunResult.RunResult => {
  const { config, interrupted } = model
  // What could not be merged, or which limit was reached, is told where the run was interrupted.
  if (interrupted?.failure !== undefined) return { _tag: "Failed", failure: interrupted.failure }
  switch (interrupted?.cause) {
    case "cancelled":
      return { _tag: "Cancelled", ...(interrupted.reason !== undefined && { reason: interrupted.reason }) }
    case "timed_out":
      return { _tag: "Failed", failure: { _tag: "TimedOut", timeoutMillis: config?.timeoutMillis ?? 0 } }
    case "hook_failed": {
      const { hook = "", reason = "" } = interrupted
      return { _tag: "Failed", failure: { _tag: "HookFailed", hook, message: reason } }
    }
    case "budget_exhausted":
      return { _tag: "Failed", failure: { _tag: "BudgetExhausted", shortages: shortagesOf(model) } }
    default:
      return failuresOf(model)
  }
}

const ending = on(["RunEnding"], ({ complain, event, model }) => {
  if (model.owed.size > 0)
    complain("gates", `the result is settled while hooks owe answers to ${[...model.owed.keys()].join(" ")}`)
  for (const node of model.nodes.values()) {
    if (!model.isEnded(node))
      complain("failures and ends", `the result is settled while "${node.id}" is ${node.status}`)
  }
  const expected = expectedResult(model)
  if (!isDeepStrictEqual(event.result, expected)) {
    complain(
      "failures and ends",
      `the result is ${JSON.stringify(event.result)}, and should be ${JSON.stringify(expected)}`
    )
  }
})

const terminalOf = { Completed: "RunCompleted", Failed: "RunFailed", Cancelled: "RunCancelled" } as const

const end = on(["RunCompleted", "RunFailed", "RunCancelled"], ({ complain, event, model }) => {
  const { result } = model
  if (result === undefined)
    return complain("end of a run", `${event._tag} comes before the result is settled`)
  if (terminalOf[result._tag] !== event._tag)
    complain("end of a run", `${event._tag} ends a run that is ${result._tag}`)
  if (model.owed.size > 0)
    complain("gates", `the run ends while hooks owe answers to ${[...model.owed.keys()].join(" ")}`)
  if (event._tag === "RunFailed" && result._tag === "Failed") {
    if (!isDeepStrictEqual(event.failure, result.failure))
      complain("end of a run", "the run ends with another failure than was settled")
  }
})

/** Rules for events of the run. */
export const runRules: ReadonlyArray<Rule> = [numbering, place, pausing, resuming, interrupting, ending, end]
