/**
 * What holds of time: attempts end with their time-out and grace period, a cancellation lasts as long as its grace period,
 * and a run does not outlive its time-out. All of it to the millisecond, for processes that nothing holds up.
 */
import type { Model, ModelNode } from "./Model.ts"
import { on, type Rule } from "./Rule.ts"
import { judgeDeadlines } from "./waitRules.ts"

/** When the attempt of a node has ended at the latest: once its grace period is over, whatever it does. */
const deadline = (model: Model, node: ModelNode): number => {
  const { branches, cancelledAt, config, interrupted, interruptedAt } = model
  const cancelled = [...branches.keys()]
    .filter((branch) => cancelledAt.has(branch) && model.members(branch).has(node.id))
    .map((branch) => cancelledAt.get(branch) ?? 0)
  const limit = node.spec.timeoutMillis ?? config?.nodeTimeoutMillis ?? Infinity
  const interruptions = interrupted === undefined ? cancelled : [...cancelled, interruptedAt]
  return Math.min(node.startedAt + limit, ...interruptions) + (config?.cancelGraceMillis ?? 0)
}

const judgeAttempt = (
  model: Model,
  node: ModelNode,
  at: number,
  complain: (rule: string, message: string) => void
): void => {
  const late = at - deadline(model, node)
  if (late > 0) complain("time-outs", `"${node.id}" goes on ${late} ms after it had to be given up`)
}

const ending = on(
  ["NodeCompleted", "NodeFailed", "NodeWaiting", "NodeCancelled"],
  ({ complain, envelope, event, model }) => {
    const node = model.node(event.nodeId)
    // What was lost with its process ends when another one takes over.
    const isLost = model.ownedAt === envelope.at
    if (model.isPunctual && node.inFlight && !isLost) judgeAttempt(model, node, envelope.at, complain)
  }
)

/** How long after its time-out the run goes on; an owner that comes later has to begin first. */
const overtime = ({ config, ownedAt, startedAt }: Model, at: number): number =>
  at - Math.max(startedAt + (config?.timeoutMillis ?? Infinity), ownedAt)

const interrupting = on(["RunInterrupted"], ({ complain, envelope, event, model }) => {
  const late = overtime(model, envelope.at)
  if (model.isPunctual && event.cause === "timed_out" && late > 0)
    complain("time-outs", `the run times out ${late} ms too late`)
})

/** Rules for the times of events. */
export const timeRules: ReadonlyArray<Rule> = [ending, interrupting]

/** Judges what goes on after an append. */
export const judgeTime = (model: Model, complain: (rule: string, message: string) => void): void => {
  const { interrupted, nowMillis, result, terminal } = model
  if (!model.isPunctual || terminal !== undefined) return
  for (const node of model.nodes.values()) {
    if (node.inFlight) judgeAttempt(model, node, nowMillis, complain)
  }
  judgeDeadlines(model, complain)
  const late = overtime(model, nowMillis)
  if (late > 0 && interrupted === undefined && result === undefined)
    complain("time-outs", `the run goes on ${late} ms after its time-out`)
}
