/** Lets an action bring along what a model is shown of it, where its input schema is not what says that. */
import type { Action } from "@dagflow/core"
import type { Definition } from "../Tool.ts"

const definitionKey = Symbol.for("@dagflow/planner/Definition")

/** The same action with its definition as a tool. */
export const defined = <A extends Action.Any>(action: A, definition: Definition): A => ({
  ...action,
  [definitionKey]: definition
})

/** The definition that an action brings along. */
export const definitionOf = (action: Action.Any): Definition | undefined =>
  (action as { readonly [definitionKey]?: Definition })[definitionKey]
