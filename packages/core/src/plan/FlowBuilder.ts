/** What a flow in TypeScript is built with: it adds nodes and hands out references to what they will give. */
import type { CelText, Condition } from "./Condition.ts"
import type * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"
import type { FailurePolicy, FlowSpec, NodeError, TriggerRule } from "@dagflow/protocol"
import type * as Action from "../action/Action.ts"
import type { RetryOptions } from "./FlowSettings.ts"
import type { NodeRef, Values } from "./NodeRef.ts"
import type { ValueRef, ValueSource } from "./ValueRef.ts"

/**
 * What a flow in TypeScript is built with.
 *
 * `Found` are the inputs of the run as nodes find them, `R` are the services that actions may need, `Channels` are the
 * values of its channels.
 */
export interface FlowBuilder<
  in out FlowName extends string,
  out Found = {},
  in R = never,
  out Channels = {}
> {
  /** Name of the flow. */
  readonly name: FlowName
  /** The inputs of the run, by name. */
  readonly inputs: Values<FlowName, Found>
  /** What the channels of the run hold when a step begins, by name. */
  readonly channels: Values<FlowName, Channels>
  /**
   * Adds a node. Its inputs are literals or references; the nodes of the references become its dependencies. Inputs may be
   * left out when the action requires none.
   */
  node<I, O>(
    id: string,
    action: Action.Action<string, I, O, unknown, R>,
    ...rest: Rest<FlowName, I, O, R>
  ): NodeRef<FlowName, O>
  /** Adds a node whose id is generated: `<action>_<n>`, with the smallest number from 1 on that is free. */
  nodeOf<I, O>(
    action: Action.Action<string, I, O, unknown, R>,
    ...rest: Rest<FlowName, I, O, R>
  ): NodeRef<FlowName, O>
  /**
   * Adds a node that runs another flow: each attempt is a child run, with a log of its own. It gets the node's inputs, and
   * what it gives are the node's outputs: of each node that the flow returns, the object of its outputs.
   *
   * **Example**
   * ```ts
   * const review = f.subFlow("review", reviewFlow, { text: draft.out.text }, { retry: { tries: 2 } })
   * const published = f.node("publish", publish, { text: review.out.final.at("text") })
   * ```
   */
  subFlow<I, O>(id: string, flow: SubFlowOf<I, O, R>, ...rest: Rest<FlowName, I, O, R>): NodeRef<FlowName, O>
  // This one stands first because the compiler explains a wrong list by the last one.
  /**
   * Adds a node that is mapped over a list that an expression makes, once its nodes have ended. The compiler does not know what
   * is in such a list, so its values fit any input.
   *
   * **Example**
   * ```ts
   * const open = Flow.cel`${load.out.tickets}.filter(ticket, ticket.isOpen)`
   * f.forEach("remind", open, sendMail, (ticket) => ({ to: ticket.at("owner") }))
   * ```
   */
  forEach<
    I,
    O,
    const G extends Inputs<FlowName, NoInfer<I>>,
    const P extends FailurePolicy.FailurePolicy = "halt"
  >(
    id: string,
    items: CelText<FlowName>,
    work: Action.Action<string, I, O, unknown, R> | SubFlowOf<I, O, R>,
    // oxlint-disable-next-line typescript/no-explicit-any -- what an expression makes is of any type.
    inputs: (item: ValueRef<FlowName, any>, index: ValueRef<FlowName, number>) => G & NoOthers<G, I>,
    options?: ForEachOptions<FlowName, O, R, P>
    // Written out, so that a library can publish a flow without naming this type.
  ): NodeRef<
    FlowName,
    {
      readonly [K in keyof O]-?: ReadonlyArray<
        | Exclude<O[K], undefined>
        | (undefined extends O[K] ? null : P extends "continue" | "best_effort" ? null : never)
      >
    }
  >
  /**
   * Adds a node that is mapped over a list: its action runs once for each value, with inputs that are made of the value and
   * of its place, from 0 on. Each output of the action is an output of the node, as the list of what the items gave, in the
   * order of the list whatever the order was in which they ended. Where the others go on after an item has failed, `null` is
   * in its place, as it is where an item gave no output of that name.
   *
   * **Example**
   * ```ts
   * const summaries = f.forEach("summarise", load.out.documents, summarise, (document, index) => ({
   *   text: document.at("text"),
   *   number: index
   * }), { maxParallel: 4 })
   * const report = f.node("report", join, { parts: summaries.out.summary })
   * ```
   *
   * **Details**
   * In the place of the action may be a flow: then each item is a child run.
   */
  forEach<
    A,
    I,
    O,
    const G extends Inputs<FlowName, NoInfer<I>>,
    const P extends FailurePolicy.FailurePolicy = "halt"
  >(
    id: string,
    items: ValueSource<FlowName, ReadonlyArray<A>> | ReadonlyArray<A | ValueSource<FlowName, A>>,
    work: Action.Action<string, I, O, unknown, R> | SubFlowOf<I, O, R>,
    inputs: (item: ValueRef<FlowName, A>, index: ValueRef<FlowName, number>) => G & NoOthers<G, I>,
    options?: ForEachOptions<FlowName, O, R, P>
    // Written out, so that a library can publish a flow without naming this type.
  ): NodeRef<
    FlowName,
    {
      readonly [K in keyof O]-?: ReadonlyArray<
        | Exclude<O[K], undefined>
        | (undefined extends O[K] ? null : P extends "continue" | "best_effort" ? null : never)
      >
    }
  >
}

