/** What decisions need to know of the process that makes them. The engine tells it; a test or a preview may assume it. */
import type { Budget, Event, FlowSpec, NodeError, NodeState, Reducer } from "@dagflow/protocol"
import type * as Result from "effect/Result"

/** How long the list of a node is, or why there is none. */
export type ListLength =
  | { readonly _tag: "Known"; readonly count: number }
  | { readonly _tag: "Failed"; readonly error: NodeError.NodeError }
  /** The list is kept outside the log and is being read; the node comes back to the frontier with it. */
  | { readonly _tag: "Awaited" }

/** What decisions need to know of the process: which actions there are, and what they promise. */
export interface KnownActions {
  readonly has: (name: string) => boolean
  readonly versionOf: (name: string) => string | undefined
  readonly names: () => ReadonlyArray<string>
  /** What one attempt of the action uses up at most, if it says so. */
  readonly estimateOf: (name: string) => Budget.Estimate | undefined
  /** The reducer of one's own of that name. */
  readonly reducerOf: (name: string) => Reducer.Reduce | undefined
  /** Makes of an answer what the action of the node would have given, or says why the action promises something else. */
  readonly conform: (
    node: NodeState.NodeState,
    outputs: Event.Outputs
  ) => Result.Result<Event.Outputs, string>
  /** The names of the outputs that an action is known to give. */
  readonly outputNames: (name: string) => ReadonlyArray<string>
  /** What is wrong with a flow, in words, so that it could not run here. */
  readonly flowProblems: (flow: FlowSpec.FlowSpec) => ReadonlyArray<string>
  /** How long the list is that a node is mapped over. */
  readonly lengthOf: (node: NodeState.NodeState) => ListLength
}
