/**
 * Flows in TypeScript: nodes, and references between them that the compiler checks. A node that takes an output of
 * another one depends on it, and an output of a wrong type, or of another flow, does not compile.
 */
import type { FlowSpec, Problem } from "@dagflow/protocol"
import type * as Action from "../action/Action.ts"
import * as Condition from "./Condition.ts"
import type * as ChannelReducer from "../action/ChannelReducer.ts"
import * as Channel from "./Channel.ts"
import type { FlowBuilder } from "./FlowBuilder.ts"
import * as FlowInput from "./FlowInput.ts"
import type { FlowSettings } from "./FlowSettings.ts"
import * as Construction from "./internal/construction.ts"
import { definedKeys } from "./internal/definedKeys.ts"
import * as DefinitionMillis from "./internal/definitionMillis.ts"
import * as ValueRefs from "./internal/valueRef.ts"
import type * as NodeRef from "./NodeRef.ts"
import type { ValueSource } from "./ValueRef.ts"

/** Marks flows. */
export const TypeId = "~@dagflow/core/Flow"

/**
 * A flow in TypeScript.
 *
 * `Input` is what a run of it takes, `Outputs` what it gives, `R` the services that its actions need.
 */
export interface Flow<out Name extends string, in Input, out Outputs, out R = never> {
  readonly [TypeId]: Construction.Construction
  readonly name: Name
  readonly spec: FlowSpec.FlowSpec
  /** The actions of its nodes and of their failure handlers, each once. */
  readonly actions: ReadonlyArray<Action.Any>
  /** The reducers of one's own that its channels have, by name. */
  readonly reducers: ReadonlyMap<string, ChannelReducer.Any>
  /** Ids of the nodes that the flow returns, by the key under which `Outputs` has them. */
  readonly returns: Readonly<Record<string, string>>
  readonly _types?: (input: Input) => [Outputs, R]
}

/** Any flow. */
// oxlint-disable-next-line typescript/no-explicit-any -- a flow of any types.
export type Any = Flow<string, any, unknown, unknown>

/** What can be said of a flow besides its nodes. */
export interface FlowOptions<F extends FlowInput.Fields, C extends Channel.Fields = {}> {
  /** The inputs that a run takes, by name: schemas, or what `input` and `secret` make. Other inputs are refused. */
  readonly inputs?: F
  /** What the nodes of a run share besides outputs, by name; it takes `strategy: "superstep"`. */
  readonly channels?: C
  /** How its runs run; the start of a run may set each key anew. */
  readonly config?: FlowSettings
  readonly version?: string
  readonly description?: string
  readonly author?: string
  readonly tags?: ReadonlyArray<string>
  /** Text for whoever carries the flow out, such as a language model. */
  readonly instructions?: string
  /** Anything worth finding again in the record of a run. */
  readonly metadata?: FlowSpec.FlowSpec["metadata"]
}

/** Nodes that a flow returns, by the key under which its outputs `O` have theirs. */
export type Returned<Name extends string, O> = { readonly [K in keyof O]: NodeRef.NodeRef<Name, O[K]> }

/** Makes flows whose actions need at most the services `R`. */
export interface Make<R> {
  <const Name extends string, O = {}>(
    name: Name,
    build: (f: FlowBuilder<Name, {}, R>) => Returned<Name, O> | void
  ): Flow<Name, {}, O, R>
  <const Name extends string, const F extends FlowInput.Fields = {}, O = {}, C extends Channel.Fields = {}>(
    name: Name,
    options: FlowOptions<F, C>,
    build: (f: FlowBuilder<Name, FlowInput.Found<F>, R, Channel.Found<C>>) => Returned<Name, O> | void
    // Written out, so that a library can publish a flow without naming types of its inputs.
  ): Flow<Name, { readonly [K in keyof FlowInput.Given<F>]: FlowInput.Given<F>[K] }, O, R>
}

/**
 * Makes a flow whose actions need no services. What the function returns, nodes by any names, is what a run of the flow
 * gives.
 *
 * **Details**
 * The function runs at once, and once. Mistakes that the compiler cannot see, such as two nodes of one id, are collected
 * and refused together when a run is planned, with the lines that made them.
 *
 * **Example**
 * ```ts
 * const nightly = Flow.make("nightly", { inputs: { limit: Schema.Int } }, (f) => {
 *   const users = f.node("users", loadUsers, { limit: f.inputs.limit })
 *   const report = f.node("report", writeReport, { users: users.out.rows })
 *   return { report }
 * })
 * ```
 */
export const make: Make<never> = (
  name: string,
  ...rest: [Build] | [FlowOptions<FlowInput.Fields, Channel.Fields>, Build]
): never => {
  const [options, build] = rest.length === 1 ? [{}, rest[0]] : rest
  if (typeof build !== "function") {
    const way = `write Flow.make("${name}", (f) => { ... }), with options before the function`
    throw new TypeError(`flow "${name}" has no function that makes its nodes; ${way}`)
  }
  return construct(name, options, build) as never
}

