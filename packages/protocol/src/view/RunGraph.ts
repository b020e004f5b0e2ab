/**
 * The graph of a flow or of a run: one model for every picture and every export.
 *
 * The graph of a definition and that of its run have the same nodes with the same ids; the run adds statuses and what
 * has grown. `GraphFold` makes large graphs small, `GraphFocus` cuts out the surroundings of a node.
 */
import * as Schema from "effect/Schema"
import * as Dependency from "../definition/Dependency.ts"
import type { FlowSpec } from "../definition/FlowSpec.ts"
import * as NodeBindings from "../definition/NodeBindings.ts"
import * as NodeExpressions from "../definition/NodeExpressions.ts"
import type { NodeSpec } from "../definition/NodeSpec.ts"
import { TriggerRule } from "../definition/TriggerRule.ts"
import type { NodeState } from "../state/NodeState.ts"
import type { RunState } from "../state/RunState.ts"
import { countedOf } from "../state/VisitState.ts"
import * as Growth from "./Growth.ts"
import { present } from "./internal/present.ts"
import { NodeStatus } from "./NodeView.ts"

/** A node of a flow or of a run. */
export const GraphNode = Schema.TaggedStruct("Node", {
  id: Schema.String,
  label: Schema.String,
  action: Schema.String,
  description: Schema.optionalKey(Schema.String),
  branch: Schema.optionalKey(Schema.String),
  /** When it starts, if that is not after the success of all its dependencies. */
  trigger: Schema.optionalKey(TriggerRule),
  /** The condition on which it starts. */
  when: Schema.optionalKey(Schema.String),
  /** The node is skipped when its turn comes. */
  disabled: Schema.optionalKey(Schema.Boolean),
  /** Where it stands; absent in the graph of a definition. */
  status: Schema.optionalKey(NodeStatus),
  /** Its attempts so far, once there are any. */
  attempts: Schema.optionalKey(Schema.Int),
  /** Its last error in one line, unless it has completed all the same. */
  error: Schema.optionalKey(Schema.String),
  /** The node that it is a later visit of. */
  visitOf: Schema.optionalKey(Schema.String),
  /** The last step whose frontier it was in, of a run by the strategy `superstep`. */
  step: Schema.optionalKey(Schema.Int),
  /** The flow that it runs in the place of an action. */
  flow: Schema.optionalKey(Schema.String),
  /** The child run that its last attempt goes on as, or went on as. */
  childRunId: Schema.optionalKey(Schema.String),
  /** The graph of that run, or of that flow, when it is to be drawn inside of the node. */
  inner: Schema.optionalKey(Schema.suspend((): Schema.Codec<RunGraph> => RunGraph)),
  /** Who added it while the run went on. */
  grownBy: Schema.optionalKey(Growth.Growth)
})
/** A node of a flow or of a run. */
export type GraphNode = typeof GraphNode.Type

/** How many nodes of a group have which status; statuses that none has are left out. */
export const StatusCounts = Schema.Record(Schema.String, Schema.Int)

/** Several nodes that are shown as one. */
export const GraphGroup = Schema.TaggedStruct("Group", {
  id: Schema.String,
  label: Schema.String,
  /** A chain of nodes, siblings of one shape, or a branch. */
  shape: Schema.Literals(["chain", "siblings", "branch"]),
  nodeIds: Schema.Array(Schema.String),
  /** The worst status among its nodes; absent in the graph of a definition. */
  status: Schema.optionalKey(NodeStatus),
  counts: StatusCounts,
  /** The first of its nodes that has failed. */
  failedNodeId: Schema.optionalKey(Schema.String),
  /** How many of its nodes were added while the run went on. */
  grownCount: Schema.Int,
  /** The step that all of its nodes were in, if they were in one. */
  step: Schema.optionalKey(Schema.Int)
})
/** Several nodes that are shown as one. */
export type GraphGroup = typeof GraphGroup.Type

