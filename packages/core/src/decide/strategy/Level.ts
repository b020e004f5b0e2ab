/** One topological level after the other. */
import type { NodeState } from "@dagflow/protocol"
import { byPriority } from "./byPriority.ts"
import { isIdle } from "./isIdle.ts"
import type { Strategy } from "./Strategy.ts"

const isBefore = (a: NodeState.NodeState, b: NodeState.NodeState): boolean =>
  a.level === b.level ? byPriority(a, b) : a.level < b.level

/**
 * Nothing of a level starts before what runs in the levels above it has ended, retries included. Nodes that wait hold the
 * next level up as long as anything else runs.
 */
export const level: Strategy = {
  isBefore,
  holds: (state, node) => node.level > state.level && !isIdle(state)
}
