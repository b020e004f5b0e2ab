/** What people ask about one node, also while it runs: where it stands, its attempts, its last error, what it waits for. */
import * as Schema from "effect/Schema"
import { Estimate } from "../definition/Budget.ts"
import { NodeError } from "../error/NodeError.ts"
import { NodeCancelled, NodeSkipped, Outputs, Routes, Usage } from "../message/Event.ts"
import type { AttemptState, NodeState } from "../state/NodeState.ts"
import type { RunState } from "../state/RunState.ts"
import { isDue, isRouted } from "../state/VisitState.ts"
import { ChildView } from "./ChildView.ts"
import * as Descendants from "./Descendants.ts"
import * as Growth from "./Growth.ts"
import { present } from "./internal/present.ts"
import * as WaitView from "./WaitView.ts"

/** How an attempt ended, or `running`, or `waiting` when its code is over and its node waits. */
export const AttemptOutcome = Schema.Literals(["running", "waiting", "succeeded", "failed", "interrupted"])
/** How an attempt ended, or `running`, or `waiting`. */
export type AttemptOutcome = typeof AttemptOutcome.Type

/** One attempt of a node. */
export const AttemptView = Schema.Struct({
  number: Schema.Int,
  role: Schema.Literals(["action", "handler"]),
  outcome: AttemptOutcome,
  startedAtMillis: Schema.Finite,
  endedAtMillis: Schema.optionalKey(Schema.Finite),
  /** Up to the end of its code, without the wait that follows; up to now while it runs. */
  durationMillis: Schema.Finite,
  /** The wait that it ended in. */
  wait: Schema.optionalKey(WaitView.WaitView),
  error: Schema.optionalKey(NodeError),
  usage: Schema.optionalKey(Usage),
  /** What budgets set aside for it before it started. */
  reserved: Schema.optionalKey(Estimate),
  /** The child run that it goes on as, or went on as. */
  child: Schema.optionalKey(ChildView)
})
/** One attempt of a node. */
export type AttemptView = typeof AttemptView.Type

/** Where a node stands. */
export const NodeStatus = Schema.Literals([
  "pending",
  "running",
  "retrying",
  "waiting",
  "completed",
  "failed",
  "skipped",
  "cancelled"
])

/** Most dependencies that `waitsFor` lists. */
export const waitsForMax = 20

/** How the items of a node stand: how many there are, and how many of them have which status. */
export const ItemsView = Schema.Struct({
  count: Schema.Int,
  byStatus: Schema.Record(Schema.String, Schema.Int)
})
/** How the items of a node stand. */
export type ItemsView = typeof ItemsView.Type

/** What people ask about one node. */
export const NodeView = Schema.Struct({
  nodeId: Schema.String,
  /** Its action; of a node that runs a flow, the name of that. */
  action: Schema.String,
  /** The flow that it runs in the place of an action. */
  flow: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  branch: Schema.optionalKey(Schema.String),
  status: NodeStatus,
  /** Who added the node; absent for a node of the definition. */
  grownBy: Schema.optionalKey(Growth.Growth),
  attempts: Schema.Array(AttemptView),
  /** Time that its attempts took, added up. */
  durationMillis: Schema.Finite,
  endedAtMillis: Schema.optionalKey(Schema.Finite),
  outputs: Schema.optionalKey(Outputs),
  metadata: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  /** The node that it is a later visit of. */
  visitOf: Schema.optionalKey(Schema.String),
  /** The nodes that led here by a route. */
  routedBy: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Where it chose to lead; absent: to the nodes that depend on it. */
  routes: Schema.optionalKey(Routes),
  /** What it wrote to channels, by name. */
  updates: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json)),
  /** What its attempts used up, added up. */
  usage: Schema.optionalKey(Usage),
  /** The outputs are those of the failure handler. */
  recovered: Schema.optionalKey(Schema.Boolean),
  /** When the outputs were recorded that were used again; the action was not asked. */
  cachedAtMillis: Schema.optionalKey(Schema.Finite),
  /** The outputs were edited when the run was forked. */
  edited: Schema.optionalKey(Schema.Boolean),
  /** The last error; once a failure handler has failed too, the error that it was to handle. */
  error: Schema.optionalKey(NodeError),
  handlerError: Schema.optionalKey(NodeError),
  /** The conditions were evaluated: the dependencies whose edge does not count, none of them when all count. */
  inactiveEdges: Schema.optionalKey(Schema.Array(Schema.String)),
  skipped: Schema.optionalKey(
    Schema.Struct({ reason: NodeSkipped.fields.reason, causeNodeId: Schema.optionalKey(Schema.String) })
  ),
  cancelled: Schema.optionalKey(
    Schema.Struct({ reason: NodeCancelled.fields.reason, stopped: NodeCancelled.fields.stopped })
  ),
  /** When the next attempt is due. */
  retryAtMillis: Schema.optionalKey(Schema.Finite),
  /** The failure handler is next, or it is running. */
  handling: Schema.optionalKey(Schema.Boolean),
  /** The wait that is open. */
  wait: Schema.optionalKey(WaitView.OpenWait),
  /** Signals that are kept for the wait that may come. */
  keptSignals: Schema.optionalKey(Schema.Int),
  /** The items of a node that is mapped over a list; none before the list is known. */
  items: Schema.optionalKey(ItemsView),
  /** The node whose item this is, and its place in the list. */
  itemOf: Schema.optionalKey(Schema.Struct({ nodeId: Schema.String, index: Schema.Int })),
  /** Dependencies whose end does not count yet: how many, and the first of them. */
  waitsFor: Schema.optionalKey(Schema.Struct({ count: Schema.Int, first: Schema.Array(Schema.String) }))
})
/** What people ask about one node. */
export type NodeView = typeof NodeView.Type

