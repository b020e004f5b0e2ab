/**
 * Values that exist only while a run runs: inputs of the run, outputs of nodes, and what is inside them. A node takes
 * them as its inputs, and the compiler checks that they are of the type that the node's action asks for.
 */
import type { Binding } from "@dagflow/protocol"
import type * as Schema from "effect/Schema"

/** Marks sources. */
export const TypeId = "~@dagflow/core/ValueRef"

/**
 * Where an input of a node may come from, other than a literal.
 *
 * `FlowName` is the name of the flow that the value belongs to, so that nodes of other flows cannot take it. A source of
 * any flow, such as a text with variables of the environment, has `never` there.
 */
export interface ValueSource<out FlowName extends string, out A> {
  readonly [TypeId]: Origin
  readonly _types?: () => [FlowName, A]
}

/**
 * A value of a run: one of its inputs, an output of a node, or something inside one of those.
 *
 * A value that may be missing has `undefined` in its type and fits no input before `or` has given it a default.
 */
export interface ValueRef<out FlowName extends string, out A> extends ValueSource<FlowName, A> {
  /**
   * The value at a key of an object or at an index of a list.
   *
   * **Gotchas**
   * Whether a list is long enough is seen while the run runs: where nothing is, the node that takes the value fails with
   * `MissingReference`, unless `or` has given a default.
   */
  at<B, const K extends KeyOf<B>>(this: ValueSource<FlowName, B>, key: K): ValueRef<FlowName, ValueAt<B, K>>
  /** The same value, or the given literal where there is none. */
  or<B, const C extends Schema.Json>(
    this: ValueSource<FlowName, B>,
    literal: C
  ): ValueSource<FlowName, Exclude<B, undefined> | C>
}

/** The keys by which one can go deeper into a value. */
export type KeyOf<A> =
  A extends ReadonlyArray<unknown> ? number : A extends object ? Extract<keyof A, string> : never

/** What is at a key of a value; `undefined` where the key or the value itself may be missing. */
export type ValueAt<A, K> = A extends null | undefined ? undefined : K extends keyof A ? A[K] : undefined

/** Whether a value is a source for an input of a node. */
export const isValueSource = (value: unknown): value is ValueSource<string, unknown> =>
  typeof value === "object" && value !== null && TypeId in value

/** What the builder knows of a source. */
export interface Origin {
  /** The flow under construction that the value belongs to; `undefined`: any. */
  readonly flow: object | undefined
  /** The node whose output it is. */
  readonly nodeId: string | undefined
  readonly binding: Binding.ItemBinding
  /** The node with a list whose inputs alone may use the value; left out: any. */
  readonly list?: object
  /** Why no reference can name the value. */
  readonly problem: string | undefined
}
