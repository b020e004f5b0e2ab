/** What an action may return besides its plain outputs: metadata, usage, or the news that it did not succeed. */
import type * as Schema from "effect/Schema"

const TypeId = "~@dagflow/core/NodeOutput"

/** The outputs of an attempt with what the engine should know about them. */
export interface NodeOutput<out O> {
  readonly [TypeId]: typeof TypeId
  readonly outputs: O
  /** Set when the attempt did not succeed; it then counts as a failure with this message. */
  readonly failure: string | undefined
  /** Anything worth keeping that no other node reads. */
  readonly metadata: Readonly<Record<string, Schema.Json>> | undefined
  /** What the attempt used up, for instance `{ tokens: 120 }`. */
  readonly usage: Readonly<Record<string, number>> | undefined
}

/** What an output may carry besides its values. */
export interface NodeOutputOptions {
  readonly metadata?: Readonly<Record<string, Schema.Json>>
  readonly usage?: Readonly<Record<string, number>>
}

/** Tells whether a value was made by this module. */
export const isNodeOutput = (value: unknown): value is NodeOutput<unknown> =>
  typeof value === "object" && value !== null && TypeId in value

/** Outputs with metadata or usage. */
export const make = <O>(outputs: O, options: NodeOutputOptions = {}): NodeOutput<O> => ({
  [TypeId]: TypeId,
  outputs,
  failure: undefined,
  metadata: options.metadata,
  usage: options.usage
})

/**
 * An attempt that ended without an error and without success. The node fails with cause `Reported` and this message, and
 * is retried like any other failure.
 */
export const failure = (message: string, options: NodeOutputOptions = {}): NodeOutput<never> => ({
  [TypeId]: TypeId,
  outputs: undefined as never,
  failure: message,
  metadata: options.metadata,
  usage: options.usage
})
