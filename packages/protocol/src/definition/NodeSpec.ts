/** The serialisable form of one node of a flow. */
import * as Schema from "effect/Schema"
import { NodeId } from "../id/NodeId.ts"
import { Binding } from "./Binding.ts"
import { Estimate } from "./Budget.ts"
import { CachePolicy } from "./CachePolicy.ts"
import { Dependency } from "./Dependency.ts"
import { Expression } from "./Expression.ts"
import { FailurePolicy } from "./FailurePolicy.ts"
import { timeoutMillisMax } from "./FlowConfig.ts"
import { flowHeader } from "./flowHeader.ts"
import { ForEach } from "./ForEach.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import type { SubFlowSpec } from "./SubFlowSpec.ts"
import { TriggerRule } from "./TriggerRule.ts"

export { timeoutMillisMax }

/** Something that a node gives to others, by name. */
export const OutputSpec = Schema.Struct({
  name: Schema.String,
  description: Schema.optionalKey(Schema.String)
})
/** Something that a node gives to others, by name. */
export type OutputSpec = typeof OutputSpec.Type

const options = {
  /**
   * The nodes that have to end before this one may start: ids, or `{ node, when }` for an edge that counts only when its
   * condition is true. Nodes whose outputs are referenced are added by the plan.
   */
  dependencies: Schema.optionalKey(Schema.Array(Dependency)),
  /**
   * How the node takes part in the payload of the run. It gets an input `payload`, unless it binds one itself: that of the
   * deepest completed transform before it, or of the run. A `transform` gives the payload that follows, as its output
   * `payload`; an `analyze` gives what it likes, and the payload stays as it is.
   */
  intent: Schema.optionalKey(Schema.Literals(["transform", "analyze"])),
  /** What the action gets, by input name. */
  inputs: Schema.optionalKey(Schema.Record(Schema.String, Binding)),
  /** Maps the node over a list: it runs once for each value of it. Its outputs are then lists of what the items give. */
  forEach: Schema.optionalKey(ForEach),
  /** The outputs the node promises; when given, a reference to another one is refused. */
  outputs: Schema.optionalKey(Schema.Array(OutputSpec)),
  /** Starts the node only when it is true, else the node is skipped; evaluated once its trigger rule is met. */
  when: Schema.optionalKey(Expression),
  /** When the node starts, given how its dependencies ended; default `all_success`. */
  trigger: Schema.optionalKey(TriggerRule),
  /** Longest time of one attempt, 1 ms to a day; default: the flow's `nodeTimeoutMillis`, which by default is none. */
  timeoutMillis: Schema.optionalKey(
    Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: timeoutMillisMax })))
  ),
  /** Retries; keys left out fall through to the flow's. */
  retry: Schema.optionalKey(RetryPolicy),
  /** What happens once the node has failed for good; default: the flow's. */
  onFailure: Schema.optionalKey(FailurePolicy),
  /** Name of an action that runs once after the last failed attempt and whose outputs stand in for the node's. */
  failure: Schema.optionalKey(Schema.String),
  /**
   * What becomes of an attempt that was lost with its process: it runs again (`rerun`, the default), or the node waits until
   * somebody says what became of it (`at_most_once`), for work that must not be done twice.
   */
  recovery: Schema.optionalKey(Schema.Literals(["rerun", "at_most_once"])),
  /** Of several nodes that may start, the one with the greater number starts first; default 0. */
  priority: Schema.optionalKey(
    Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: -1_000_000, maximum: 1_000_000 })))
  ),
  /** Label of the branch the node belongs to, besides the branches it belongs to by its dependencies. */
  branch: Schema.optionalKey(Schema.String.pipe(Schema.check(Schema.isBetweenLength(1, 256)))),
  /** `false`: the node is skipped unless it is enabled before its turn comes; default true. */
  enabled: Schema.optionalKey(Schema.Boolean),
  /** Whether outputs that the action gave to the same inputs are used again; default: what the action says, which is never. */
  cache: Schema.optionalKey(CachePolicy),
  /** What one attempt uses up at most, for budgets; default: what the action says, which is nothing known. */
  estimate: Schema.optionalKey(Estimate),
  /** One sentence for people. */
  description: Schema.optionalKey(Schema.String),
  /** Text for whoever carries the node out, such as a language model. */
  instructions: Schema.optionalKey(Schema.String),
  /** Anything the user wants to find again in the record of the run. */
  metadata: Schema.optionalKey(Schema.Record(Schema.String, Schema.Json))
}

/** What of a sub-flow is the node's: which of its nodes give the outputs of the node. */
const returns = Schema.optionalKey(Schema.Record(Schema.String, Schema.String))

const own = Schema.Struct({
  id: NodeId,
  /** Name of the action that does the work; of a node with a `flow`, the name of that flow. */
  action: Schema.String,
  ...options
})

/** The members of a node that runs a flow. */
export interface SubFlowKeys {
  readonly flow?: SubFlowSpec
  readonly returns?: Readonly<Record<string, string>>
}

/** The members of a node: an interface, so that the compiler calls it by a name. */
export interface NodeSpecShape extends Schema.Struct.Type<typeof own.fields>, SubFlowKeys {
  readonly inputs?: Readonly<Record<string, Binding>>
}

/** The serialisable form of one node of a flow. */
export type NodeSpec = NodeSpecShape

/** The members of a node that may have no id yet. */
export interface NodeDraftShape extends Omit<NodeSpec, "id"> {
  readonly id?: string
}

/** A node as a command or a definition gives it: without an id it gets the generated one, `<action>_<n>`. */
export type NodeDraft = NodeDraftShape

const subFlow: Schema.Codec<SubFlowSpec> = Schema.Struct({
  ...flowHeader,
  nodes: Schema.Array(Schema.suspend((): Schema.Codec<NodeSpec> => NodeSpec))
})

const subFlowKeys = {
  /**
   * The flow that the node runs, in the place of an action: each attempt is a run of its own, a child of this one. Its inputs
   * are those of the node, and what it gives are the node's outputs.
   */
  flow: Schema.optionalKey(subFlow),
  /**
   * The nodes of `flow` that give the outputs of this node, by the name of the output; each output is the object of what that
   * node gave. Default: the nodes that no other node of the definition depends on, by their ids.
   */
  returns
}

/** The serialisable form of one node of a flow. */
export const NodeSpec = Schema.Struct({ ...own.fields, ...subFlowKeys })

/** A node as a command or a definition gives it: without an id it gets the generated one, `<action>_<n>`. */
export const NodeDraft = Schema.Struct({
  id: Schema.optionalKey(NodeId),
  action: Schema.String,
  ...options,
  ...subFlowKeys
})
