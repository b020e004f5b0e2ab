/** What becomes of a node that is mapped over a list: it expands once, and ends when all its items have. */
import { type Event, ForEach, type NodeError, type NodeState, SubFlow } from "@dagflow/protocol"
import type { KnownActions } from "./knownActions.ts"
import type { Frontier } from "./Frontier.ts"
import type { Turn } from "./Turn.ts"

type Node = NodeState.NodeState

/** Fails a node that cannot expand. It has no items, and so nothing that a retry policy could mend. */
const failList = (turn: Turn, node: Node, error: NodeError.NodeError): void =>
  turn.record({ _tag: "NodeFailed", nodeId: node.spec.id, attempt: node.attempt + 1, error })

/** Whether a node still has to become its items. */
export const mustExpand = (node: Node): boolean =>
  node.spec.forEach !== undefined && node.items === undefined && node.status === "pending"

/** Expands a node to the items of its list, all of them at once; a list that is still being read is waited for. */
export const expand = (turn: Turn, frontier: Frontier, node: Node, actions: KnownActions): void => {
  const { config, nodes } = turn.state
  if (node.route?.error !== undefined) return failList(turn, node, node.route.error)
  const length = actions.lengthOf(node)
  if (length._tag === "Awaited") return void frontier.awaited.add(node)
  if (length._tag === "Failed") return failList(turn, node, length.error)
  const { count } = length
  const total = nodes.length + count
  if (total > config.nodesMax) {
    const message = `its list has ${count} values, and with them the run has ${total} nodes of at most ${config.nodesMax} (nodesMax)`
    return failList(turn, node, { cause: "TooManyNodes", tag: "TooManyNodes", message, isRetryable: false })
  }
  turn.record({ _tag: "NodeExpanded", nodeId: node.spec.id, attempt: node.attempt + 1, count })
}

/** The outputs of a node with items: for each name the list of what they gave, by reference. */
const outputsOf = (node: Node, actions: KnownActions): Record<string, ForEach.ItemsReference> => {
  const { action, id, outputs = [] } = node.spec
  const items = node.items?.nodes ?? []
  const names = new Set([
    ...outputs.map(({ name }) => name),
    ...(SubFlow.outputNames(node.spec) ?? actions.outputNames(action))
  ])
  for (const item of items) for (const name in item.outputs) names.add(name)
  return Object.fromEntries([...names].map((name) => [name, ForEach.itemsReference(id, name, items.length)]))
}

/**
 * The items behind an output of a node; `undefined` when the output is a value of its own, or there is none of that name. Where
 * no item gave anything, and the action does not say what it gives, any name may be one.
 */
export const itemsBehind = (node: Node | undefined, output: string): ReadonlyArray<Node> | undefined => {
  if (node?.items === undefined || node.outputs === undefined) return undefined
  const isOpen = Object.keys(node.outputs).length === 0
  return isOpen || ForEach.isItemsReference(node.outputs[output]) ? node.items.nodes : undefined
}

/** What a node gave; in the place of what its items gave are the lists of it. */
export const givenOutputs = (node: Node | undefined): Event.Outputs | undefined => {
  if (node?.items === undefined || node.outputs === undefined) return node?.outputs
  return Object.fromEntries(
    Object.entries(node.outputs).map(([name, value]) => {
      const items = itemsBehind(node, name)
      return [name, items === undefined ? value : items.map((item) => item.outputs?.[name] ?? null)]
    })
  )
}

/** Lets the next items of a list start, or completes their node when none is left. */
export const attendItems = (turn: Turn, frontier: Frontier, node: Node, actions: KnownActions): void => {
  const { items } = node
  if (items === undefined || node.status !== "running") return
  if (items.unsettled > 0) return frontier.letIn(node)
  const nodeId = node.spec.id
  const outputs = outputsOf(node, actions) as unknown as Readonly<Record<string, never>>
  turn.record({ _tag: "NodeCompleted", nodeId, attempt: node.attempt, outputs })
}