/** A node or a group of nodes: what a picture draws as one card. */
export const GraphItem = Schema.Union([GraphNode, GraphGroup])
/** A node or a group of nodes: what a picture draws as one card. */
export type GraphItem = typeof GraphItem.Type

/**
 * What an edge means.
 *
 * - `data`: an input of the target, the list that it is mapped over, or one of its conditions reads the source. Expressions are
 *   read once `Expression.load` has run. `order`: the target only waits for the source.
 * - `route`: the source led to the target, as a node of a loop does.
 * - `recovery`: the target was added in answer to the failure of the source.
 * - `growth`: a hook added the target in answer to an event of the source, and the target does not wait for it.
 * - `inside`: the target belongs to the flow that the source runs. Pictures have it that cannot draw that flow as a frame.
 */
export const EdgeKind = Schema.Literals(["data", "order", "route", "recovery", "growth", "inside"])
/** What an edge means. */
export type EdgeKind = typeof EdgeKind.Type

/** An edge between two items. `count` tells how many edges of the nodes it stands for. */
export const GraphEdge = Schema.Struct({
  from: Schema.String,
  to: Schema.String,
  kind: EdgeKind,
  count: Schema.Int,
  /** The condition on which the edge counts. */
  when: Schema.optionalKey(Schema.String),
  /** The condition was false: the edge counts as skipped. */
  inactive: Schema.optionalKey(Schema.Boolean)
})
/** An edge between two items. */
export type GraphEdge = typeof GraphEdge.Type

const ofItself = {
  flow: Schema.String,
  /** The run and where it stands; absent in the graph of a definition. */
  runId: Schema.optionalKey(Schema.String),
  status: Schema.optionalKey(Schema.Literals(["running", "paused", "completed", "failed", "cancelled"])),
  sequence: Schema.optionalKey(Schema.Int),
  /** Nodes of the flow or run, folded and hidden ones included, and without those of flows inside of its nodes. */
  nodeCount: Schema.Int,
  /** Nodes of the flow or run that this graph leaves out. */
  hiddenCount: Schema.Int
}

/** The graph of a flow or of a run. */
export type RunGraph = Schema.Struct.Type<typeof ofItself> & {
  readonly items: ReadonlyArray<GraphItem>
  readonly edges: ReadonlyArray<GraphEdge>
}
/** The graph of a flow or of a run. */
export const RunGraph: Schema.Codec<RunGraph> = Schema.Struct({
  ...ofItself,
  items: Schema.Array(GraphItem),
  edges: Schema.Array(GraphEdge)
})

/**
 * The graph of a definition. It is drawn as far as it makes sense: dependencies on nodes that do not exist, and further
 * nodes of an id that is taken, are left out.
 */
export const ofFlow = (flow: FlowSpec): RunGraph => {
  const specs = new Map<string, NodeSpec>()
  for (const spec of flow.nodes) if (!specs.has(spec.id)) specs.set(spec.id, spec)
  const edges: Array<GraphEdge> = []
  for (const spec of specs.values()) {
    const referred = nodesRead(spec)
    for (const dependency of Dependency.withNodes(spec.dependencies, referred)) {
      const from = Dependency.nodeOf(dependency)
      if (!specs.has(from) || from === spec.id) continue
      const kind: EdgeKind = referred.has(from) ? "data" : "order"
      edges.push(present({ from, to: spec.id, kind, count: 1, when: Dependency.conditionOf(dependency) }))
    }
  }
  const items = [...specs.values()].map((spec) => item(spec, {}))
  return { flow: flow.name, nodeCount: items.length, hiddenCount: 0, items, edges }
}

