/** Tells the actions of planners' turns from others, so that a planner can be a tool of another one. */
import type { Action } from "@dagflow/core"
import type { NodeSpec } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"
import type { Record } from "../Turn.ts"

const turnKey = Symbol.for("@dagflow/planner/Turn")

/** What nodes of turns are given. */
export type TurnSettings = Pick<NodeSpec.NodeDraft, "retry" | "timeoutMillis" | "priority">

/** What whoever calls a planner knows of its loop. */
export interface TurnMark {
  /** What the turns are given that are added to a run. */
  readonly turns: TurnSettings
  /** Whether its conversations may have more than one turn. */
  readonly goesOn: boolean
  /** What a turn tells as the last of its conversation (its text, or `told`), or `undefined` when another one follows. */
  readonly endOf: (record: Record) => { readonly told?: Schema.Json } | undefined
}

/** The same action, known as one of a planner's turns. */
export const markTurn = <A extends Action.Any>(action: A, mark: TurnMark): A => ({
  ...action,
  [turnKey]: mark
})

/** What is known of an action as one of a planner's turns; nothing of any other action. */
export const turnMark = (action: Action.Any): TurnMark | undefined =>
  (action as { readonly [turnKey]?: TurnMark })[turnKey]
