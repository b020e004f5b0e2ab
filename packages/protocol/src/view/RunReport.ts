/**
 * The report of a run: where it stands, how each node went, what it waits for, totals and measures. It is JSON, and
 * everything in it follows from the log and from the moment that it is asked for.
 */
import * as Schema from "effect/Schema"
import { ForkOrigin, Usage } from "../message/Event.ts"
import { RunResult } from "../message/RunResult.ts"
import type { NodeState } from "../state/NodeState.ts"
import type { RunState } from "../state/RunState.ts"
import * as BudgetView from "./BudgetView.ts"
import * as ChannelView from "./ChannelView.ts"
import * as Descendants from "./Descendants.ts"
import * as Growth from "./Growth.ts"
import { present } from "./internal/present.ts"
import * as NodeView from "./NodeView.ts"
import * as StepView from "./StepView.ts"
import * as Payload from "./Payload.ts"
import * as WaitReason from "./WaitReason.ts"

/** How many nodes of which status. */
export const Counts = Schema.Struct({
  pending: Schema.Int,
  running: Schema.Int,
  retrying: Schema.Int,
  waiting: Schema.Int,
  completed: Schema.Int,
  failed: Schema.Int,
  skipped: Schema.Int,
  cancelled: Schema.Int
})

/** What adds up over the nodes of a run. */
export const Totals = Schema.Struct({
  nodes: Schema.Int,
  /** Nodes of the definition. */
  declared: Schema.Int,
  /** Nodes that were added while the run went on, and in how many rounds. */
  grown: Schema.Int,
  growthRounds: Schema.Int,
  /** Of the nodes that were added, how many are items of lists. */
  items: Schema.Int,
  byStatus: Counts,
  attempts: Schema.Int,
  /** Attempts of actions after the first one of their node. */
  retries: Schema.Int,
  failedAttempts: Schema.Int,
  /** Failed attempts that were lost with their process. */
  lostAttempts: Schema.Int,
  interruptedAttempts: Schema.Int,
  /** Nodes whose outputs are those of their failure handler. */
  recovered: Schema.Int,
  /** Nodes whose outputs were used again, so that their actions were not asked. */
  cached: Schema.Int,
  /** Failed nodes to which a hook has found an answer. */
  handled: Schema.Int,
  /** Time that all attempts took, added up; that of a node with a list is the time of its items. */
  workMillis: Schema.Finite,
  /** What all attempts used up. */
  usage: Usage
})
/** What adds up over the nodes of a run. */
export type Totals = typeof Totals.Type

/** A node and the time that its attempts took. */
export const NodeDuration = Schema.Struct({ nodeId: Schema.String, durationMillis: Schema.Finite })

/** What is measured over a run. A node counts once it has ended and had an attempt. */
export const Metrics = Schema.Struct({
  /** Average time that the attempts of a node took; absent before the first node has ended. */
  averageMillis: Schema.optionalKey(Schema.Finite),
  /** The node whose attempts took longest; of equal ones the first in plan order. */
  slowest: Schema.optionalKey(NodeDuration),
  /** The most attempts that ever went on at once. */
  parallelPeak: Schema.Int,
  /** Attempts that went on at once, on average over the time of the run. */
  parallelAverage: Schema.optionalKey(Schema.Finite),
  /**
   * The chain of nodes that decided how long the run took: the one that ended last, before it the dependency of it that
   * ended last, and so on. Its time is that of the chain's attempts, without waits.
   */
  criticalPath: Schema.Struct({ nodeIds: Schema.Array(Schema.String), durationMillis: Schema.Finite })
})
/** What is measured over a run. */
export type Metrics = typeof Metrics.Type