/** The graph of a run: its nodes and edges as they are now. */
export const ofRun = (state: RunState): RunGraph => ({
  flow: state.flow?.name ?? "",
  runId: state.runId,
  status: state.status,
  sequence: state.sequence,
  nodeCount: state.nodes.length,
  hiddenCount: 0,
  items: state.nodes.map((node) =>
    item(node.spec, {
      disabled: node.enabled ? undefined : true,
      status: node.status,
      attempts: node.attempt === 0 ? undefined : node.attempt,
      error:
        node.status === "completed" ? undefined : node.error && `${node.error.tag}: ${node.error.message}`,
      visitOf: node.visits?.of?.spec.id,
      step: node.step === 0 ? undefined : node.step,
      childRunId: node.attempts.at(-1)?.childRunId,
      grownBy: Growth.ofNode(state, node)
    })
  ),
  edges: state.nodes.flatMap((node) => edgesTo(state, node))
})

/** The nodes that an item stands for. */
export const nodeIdsOf = (one: GraphItem): ReadonlyArray<string> =>
  one._tag === "Node" ? [one.id] : one.nodeIds

// -- internal -------------------------------------------------------------------------------------------------------

/** The nodes whose outputs a node reads: by its inputs, by its list, and by its expressions. */
const nodesRead = (spec: NodeSpec): ReadonlySet<string> =>
  new Set([
    ...NodeBindings.referencedNodes(spec).keys(),
    ...(NodeExpressions.isIn(spec) ? NodeExpressions.nodesRead(spec) : [])
  ])

const conditionOf = (spec: NodeSpec, from: string): string | undefined => {
  const edge = spec.dependencies?.find((one) => Dependency.nodeOf(one) === from)
  return edge && Dependency.conditionOf(edge)
}

interface NodeFacts {
  readonly disabled?: boolean | undefined
  readonly status?: NodeState["status"]
  readonly attempts?: number | undefined
  readonly error?: string | undefined
  readonly visitOf?: string | undefined
  readonly step?: number | undefined
  readonly childRunId?: string | undefined
  readonly grownBy?: Growth.Growth | undefined
}

const item = (spec: NodeSpec, facts: NodeFacts): GraphNode =>
  present({
    _tag: "Node" as const,
    id: spec.id,
    label: spec.id,
    action: spec.action,
    description: spec.description,
    branch: spec.branch,
    when: spec.when,
    trigger: spec.trigger === "all_success" ? undefined : spec.trigger,
    disabled: facts.status === undefined && spec.enabled === false ? true : facts.disabled,
    status: facts.status,
    attempts: facts.attempts,
    error: facts.error,
    visitOf: facts.visitOf,
    step: facts.step,
    flow: spec.flow?.name,
    childRunId: facts.childRunId,
    grownBy: facts.grownBy
  })

/** The edges that end at a node. A node that grew and waits for nothing still shows where it came from. */
const edgesTo = (state: RunState, node: NodeState): ReadonlyArray<GraphEdge> => {
  const to = node.spec.id
  const referred = nodesRead(node.spec)
  const routers = new Set(node.visits?.routedBy)
  const edges = node.dependencies.map((dependency): GraphEdge => {
    const { id } = dependency.spec
    // In a loop a later visit may count in the place of the dependency.
    const counted = countedOf(node, dependency)
    const from = counted.spec.id
    if (routers.delete(counted)) return { from, to, kind: "route", count: 1 }
    const kind: EdgeKind = node.met?.has(id) === true ? "recovery" : referred.has(id) ? "data" : "order"
    const when = node.isConditional ? conditionOf(node.spec, id) : undefined
    const inactive = node.route?.inactive.has(dependency) === true ? true : undefined
    return present({ from, to, kind, count: 1, when, inactive })
  })
  // What led here need not be among what the node waits for.
  for (const { spec } of routers) edges.push({ from: spec.id, to, kind: "route", count: 1 })
  const parent = state.growth.get(node.addedBySequence)?.nodeId
  if (edges.length > 0 || parent === undefined) return edges
  return [{ from: parent, to, kind: "growth", count: 1 }]
}
