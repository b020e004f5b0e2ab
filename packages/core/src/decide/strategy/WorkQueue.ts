/**
 * One priority after the other: while an attempt of some priority is in flight, nothing of a smaller one starts, even if
 * slots are free. Where all priorities are equal this is the reactive strategy.
 */
import { byPriority } from "./byPriority.ts"
import type { Strategy } from "./Strategy.ts"

/** Nothing starts beside an attempt of a greater priority. Nodes that are retried or wait hold nobody up. */
export const workQueue: Strategy = {
  isBefore: byPriority,
  holds: (state, node, ready) => (node.spec.priority ?? 0) < ready.urgency(state)
}
