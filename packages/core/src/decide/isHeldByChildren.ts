import type { RunState } from "@dagflow/protocol"
import type { Frontier } from "./Frontier.ts"

/**
 * Whether all that is ready waits for child runs that go on: the strategy holds it back as long as they do, or they have reserved
 * what is left of its budget.
 */
export const isHeldByChildren = (state: RunState.RunState, frontier: Frontier): boolean => {
  if (state.children.size === 0 || state.inFlight > 0) return false
  const { first } = frontier
  return first === undefined || frontier.holds(state, first)
}
