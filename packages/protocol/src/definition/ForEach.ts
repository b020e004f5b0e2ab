/**
 * How a node is mapped over a list: once the list is known, the node expands to one item node for each value of it, named
 * `name[0]`, `name[1]` … An item is a node of its own, with attempts, retries and an end of its own.
 *
 * Inside the inputs of such a node `each.item` is the value of the list and `each.index` its place, from 0 on.
 */
import * as Schema from "effect/Schema"
import { Binding } from "./Binding.ts"
import { Expression } from "./Expression.ts"
import { FailurePolicy } from "./FailurePolicy.ts"
import type { NodeSpec } from "./NodeSpec.ts"

/** A list that an expression makes of the data of the run. It is evaluated once, when the node expands. */
export const MadeList = Schema.Struct({ expression: Expression })
/** A list that an expression makes of the data of the run. */
export type MadeList = typeof MadeList.Type

/** Where a list comes from: it is given, referred to, put together item by item, or made by an expression. */
export const Items = Schema.Union([Binding, MadeList])
/** Where a list comes from. */
export type Items = typeof Items.Type

/** Whether a list is made by an expression. */
export const isMade = (items: Items | undefined): items is MadeList =>
  typeof items === "object" && items !== null && "expression" in items

/** How a node is mapped over a list. */
export const ForEach = Schema.Struct({
  /** Where the list comes from: a literal list, a reference to one, a list put together item by item, or an expression. */
  items: Items,
  /**
   * Attempts of items in flight at once, 1 to 10,000; default: as many as the run allows, and of a flow as many child runs as the
   * run has slots, which is its `maxParallel`.
   */
  maxParallel: Schema.optionalKey(
    Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 10_000 })))
  ),
  /** What happens once an item has failed for good; default: the node's `onFailure`, else the flow's. */
  onItemFailure: Schema.optionalKey(FailurePolicy)
})
/** How a node is mapped over a list. */
export type ForEach = typeof ForEach.Type

/**
 * How many items of a node have an attempt in flight at once, at most, in a run of this `maxParallel`. Attempts of actions take
 * slots, which bound them; those that go on as child runs take none, and each brings slots of its own.
 */
export const boundOf = ({ flow, forEach }: Pick<NodeSpec, "flow" | "forEach">, maxParallel: number): number =>
  forEach?.maxParallel ?? (flow === undefined ? Infinity : maxParallel)

/** The id of an item. Nobody else can have it, since brackets are not allowed in ids that people give. */
export const itemId = (nodeId: string, index: number): string => `${nodeId}[${index}]`

/**
 * The definition of an item. It is what its node says, without what is about the node as a whole: when it starts, and what
 * it is mapped over.
 *
 * **Example**
 * ```ts
 * ForEach.itemSpec({ id: "sum", action: "add", forEach: { items: { ref: "load.rows" } }, dependencies: ["load"] }, 2)
 * // => { id: "sum[2]", action: "add" }
 * ```
 */
export const itemSpec = (spec: NodeSpec, index: number): NodeSpec => {
  const { dependencies: _waits, enabled: _enabled, forEach, trigger: _trigger, when: _when, ...rest } = spec
  const onFailure = forEach?.onItemFailure ?? spec.onFailure
  return { ...rest, id: itemId(spec.id, index), ...(onFailure !== undefined && { onFailure }) }
}

/** What stands in the log for an output of a node with items: the ordered list of what its items gave, by reference. */
export interface ItemsReference {
  /** Names the outputs of the items, for instance `sum[*].total`. */
  readonly $items: string
  /** How many items there are. */
  readonly count: number
}

/** The reference to one output of all items of a node. */
export const itemsReference = (nodeId: string, output: string, count: number): ItemsReference => ({
  $items: `${nodeId}[*].${output}`,
  count
})

/** Whether an output of a node with items is the reference to those of its items; an edited one is a list of its own. */
export const isItemsReference = (value: Schema.Json | undefined): boolean =>
  typeof value === "object" && value !== null && "$items" in value
