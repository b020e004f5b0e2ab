/**
 * What holds of time: attempts end with their time-out and grace period, a cancellation lasts as long as its grace period,
 * and a run does not outlive its time-out. All of it to the millisecond, for processes that nothing holds up.
 */
import { FlowConfig, type NodeSpec } from "@dagflow/protocol"
import { isBusy, type Model, type ModelNode } from "./Model.ts"
import { on, type Rule } from "./Rule.ts"
import { judgeDeadlines } from "./waitRules.ts"

/** How long the runs below a node may take to end once they were told to, those below them included. */
const graceBelow = ({ config, nodes }: NonNullable<NodeSpec.NodeSpec["flow"]>): number =>
  (config?.cancelGraceMillis ?? FlowConfig.defaults.cancelGraceMillis) +
  Math.max(0, ...nodes.map(({ flow }) => (flow === undefined ? 0 : graceBelow(flow))))

/** How long an attempt may take to end once it was told to. */
export const graceOf = ({ config }: Model, { child, spec }: ModelNode): number =>
  (config?.cancelGraceMillis ?? 0) +
  (child === undefined || spec.flow === undefined ? 0 : graceBelow(spec.flow))

/** When the attempt of a node has ended at the latest: once its grace period is over, whatever it does. */
const deadline = (model: Model, node: ModelNode): number => {
  const { branches, cancelledAt, config, interrupted, interruptedAt, ownedAt } = model
  const cancelled = [...branches.keys()]
    .filter((branch) => cancelledAt.has(branch) && model.members(branch).has(node.id))
    .map((branch) => cancelledAt.get(branch) ?? 0)
  const limit = node.spec.timeoutMillis ?? config?.nodeTimeoutMillis ?? Infinity
  const interruptions = interrupted === undefined ? cancelled : [...cancelled, interruptedAt]
  const told = Math.min(node.startedAt + limit, ...interruptions)
  // Whoever takes a run up tells its children once more.
  return (node.child === undefined ? told : Math.max(told, ownedAt)) + graceOf(model, node)
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
    if (model.isPunctual && isBusy(node) && !isLost) judgeAttempt(model, node, envelope.at, complain)
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
    if (isBusy(node)) judgeAttempt(model, node, nowMillis, complain)
  }
  judgeDeadlines(model, complain)
  const late = overtime(model, nowMillis)
  if (late > 0 && interrupted === undefined && result === undefined)
    complain("time-outs", `the run goes on ${late} ms after its time-out`)
}