const outcomeOf = (node: NodeState, attempt: AttemptState): AttemptOutcome => {
  if (attempt.endedAtMillis === undefined) return "running"
  if (attempt.error !== undefined) return "failed"
  if (attempt.wait !== undefined && attempt.wait === node.wait) return "waiting"
  return node.status === "completed" ? "succeeded" : "interrupted"
}

/**
 * One attempt as people want to see it. A clock that was set back makes no attempt end before it began: its duration is
 * 0 then.
 */
export const attempt = (node: NodeState, one: AttemptState, nowMillis: number): AttemptView =>
  present({
    number: one.number,
    role: one.role,
    outcome: outcomeOf(node, one),
    startedAtMillis: one.startedAtMillis,
    endedAtMillis: one.endedAtMillis,
    durationMillis: Math.max(0, (one.endedAtMillis ?? nowMillis) - one.startedAtMillis),
    wait: one.wait && WaitView.make(one.wait),
    error: one.error,
    usage: one.usage,
    reserved: one.reserved,
    child: one.childRunId === undefined ? undefined : { runId: one.childRunId }
  })

/** Adds up what attempts used, name by name. */
export const addUsage = (total: Record<string, number>, usage: Usage = {}): void => {
  for (const [name, amount] of Object.entries(usage)) {
    // A name such as "__proto__" must become a name like any other.
    Object.defineProperty(total, name, {
      value: (Object.hasOwn(total, name) ? (total[name] ?? 0) : 0) + amount,
      enumerable: true,
      configurable: true,
      writable: true
    })
  }
}

const usageOf = (node: NodeState): Usage | undefined => {
  const total: Record<string, number> = {}
  for (const { usage } of node.attempts) addUsage(total, usage)
  return Object.keys(total).length === 0 ? undefined : total
}

const itemsOf = ({ items, spec }: NodeState): ItemsView | undefined => {
  if (spec.forEach === undefined) return undefined
  const byStatus: Record<string, number> = {}
  for (const { status } of items?.nodes ?? []) byStatus[status] = (byStatus[status] ?? 0) + 1
  return { count: items?.nodes.length ?? 0, byStatus }
}

/** The view of a node; its cost is that of the node's attempts, dependencies and items. */
export const make = (state: RunState, node: NodeState, nowMillis: number): NodeView => {
  const attempts = node.attempts.map((one) => attempt(node, one, nowMillis))
  const unsettled = isDue(node) ? [] : node.dependencies.filter((dependency) => !dependency.settled)
  const first = unsettled.slice(0, waitsForMax).map((dependency) => dependency.spec.id)
  return present({
    nodeId: node.spec.id,
    action: node.spec.action,
    flow: node.spec.flow?.name,
    description: node.spec.description,
    branch: node.spec.branch,
    status: node.status,
    grownBy: Growth.ofNode(state, node),
    attempts,
    durationMillis: attempts.reduce((sum, one) => sum + one.durationMillis, 0),
    endedAtMillis: node.endedAtMillis,
    outputs: node.outputs,
    metadata: node.metadata,
    visitOf: node.visits?.of?.spec.id,
    routedBy:
      node.visits !== undefined && isRouted(node)
        ? node.visits.routedBy.map((one) => one.spec.id)
        : undefined,
    routes: node.written?.routes,
    updates: node.written?.updates,
    usage: usageOf(node),
    recovered: node.recovered ? true : undefined,
    cachedAtMillis: node.cachedAtMillis,
    edited: node.edited ? true : undefined,
    error: node.error,
    handlerError: node.handlerError,
    inactiveEdges: node.route && [...node.route.inactive].map(({ spec }) => spec.id),
    skipped: node.skip && present({ reason: node.skip.reason, causeNodeId: node.skip.causeNodeId }),
    cancelled: node.cancel && { reason: node.cancel.reason, stopped: node.cancel.stopped },
    retryAtMillis: node.retryAtMillis,
    handling: node.handling ? true : undefined,
    wait: WaitView.ofNode(node),
    keptSignals: node.signals?.length,
    items: itemsOf(node),
    itemOf: node.list && { nodeId: node.list.spec.id, index: node.place },
    waitsFor: unsettled.length === 0 ? undefined : { count: unsettled.length, first }
  })
}

/** The view of the node of an id, or `undefined` when the run has none. */
export const ofRun = (state: RunState, nodeId: string, nowMillis: number): NodeView | undefined => {
  const node = state.byId.get(nodeId)
  return node === undefined ? undefined : make(state, node, nowMillis)
}

/** The view of a node with what is known of the child runs of its attempts. */
export const withDescendants = (view: NodeView, below: Descendants.Descendants): NodeView =>
  view.attempts.every(({ child }) => child === undefined)
    ? view
    : {
        ...view,
        attempts: view.attempts.map((one) =>
          one.child === undefined ? one : { ...one, child: Descendants.viewOf(one.child.runId, below) }
        )
      }
