/**
 * Makes a large graph small enough to look at: chains, siblings of one shape and finished branches become one item each.
 *
 * Nodes are folded by what they are (their actions, their edges, who added them), never by how their names look. A
 * group shows how many of its nodes have which status, so that a failure inside it cannot hide.
 */
import type { NodeStatus } from "../state/NodeStatus.ts"
import { contract, type Group } from "./internal/contract.ts"
import { entangled, segments, type Segment } from "./internal/segments.ts"
import type { GraphItem, GraphNode, RunGraph } from "./RunGraph.ts"

/** When nodes are folded. */
export interface FoldOptions {
  /** Fewest siblings that become one item; default 4. */
  readonly siblingsMin?: number
  /** Fewest nodes of a chain that become one item; default 6. */
  readonly chainMin?: number
  /** Branches of which all nodes have ended become one item each in graphs of more nodes than this; default 200. */
  readonly branchesAbove?: number
  /** Nodes that stay as they are. */
  readonly keep?: ReadonlySet<string>
}

/** What holds when an option is left out. */
export const defaults = { siblingsMin: 4, chainMin: 6, branchesAbove: 200 } as const

/** Folds a graph. A graph that has nothing to fold comes back with the same items and edges. */
export const fold = (graph: RunGraph, options: FoldOptions = {}): RunGraph => {
  const { branchesAbove, chainMin, keep = new Set<string>(), siblingsMin } = { ...defaults, ...options }
  const whole = graph.items.length > branchesAbove ? foldBranches(graph, keep) : graph
  const found = segments(whole, (item) => item._tag === "Node" && !keep.has(item.id))
  const groups: Array<Group> = []
  for (const siblings of alike(found)) {
    if (siblings.length >= siblingsMin) {
      groups.push(siblingsGroup(siblings))
      continue
    }
    for (const { nodes } of siblings) if (nodes.length >= chainMin) groups.push(chainGroup(nodes))
  }
  return contract(whole, groups)
}

// -- internal -------------------------------------------------------------------------------------------------------

const ended: ReadonlySet<NodeStatus | undefined> = new Set([
  undefined,
  "completed",
  "failed",
  "skipped",
  "cancelled"
])

const byBranch = (items: ReadonlyArray<GraphItem>): ReadonlyMap<string, ReadonlyArray<GraphNode>> => {
  const branches = new Map<string, Array<GraphNode>>()
  for (const item of items) {
    if (item._tag === "Group" || item.branch === undefined) continue
    const known = branches.get(item.branch)
    if (known === undefined) branches.set(item.branch, [item])
    else known.push(item)
  }
  return branches
}

/**
 * Folds finished branches. A branch whose nodes lie before and after a node outside of it would close a cycle as one
 * item, so such a branch stays as it is.
 */
const foldBranches = (graph: RunGraph, keep: ReadonlySet<string>): RunGraph => {
  const groups: Array<Group> = []
  for (const [branch, nodes] of byBranch(graph.items)) {
    const stays = nodes.some((node) => keep.has(node.id) || !ended.has(node.status))
    if (nodes.length < 2 || stays) continue
    groups.push({ id: `branch[${branch}]`, label: `branch ${branch}`, shape: "branch", nodes })
  }
  const folded = contract(graph, groups)
  const knotted = entangled(folded)
  return knotted.size === 0
    ? folded
    : contract(
        graph,
        groups.filter((group) => !knotted.has(group.id))
      )
}

/** Segments that differ in nothing but their nodes' names and statuses, together. */
const alike = (all: ReadonlyArray<Segment>): Iterable<ReadonlyArray<Segment>> => {
  const byShape = new Map<string, Array<Segment>>()
  for (const segment of all) {
    const shape = JSON.stringify([
      segment.nodes.map((node) => [
        node.action,
        node.branch,
        node.grownBy?.sequence,
        node.trigger,
        node.when,
        node.flow,
        node.step
      ]),
      segment.before,
      segment.after
    ])
    const known = byShape.get(shape)
    if (known === undefined) byShape.set(shape, [segment])
    else known.push(segment)
  }
  return byShape.values()
}

const actionsOf = (nodes: ReadonlyArray<GraphNode>): string => {
  const actions = nodes.map((node) => node.action)
  return actions.length <= 3 ? actions.join(" → ") : `${actions[0]} → … → ${actions.at(-1)}`
}

const siblingsGroup = (siblings: ReadonlyArray<Segment>): Group => {
  const first = siblings[0]?.nodes ?? []
  return {
    id: `siblings[${first[0]?.id}]`,
    label: `${actionsOf(first)} ×${siblings.length}`,
    shape: "siblings",
    nodes: siblings.flatMap(({ nodes }) => nodes)
  }
}

const chainGroup = (nodes: ReadonlyArray<GraphNode>): Group => ({
  id: `chain[${nodes[0]?.id}]`,
  label: `${nodes[0]?.label} → … → ${nodes.at(-1)?.label} (${nodes.length} nodes)`,
  shape: "chain",
  nodes
})
