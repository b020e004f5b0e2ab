/**
 * Nodes that are told about together once there are more than a few of them, so that a run of ten thousand nodes can be
 * read.
 *
 * Nodes of the definition belong together when they have the same action and wait for the same nodes; in large
 * definitions the action alone decides. Grown nodes belong together when the same hook added them with the same action, and
 * items when they are of the same list.
 */
import type { NodeState, NodeStatus, RunState } from "@dagflow/protocol"
import { number } from "../output/Phrase.ts"

/** More nodes than this are told about as a group. */
export const individualMax = 20

/** In definitions with more nodes than this, all nodes of an action belong together. */
export const declaredMax = 200

/** Nodes that are told about together. */
export interface Group {
  readonly label: string
  total: number
  readonly ended: Record<"completed" | "failed" | "skipped" | "cancelled", number>
  retries: number
  /** Tenths of the group that had ended when it was last told about. */
  toldTenths: number
  toldAtMillis: number
  /** Something has changed since then. */
  isStale: boolean
  /** How long the group stays silent between two tenths; it grows, so that a long run does not write for ever. */
  silenceMillis: number
}

const silenceFirstMillis = 5000
const silenceMaxMillis = 30_000

/** The groups of one run. */
export interface Groups {
  /** Takes nodes into their groups. */
  readonly add: (nodes: Iterable<NodeState.NodeState>, state: RunState.RunState, atMillis: number) => void
  /** The group of a node. */
  readonly of: (nodeId: string) => Group | undefined
  readonly all: () => Iterable<Group>
}

/** Makes the groups of a run that has no nodes yet. */
export const make = (): Groups => {
  const byKey = new Map<string, Group>()
  const byNode = new Map<string, Group>()
  return {
    add: (nodes, state, atMillis) => {
      for (const node of nodes) {
        const [key, label] = identify(node, state)
        const known = byKey.get(key)
        const group = known ?? empty(label, atMillis)
        if (known === undefined) byKey.set(key, group)
        group.total++
        byNode.set(node.spec.id, group)
      }
    },
    of: (nodeId) => byNode.get(nodeId),
    all: () => byKey.values()
  }
}

/** Whether the nodes of a group are told about together. */
export const isLarge = (group: Group): boolean => group.total > individualMax

/** How many nodes of a group have ended. */
export const endedCount = ({ ended }: Group): number =>
  ended.completed + ended.failed + ended.skipped + ended.cancelled

/** Counts the end of a node. */
export const end = (group: Group, status: NodeStatus.NodeStatus): void => {
  if (status !== "completed" && status !== "failed" && status !== "skipped" && status !== "cancelled") return
  group.ended[status]++
  group.isStale = true
}

/** Whether a group has news: another tenth of it has ended, or it has been silent for long enough. */
export const isDue = (group: Group, nowMillis: number): boolean => {
  if (!group.isStale || !isLarge(group)) return false
  return tenths(group) > group.toldTenths || nowMillis - group.toldAtMillis >= group.silenceMillis
}

/** Says where a group stands, and remembers that it was said. */
export const tell = (group: Group, nowMillis: number): string => {
  const reached = tenths(group)
  if (reached <= group.toldTenths) {
    group.silenceMillis = Math.min(silenceMaxMillis, group.silenceMillis * 2)
  }
  group.toldTenths = Math.max(group.toldTenths, reached)
  group.toldAtMillis = nowMillis
  group.isStale = false
  return describe(group)
}

/** Says where a group stands: `6/24 completed, 1 failed`. */
export const describe = ({ ended, retries, total }: Group): string => {
  const others = (["failed", "skipped", "cancelled"] as const)
    .filter((status) => ended[status] > 0)
    .map((status) => `, ${number(ended[status])} ${status}`)
  const again = retries === 0 ? "" : `, ${number(retries)} ${retries === 1 ? "retry" : "retries"}`
  return `${number(ended.completed)}/${number(total)} completed${others.join("")}${again}`
}

// -- internal -------------------------------------------------------------------------------------------------------

const tenths = (group: Group): number => Math.floor((10 * endedCount(group)) / group.total)

const empty = (label: string, atMillis: number): Group => ({
  label,
  total: 0,
  ended: { completed: 0, failed: 0, skipped: 0, cancelled: 0 },
  retries: 0,
  toldTenths: 0,
  toldAtMillis: atMillis,
  isStale: false,
  silenceMillis: silenceFirstMillis
})

/** The key of a node's group and what it is called. */
const identify = (node: NodeState.NodeState, state: RunState.RunState): readonly [string, string] => {
  const { action } = node.spec
  if (node.list !== undefined) return [`items ${node.list.spec.id}`, `${node.list.spec.id}[*]`]
  const growth = state.growth.get(node.addedBySequence)
  if (growth !== undefined) {
    const by = growth.hook === undefined ? "a command" : `hook ${growth.hook}`
    return [`grown ${growth.hook ?? ""} ${action}`, `${action} (grown by ${by})`]
  }
  const isLargeFlow = (state.flow?.nodes.length ?? 0) > declaredMax
  const before = isLargeFlow ? [] : node.dependencies.map((dependency) => dependency.spec.id)
  return [JSON.stringify(["declared", action, before]), action]
}
