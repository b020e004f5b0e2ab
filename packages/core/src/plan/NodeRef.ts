/** A node of a flow under construction, as later nodes refer to it. */
import type { ValueRef } from "./ValueRef.ts"

/** Marks nodes of flows under construction. */
export const TypeId = "~@dagflow/core/NodeRef"

/**
 * A node of a flow under construction.
 *
 * `FlowName` is the name of its flow, `O` are the outputs of its action.
 *
 * **Example** (A function that adds nodes)
 * ```ts
 * const fetchPage = <Name extends string>(
 *   f: FlowBuilder.FlowBuilder<Name>,
 *   page: number
 * ): NodeRef.NodeRef<Name, { rows: ReadonlyArray<Row> }> => f.node(`page-${page}`, fetch, { page })
 * ```
 */
export interface NodeRef<out FlowName extends string, out O = unknown> {
  readonly [TypeId]: NodeOrigin
  readonly id: string
  /** The outputs of the node, by name. */
  readonly out: Values<FlowName, O>
  readonly _types?: () => O
}

/** References to the members of an object, by their keys. */
export type Values<FlowName extends string, O> = {
  readonly [K in keyof O & string]-?: ValueRef<FlowName, O[K]>
}

/** The outputs of a node. */
export type Outputs<N> = N extends NodeRef<string, infer O> ? O : never

/** Whether a value is a node of a flow under construction. */
export const isNodeRef = (value: unknown): value is NodeRef<string> =>
  typeof value === "object" && value !== null && TypeId in value

/** What the builder knows of a node. */
export interface NodeOrigin {
  /** The flow under construction that the node belongs to. */
  readonly flow: object
}
