/**
 * What an action can know of the run it works for. It can read and log; it has no way to change the graph.
 */
import type * as Schema from "effect/Schema"

/** What an action can know of the run it works for. */
export interface ActionContext {
  readonly runId: string
  /** Name of the flow. */
  readonly flow: string
  readonly nodeId: string
  /** Number of this attempt, from 1 on. */
  readonly attempt: number
  /** The same for every attempt of the node: hand it to services that can tell a repeated request by its key. */
  readonly idempotencyKey: string
  /** The `instructions` of the node. */
  readonly instructions: string | undefined
  /** The `metadata` of the node. */
  readonly metadata: Readonly<Record<string, Schema.Json>>
  /** The inputs of the run. Secret ones are left out: an action gets them only by an input of its node. */
  readonly runInputs: Readonly<Record<string, Schema.Json>>
  /** The outputs of the nodes that this one depends on and that completed, by node id. */
  readonly dependencies: Readonly<Record<string, Readonly<Record<string, Schema.Json>>>>
  /** Aborted when the attempt is interrupted: by its time-out, by a cancellation, or by the end of the process. */
  readonly signal: AbortSignal
  /** Writes a line to the log of the run; the last ten lines of a failed attempt stay with its error. */
  readonly log: (message: string, details?: Readonly<Record<string, unknown>>) => void
  /**
   * Shows a value, such as the next token, to whoever follows the run live. It is not stored, never fails and never waits; after
   * the end of the attempt nobody hears it.
   */
  readonly emit: (value: Schema.Json) => void
  /** In a failure handler: the node's error and how many attempts were made. */
  readonly failed: { readonly tag: string; readonly message: string; readonly attempts: number } | undefined
}
