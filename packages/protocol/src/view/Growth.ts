/** How a run grew: which event added nodes, and what that event goes back to. */
import * as Schema from "effect/Schema"
import type { NodeState } from "../state/NodeState.ts"
import type { GrowthRecord, RunState } from "../state/RunState.ts"
import { present } from "./internal/present.ts"

/** One event that added nodes to a run. */
export const Growth = Schema.Struct({
  /** The event's number in the log. */
  sequence: Schema.Int,
  atMillis: Schema.Finite,
  nodeCount: Schema.Int,
  /** The round of growth that it belongs to, from 1: all that one answer of a hook adds is one. Items of lists are in none of their own. */
  round: Schema.optionalKey(Schema.Int),
  /** A loop came back to nodes that had run, and they are visited once more. */
  isLoop: Schema.optionalKey(Schema.Boolean),
  /** The hook whose answer added the nodes. */
  hook: Schema.optionalKey(Schema.String),
  /** The command that added them, when it had an id. */
  commandId: Schema.optionalKey(Schema.String),
  /** The node whose event the hook answered to; without a hook, the node whose list the nodes are the items of. */
  nodeId: Schema.optionalKey(Schema.String)
})
/** One event that added nodes to a run. */
export type Growth = typeof Growth.Type

const make = (record: GrowthRecord): Growth => {
  const { atMillis, commandId, hook, isLoop, nodeCount, nodeId, round, sequence } = record
  return present({
    sequence,
    atMillis,
    nodeCount,
    round,
    isLoop: isLoop || undefined,
    hook,
    commandId,
    nodeId
  })
}

/** The events that added nodes to a run after its start, in the order of its log. */
export const ofRun = (state: RunState): ReadonlyArray<Growth> => [...state.growth.values()].map(make)

/** The event that added a node, or `undefined` for a node of the definition. */
export const ofNode = (state: RunState, node: NodeState): Growth | undefined => {
  const record = state.growth.get(node.addedBySequence)
  return record === undefined ? undefined : make(record)
}

/**
 * Says who grew the run.
 *
 * **Example**
 * ```ts
 * Growth.describe({ sequence: 412, atMillis: 0, nodeCount: 24, hook: "onItems", nodeId: "split" })
 * // => `hook "onItems" in answer to "split", event 412`
 * ```
 */
export const describe = (growth: Growth): string => {
  const { commandId, hook, isLoop, nodeId, sequence } = growth
  if (isLoop === true) return `a loop, event ${sequence}`
  // Only a hook answers to a node; without one, the nodes are the items of that node's own list.
  if (hook === undefined && nodeId !== undefined) return `the list of "${nodeId}", event ${sequence}`
  const command = commandId === undefined ? "a command" : `command "${commandId}"`
  const answer = nodeId === undefined ? "" : ` in answer to "${nodeId}"`
  return `${hook === undefined ? command : `hook "${hook}"${answer}`}, event ${sequence}`
}