/** The report of a run. */
export const RunReport = Schema.Struct({
  /** Version of the report's shape. */
  version: Schema.Literal(1),
  runId: Schema.String,
  flow: Schema.String,
  flowVersion: Schema.optionalKey(Schema.String),
  status: Schema.Literals(["running", "paused", "completed", "failed", "cancelled"]),
  /** How the run ended; there from the moment that nothing remains to be done. */
  result: Schema.optionalKey(RunResult),
  /** The payload that the deepest completed transform gave, of a flow whose nodes have intents. */
  payload: Schema.optionalKey(Schema.Json),
  owner: Schema.optionalKey(Schema.String),
  /** The run that this one was forked from. */
  fork: Schema.optionalKey(ForkOrigin),
  /** The node, of the parent run, that this run is an attempt of. */
  parent: Schema.optionalKey(
    Schema.Struct({ runId: Schema.String, nodeId: Schema.String, attempt: Schema.Int })
  ),
  /** The ended run whose channels this one continues, and its last step. */
  continues: Schema.optionalKey(Schema.Struct({ runId: Schema.String, step: Schema.Int })),
  /** Number of the last event in the log. */
  sequence: Schema.Int,
  startedAtMillis: Schema.Finite,
  endedAtMillis: Schema.optionalKey(Schema.Finite),
  /** From the start of the run to its end, or to the moment of the report. */
  elapsedMillis: Schema.Finite,
  /** What holds the run up, and the runs below it as far as somebody has looked there, each with a sentence. */
  waiting: Schema.Array(Schema.Struct({ reason: WaitReason.WaitReason, text: Schema.String })),
  /** Nothing runs, and nothing starts before one of the reasons for waiting is gone. */
  onlyWaits: Schema.Boolean,
  /**
   * How many runs that go on below this one nobody has looked at, because there are too many: `waiting` does not tell what holds
   * them up, and `onlyWaits` is false, since they may work. Left out when all have been looked at.
   */
  unseenRuns: Schema.optionalKey(Schema.Int),
  /** The budgets of the run and its branches; absent without any. */
  budgets: Schema.optionalKey(Schema.Array(BudgetView.BudgetView)),
  growth: Schema.Array(Growth.Growth),
  /** Its steps, of a run by the strategy `superstep`. */
  steps: Schema.optionalKey(Schema.Array(StepView.StepView)),
  /** The channels of the flow, in its order; absent when it has none. */
  channels: Schema.optionalKey(Schema.Array(ChannelView.ChannelView)),
  totals: Totals,
  metrics: Metrics,
  /** Every node in plan order; grown ones follow in the order in which they were added. */
  nodes: Schema.Array(NodeView.NodeView)
})
/** The report of a run. */
export type RunReport = typeof RunReport.Type

/** The report of a run at a moment, given in milliseconds since 1970. */
export const make = (state: RunState, nowMillis: number): RunReport => {
  const nodes = state.nodes.map((node) => NodeView.make(state, node, nowMillis))
  const elapsedMillis = Math.max(0, (state.endedAtMillis ?? nowMillis) - state.startedAtMillis)
  const waiting = WaitReason.ofRun(state).map((reason) => ({
    reason,
    text: WaitReason.describe(reason, nowMillis)
  }))
  const sums = totals(state, nodes)
  return present({
    version: 1 as const,
    runId: state.runId,
    flow: state.flow?.name ?? "",
    flowVersion: state.flow?.version,
    status: state.status,
    result: state.result,
    payload: Payload.ofRun(state),
    owner: state.owner,
    fork: state.fork,
    parent: state.parent && {
      runId: state.parent.runId,
      nodeId: state.parent.nodeId,
      attempt: state.parent.attempt
    },
    continues: state.continues && { runId: state.continues.runId, step: state.continues.step },
    sequence: state.sequence,
    startedAtMillis: state.startedAtMillis,
    endedAtMillis: state.endedAtMillis,
    elapsedMillis,
    waiting,
    onlyWaits: WaitReason.onlyWaits(state),
    budgets: BudgetView.ofRun(state),
    growth: Growth.ofRun(state),
    steps: state.step && StepView.ofRun(state),
    channels: ChannelView.ofRun(state),
    totals: sums,
    metrics: metrics(state, nodes, sums.workMillis, elapsedMillis),
    nodes
  })
}

/**
 * The same report with what is known of the runs below it: where they stand, what holds them up, and whether the run waits for
 * nothing but them. `kin` is what the run said of them when the report was made.
 */
