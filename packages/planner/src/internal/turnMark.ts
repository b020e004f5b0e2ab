/** Tells the actions of planners' turns from others, so that a planner can be a tool of another one. */
import type { Action } from "@dagflow/core"

const turnKey = Symbol.for("@dagflow/planner/Turn")

/** The same action, known as one of a planner's turns. */
export const markTurn = <A extends Action.Any>(action: A): A => ({ ...action, [turnKey]: true })

/** Whether an action is that of a planner's turns. */
export const isTurn = (action: Action.Any): boolean => turnKey in action