/** A flow that a node of another one runs: what it takes, what it gives, and what its actions need. */
export interface SubFlowOf<in I, out O, out R> {
  readonly name: string
  readonly spec: FlowSpec.FlowSpec
  readonly returns: Readonly<Record<string, string>>
  readonly _types?: (input: I) => [O, R]
}

/** What follows the action: inputs, which may be left out when none is required, and options. */
export type Rest<FlowName extends string, I, O, R> = {} extends I
  ? [inputs?: Inputs<FlowName, I>, options?: NodeOptions<FlowName, O, R>]
  : [inputs: Inputs<FlowName, I>, options?: NodeOptions<FlowName, O, R>]

/**
 * The inputs of an action, each as a literal or as a reference to a value of the same flow. An input that is a list may
 * also be given as a list of both: `{ parts: nodes.map((node) => node.out.text) }`.
 */
export type Inputs<FlowName extends string, I> = {
  readonly [K in keyof I]: Accepted<I[K]> | ValueSource<FlowName, Accepted<I[K]>> | Items<FlowName, I[K]>
}

/** Refuses inputs that the action does not have: the compiler does not look for such in what a function gives. */
export type NoOthers<G, I> = { readonly [K in Exclude<keyof G, keyof I>]: never }

/** What a list is put together of: literals, and references to values of the same flow. */
export type Items<FlowName extends string, A> =
  A extends ReadonlyArray<unknown> ? { readonly [K in keyof A]: A[K] | ValueSource<FlowName, A[K]> } : never

/** What an input takes. An optional one also takes `null`, which counts as leaving it out. */
export type Accepted<A> = undefined extends A ? Exclude<A, undefined> | null : A

/** What a failure handler is given. */
export interface HandlerInput {
  /** Id of the node that failed. */
  readonly node: string
  /** The error of the last attempt. */
  readonly error: NodeError.NodeError
  /** How many attempts were made. */
  readonly attempts: number
}

/** A dependency that counts on a condition. */
export interface ConditionalEdge<out FlowName extends string> {
  readonly node: NodeRef<FlowName>
  readonly when: Condition<FlowName>
}

/** How a node differs from others. Every key has a default, which is that of the flow where the flow has one. */
export interface NodeOptions<out FlowName extends string, out O, out R = never> {
  /**
   * Nodes that have to end before this one may start, besides those whose outputs it takes. With a condition, the edge
   * counts only when that is true, and as skipped when it is not.
   */
  readonly dependsOn?: ReadonlyArray<NodeRef<FlowName> | ConditionalEdge<FlowName>>
  /** Starts the node only when it is true, else the node is skipped; asked once its trigger rule is met. */
  readonly when?: Condition<FlowName>
  /**
   * How the node takes part in the payload of the run: its action gets an input `payload` (for an action that requires one,
   * give `Flow.payload`), and that of a `transform` gives an output `payload` for those that follow.
   */
  readonly intent?: "transform" | "analyze"
  /** When the node starts, given how its dependencies ended; default `all_success`. */
  readonly trigger?: TriggerRule.TriggerRule
  /** Longest time of one attempt, 1 ms to a day; default: the flow's `nodeTimeout`, which by default is none. */
  readonly timeout?: Duration.Input
  /** Keys left out fall through to the flow's. */
  readonly retry?: RetryOptions
  /** What happens once the node has failed for good; default: the flow's. */
  readonly onFailure?: FailurePolicy.FailurePolicy
  /**
   * Runs once after the last failed attempt; its outputs stand in for the node's, so they are of the same types. Outputs
   * that do not fit are a failure of the handler, and the node fails with its first error.
   */
  readonly failure?: Action.Action<string, HandlerInput, NoInfer<O>, unknown, R>
  /**
   * What becomes of an attempt that was lost with its process: it runs again (`rerun`, the default), or the node waits until
   * somebody says what became of it (`at_most_once`), for work that must not be done twice.
   */
  readonly recovery?: "rerun" | "at_most_once"
  /** Of several nodes that may start, the one with the greater number starts first, -1,000,000 to 1,000,000; default 0. */
  readonly priority?: number
  /** Label of the branch the node belongs to, besides the branches it belongs to by its dependencies. */
  readonly branch?: string
  /** `false`: the node is skipped unless it is enabled before its turn comes; default true. */
  readonly enabled?: boolean
  /**
   * Whether outputs that the same version of the action gave to the same inputs are used again, in this run or another one;
   * default: what the action says, which is never.
   */
  readonly cache?: Action.CacheOptions
  /** What one attempt uses up at most, for budgets, key by key; default: what the action says. */
  readonly estimate?: Action.EstimateOptions
  /** One sentence for people. */
  readonly description?: string
  /** Text for whoever carries the node out, such as a language model. */
  readonly instructions?: string
  /** Anything worth finding again in the record of the run. */
  readonly metadata?: Readonly<Record<string, Schema.Json>>
}

/** How a node that is mapped over a list differs from others. What is said of attempts holds for each item. */
export interface ForEachOptions<
  out FlowName extends string,
  out O,
  out R = never,
  out P extends FailurePolicy.FailurePolicy = FailurePolicy.FailurePolicy
> extends NodeOptions<FlowName, O, R> {
  /**
   * Items whose attempts go on at once, 1 to 10,000; default: as many as the run allows, and of a flow as many child runs as
   * `maxParallel` of the run says.
   */
  readonly maxParallel?: number
  /** What happens once an item has failed for good; default: `onFailure` of the node, else that of the flow. */
  readonly onItemFailure?: P
}