/**
 * Makes flows whose actions need at most the services `R`. Whoever starts such a flow provides them, or it does not
 * compile.
 *
 * **Example**
 * ```ts
 * const nightly = Flow.withServices<Database | Mailer>().make("nightly", (f) => ({ rows: f.node("rows", readRows) }))
 * ```
 */
export const withServices = <R>(): { readonly make: Make<R> } => ({ make: make as unknown as Make<R> })

/**
 * A text with variables of the environment, for an input of a node. It is filled in just before the action gets it; what
 * is stored is the text.
 *
 * **Example**
 * ```ts
 * f.node("list", listRepositories, { authorization: Flow.env("Bearer ${env.TOKEN}") })
 * ```
 */
export const env = (text: string): ValueSource<never, string> => ValueRefs.fromTemplate(text)

/**
 * Stands for the canonical payload where an action requires an input `payload`; the node says by its `intent` that it takes
 * part.
 *
 * **Example**
 * ```ts
 * f.node("upper", upper, { payload: Flow.payload }, { intent: "transform" })
 * ```
 */
export const payload: ValueSource<never, never> = ValueRefs.payload

/** Makes an expression in CEL with references in it. See `Condition.cel`. */
export const cel = Condition.cel

/** Declares an input with a description or a default. See `FlowInput.input`. */
export const input = FlowInput.input

/** Declares a text that must not be stored. See `FlowInput.secret`. */
export const secret = FlowInput.secret

/** Whether a value is a flow in TypeScript, in contrast to the definition of one. */
export const isFlow = (value: unknown): value is Any =>
  typeof value === "object" && value !== null && TypeId in value

// -- internal -------------------------------------------------------------------------------------------------------

// oxlint-disable-next-line typescript/no-explicit-any -- `Make` gives the types of the builder and of what is returned.
type Build = (f: FlowBuilder<any, any, any, any>) => Readonly<Record<string, unknown>> | void

const construct = (
  name: string,
  options: FlowOptions<FlowInput.Fields, Channel.Fields>,
  build: Build
): Any => {
  const { channels = {}, config, inputs = {}, ...header } = options
  const construction = Construction.make(name, inputs, channels)
  const refuse = (code: Problem["code"], path: ReadonlyArray<string>, message: string) =>
    void construction.problems.push({ code, severity: "error", message, path })
  const onConfig: DefinitionMillis.Refuse = (key, message) =>
    refuse("InvalidValue", ["config", ...key.split(".")], message)
  const returned = build(builder(construction)) ?? {}
  const returns: Array<readonly [string, string]> = []
  for (const [key, node] of Object.entries(returned)) {
    if (Construction.isOf(construction, node)) returns.push([key, node.id])
    else refuse("UnknownReference", ["returns", key], `the flow returns "${key}", which is no node of it`)
  }
  const spec = {
    name,
    ...definedKeys(header),
    ...(config === undefined ? {} : { config: definedKeys(DefinitionMillis.config(config, onConfig)) }),
    inputs: Construction.inputSpecs(construction),
    ...(Object.keys(channels).length === 0 ? {} : { channels: Channel.specs(channels) }),
    nodes: [...construction.nodes]
  }
  construction.spec = spec
  return {
    [TypeId]: construction,
    name,
    spec,
    actions: [...construction.actions.values()],
    reducers: new Map([...construction.reducers, ...Channel.reducers(channels)]),
    returns: Object.fromEntries(returns)
  }
}

const builder = (construction: Construction.Construction): FlowBuilder<string, unknown, unknown, unknown> => {
  const add = (
    id: string | undefined,
    work: unknown,
    [inputs, options]: ReadonlyArray<unknown>,
    site: Error | undefined
  ) =>
    Construction.addNode(construction, {
      id,
      work: workOf(work),
      inputs,
      options,
      site
    } as Construction.Addition) as never
  // The error is made right here, so that its second frame is the call in the user's sources.
  return {
    name: construction.name,
    inputs: Construction.inputRefs(construction) as never,
    channels: Construction.channelRefs(construction) as never,
    subFlow: (id: string, flow: unknown, ...rest: ReadonlyArray<unknown>) =>
      add(id, flow, rest, Construction.wantsSite(construction) ? new Error() : undefined),
    forEach: (id: string, items: unknown, work: unknown, inputs: unknown, options?: unknown) =>
      Construction.addNode(construction, {
        id,
        work: workOf(work),
        items,
        inputs,
        options,
        site: Construction.wantsSite(construction) ? new Error() : undefined
      } as unknown as Construction.Addition) as never,
    node: (id, action, ...rest) =>
      add(id, action, rest, Construction.wantsSite(construction) ? new Error() : undefined),
    nodeOf: (action, ...rest) =>
      add(undefined, action, rest, Construction.wantsSite(construction) ? new Error() : undefined)
  }
}

/** What a node does: an action, or a flow as the builder needs to know it. */
const workOf = (work: unknown): unknown => {
  if (!isFlow(work)) return work
  const { [TypeId]: made, actions, name, reducers, returns, spec } = work
  return { name, spec, actions, reducers, returns, problems: made.problems }
}
