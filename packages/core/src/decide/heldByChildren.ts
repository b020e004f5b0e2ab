import type { RunState } from "@dagflow/protocol"
import type { Frontier } from "./Frontier.ts"

/** Whether no list of a run could expand at once: a step that child runs keep open comes first. */
export const areListsHeld = (
  { children, status, step }: RunState.RunState,
  { lists }: Pick<Frontier, "lists">
): boolean => lists.size === 0 || status === "paused" || (children.size > 0 && step?.isOpen === true)

/**
 * Whether all that is ready waits for child runs that go on: the strategy holds it back as long as they do, or they have reserved
 * what is left of its budget.
 */
export const isHeldByChildren = (state: RunState.RunState, frontier: Frontier): boolean => {
  if (state.children.size === 0 || state.inFlight > 0) return false
  const { first } = frontier
  return first === undefined || frontier.holds(state, first)
}