export const withDescendants = (
  report: RunReport,
  kin: Descendants.Kin,
  below: Descendants.Descendants,
  nowMillis: number
): RunReport => {
  const found = Descendants.reasonsOf(kin.open, below)
  const waiting = found.map((reason) => ({ reason, text: WaitReason.describe(reason, nowMillis) }))
  return {
    ...report,
    nodes: report.nodes.map((node) => NodeView.withDescendants(node, below)),
    waiting: [...report.waiting, ...waiting],
    onlyWaits:
      kin.open.length === 0 ? report.onlyWaits : kin.restsBesides && Descendants.allWait(kin.open, below),
    ...present({ unseenRuns: below.unseen })
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** A node that is mapped over a list does nothing itself: what it took is what its items took. */
const isWorker = (node: NodeView.NodeView): boolean => node.items === undefined

const totals = (state: RunState, all: ReadonlyArray<NodeView.NodeView>): Totals => {
  const nodes = all.filter(isWorker)
  const attempts = nodes.flatMap((node) => node.attempts)
  const count = (belongs: (attempt: NodeView.AttemptView) => boolean) => attempts.filter(belongs).length
  const declared = state.flow?.nodes.length ?? 0
  const usage: Record<string, number> = {}
  for (const attempt of attempts) NodeView.addUsage(usage, attempt.usage)
  const first = nodes.filter((node) => node.attempts.some(({ role }) => role === "action")).length
  return {
    nodes: all.length,
    declared,
    grown: all.length - declared,
    growthRounds: state.iterations,
    items: all.filter((node) => node.itemOf !== undefined).length,
    byStatus: { ...state.counts },
    attempts: attempts.length,
    retries: count(({ role }) => role === "action") - first,
    failedAttempts: count(({ outcome }) => outcome === "failed"),
    lostAttempts: count(({ error }) => error?.cause === "OwnerLost"),
    interruptedAttempts: count(({ outcome }) => outcome === "interrupted"),
    recovered: nodes.filter((node) => node.recovered === true).length,
    cached: nodes.filter((node) => node.cachedAtMillis !== undefined).length,
    handled: state.handled.size,
    workMillis: nodes.reduce((sum, node) => sum + node.durationMillis, 0),
    usage
  }
}

const metrics = (
  state: RunState,
  nodes: ReadonlyArray<NodeView.NodeView>,
  workMillis: number,
  elapsedMillis: number
): Metrics => {
  const ended = nodes.filter(
    (node) => node.endedAtMillis !== undefined && node.attempts.length > 0 && isWorker(node)
  )
  const sum = ended.reduce((total, node) => total + node.durationMillis, 0)
  const slowest = ended.reduce<NodeView.NodeView | undefined>(
    (longest, node) =>
      longest === undefined || node.durationMillis > longest.durationMillis ? node : longest,
    undefined
  )
  const path = criticalPath(state)
  const onPath = (node: NodeState) =>
    node.spec.forEach === undefined ? (nodes[node.index]?.durationMillis ?? 0) : 0
  return present({
    averageMillis: ended.length === 0 ? undefined : sum / ended.length,
    slowest: slowest && { nodeId: slowest.nodeId, durationMillis: slowest.durationMillis },
    parallelPeak: state.inFlightMax,
    parallelAverage: elapsedMillis === 0 ? undefined : workMillis / elapsedMillis,
    criticalPath: {
      nodeIds: path.map((node) => node.spec.id),
      durationMillis: path.reduce((total, node) => total + onPath(node), 0)
    }
  })
}

/** The one of these nodes that ran and ended last; of several the first. */
const lastEnded = (nodes: ReadonlyArray<NodeState>): NodeState | undefined =>
  nodes.reduce<NodeState | undefined>((last, node) => {
    if (node.endedAtMillis === undefined || node.attempts.length === 0) return last
    return last?.endedAtMillis === undefined || node.endedAtMillis > last.endedAtMillis ? node : last
  }, undefined)

const criticalPath = (state: RunState): ReadonlyArray<NodeState> => {
  const path: Array<NodeState> = []
  for (let node = lastEnded(state.nodes); node !== undefined; node = lastEnded(before(node))) path.push(node)
  return path.reverse()
}

/** What a node had to wait for: a node with a list for its items, and those for what the node itself waited for. */
const before = ({ dependencies, items, list }: NodeState): ReadonlyArray<NodeState> => {
  if (items !== undefined && items.nodes.length > 0) return items.nodes
  return list === undefined ? dependencies : list.dependencies
}
