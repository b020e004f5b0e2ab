import type { NodeStatus } from "../../state/NodeStatus.ts"
import { present } from "./present.ts"
import {
  type GraphEdge,
  type GraphGroup,
  type GraphItem,
  type GraphNode,
  nodeIdsOf,
  type RunGraph
} from "../RunGraph.ts"

/** Nodes that become one item. */
export interface Group {
  readonly id: string
  readonly label: string
  readonly shape: GraphGroup["shape"]
  readonly nodes: ReadonlyArray<GraphNode>
}

/** The statuses of a node, the one that people have to know about first. */
const worstFirst: ReadonlyArray<NodeStatus> = [
  "failed",
  "waiting",
  "retrying",
  "running",
  "pending",
  "cancelled",
  "skipped",
  "completed"
]

const groupItem = ({ id, label, nodes, shape }: Group): GraphGroup => {
  const counts = worstFirst
    .map((status) => [status, nodes.filter((node) => node.status === status).length] as const)
    .filter(([, count]) => count > 0)
  return present({
    _tag: "Group" as const,
    id,
    label,
    shape,
    nodeIds: nodes.flatMap(nodeIdsOf),
    status: counts[0]?.[0],
    counts: Object.fromEntries(counts),
    failedNodeId: nodes.find((node) => node.status === "failed")?.id,
    grownCount: nodes.filter((node) => node.grownBy !== undefined).length,
    step: nodes.every(({ step }) => step === nodes[0]?.step) ? nodes[0]?.step : undefined
  })
}

/**
 * Replaces groups of nodes by one item each, at the place of their first node. Edges inside a group go, edges of one
 * kind and condition between the same two items become one.
 */
export const contract = (graph: RunGraph, groups: ReadonlyArray<Group>): RunGraph => {
  if (groups.length === 0) return graph
  const groupOf = new Map<string, Group>()
  for (const group of groups) for (const { id } of group.nodes) groupOf.set(id, group)
  const done = new Set<Group>()
  const items: Array<GraphItem> = []
  for (const item of graph.items) {
    const group = groupOf.get(item.id)
    if (group === undefined) items.push(item)
    else if (!done.has(group)) {
      done.add(group)
      items.push(groupItem(group))
    }
  }
  const edges = new Map<string, GraphEdge>()
  for (const edge of graph.edges) {
    const from = groupOf.get(edge.from)?.id ?? edge.from
    const to = groupOf.get(edge.to)?.id ?? edge.to
    if (from === to) continue
    const key = JSON.stringify([from, to, edge.kind, edge.when, edge.inactive])
    edges.set(key, { ...edge, from, to, count: edge.count + (edges.get(key)?.count ?? 0) })
  }
  return { ...graph, items, edges: [...edges.values()] }
}
