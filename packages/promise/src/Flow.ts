/**
 * Flows: nodes, and references between them that the compiler checks. A node that takes an output of another one depends on
 * it, and an output of a wrong type, or of another flow, does not compile.
 */
import { Flow as CoreFlow, FlowInput as CoreInput, type FlowBuilder as Core } from "@dagflow/core"
import type { FlowSpec } from "@dagflow/protocol"
import * as Schema from "effect/Schema"
import type * as Channel from "./Channel.ts"
import { remember } from "./internal/copies.ts"
import {
  type AnySchema,
  check,
  incoming,
  type InputOf,
  isStandardSchema,
  type OutputOf
} from "./internal/standardSchema.ts"

/** A flow: `Input` is what a run of it takes, `Outputs` what it gives. */
export type Flow<Name extends string, Input, Outputs> = CoreFlow.Flow<Name, Input, Outputs>

/** What a flow is built with: it adds nodes and hands out references to what they will give. */
export type FlowBuilder<Name extends string, Found = {}, Channels = {}> = Core.FlowBuilder<
  Name,
  Found,
  never,
  Channels
>

/** An input of a run that is more than a schema: what `input` and `secret` make. */
export interface FlowInput<out Given, out Found, out IsOptional extends boolean> {
  readonly declared: CoreInput.FlowInput<unknown, CoreInput.Presence>
  readonly _types?: () => [Given, Found, IsOptional]
}

// oxlint-disable-next-line typescript/no-explicit-any -- an input of any types.
type AnyInput = FlowInput<any, any, boolean>

/** Types of inputs that need no schema, by the names that they have in YAML, too. */
export interface InputTypes {
  readonly string: string
  /** A finite one. */
  readonly number: number
  readonly integer: number
  readonly boolean: boolean
}

/** Inputs by name: names of types, schemas, or what `input` and `secret` make. */
export type Fields = Readonly<Record<string, keyof InputTypes | AnySchema | AnyInput>>

type GivenOf<F> = F extends keyof InputTypes
  ? InputTypes[F]
  : F extends AnySchema
    ? InputOf<F>
    : F extends FlowInput<infer G, unknown, boolean>
      ? G
      : never

type FoundOf<F> = F extends keyof InputTypes
  ? InputTypes[F]
  : F extends AnySchema
    ? Exclude<InputOf<F>, undefined> | (undefined extends OutputOf<F> ? undefined : never)
    : F extends FlowInput<unknown, infer A, boolean>
      ? A
      : never

type IsOptional<F> = F extends AnySchema
  ? undefined extends InputOf<F>
    ? true
    : false
  : F extends FlowInput<unknown, unknown, infer B>
    ? B
    : never

type Optional<F extends Fields> = { [K in keyof F]: IsOptional<F[K]> extends true ? K : never }[keyof F]

type Flat<A> = { readonly [K in keyof A]: A[K] }

/** What the start of a run gives: required inputs, and the others if it likes. */
export type Given<F extends Fields> = Flat<
  { readonly [K in Exclude<keyof F, Optional<F>>]: GivenOf<F[K]> } & {
    readonly [K in Optional<F>]?: Exclude<GivenOf<F[K]>, undefined>
  }
>

/** What nodes find: an optional input may be missing, one with a default may not. */
export type Found<F extends Fields> = { readonly [K in keyof F]: FoundOf<F[K]> }

/** What can be said of a flow besides its nodes. */
export interface FlowOptions<F extends Fields, C extends Channel.Fields = {}> extends Omit<
  CoreFlow.FlowOptions<{}, C>,
  "inputs"
> {
  /** The inputs that a run takes, by name: types such as `"integer"`, schemas, or what `input` and `secret` make. Others are refused. */
  readonly inputs?: F
}

/**
 * Makes a flow. What the function returns, nodes by any names, is what a run of the flow gives.
 *
 * The function runs at once, and once. Mistakes that the compiler cannot see, such as two nodes of one id, are collected and
 * refused together when a run is planned, with the lines that made them.
 *
 * **Example**
 * ```ts
 * const nightly = Flow.make("nightly", { inputs: { limit: "integer" } }, (f) => {
 *   const users = f.node("users", loadUsers, { limit: f.inputs.limit })
 *   const report = f.node("report", writeReport, { users: users.out.rows })
 *   return { report }
 * })
 * ```
 */
export const make: {
  <const Name extends string, O = {}>(
    name: Name,
    build: (f: FlowBuilder<Name>) => CoreFlow.Returned<Name, O> | void
  ): Flow<Name, {}, O>
  <const Name extends string, const F extends Fields = {}, const C extends Channel.Fields = {}, O = {}>(
    name: Name,
    options: FlowOptions<F, C>,
    build: (f: FlowBuilder<Name, Found<F>, Channel.Found<C>>) => CoreFlow.Returned<Name, O> | void
    // Written out, so that a library can publish a flow without naming types of its inputs.
  ): Flow<Name, { readonly [K in keyof Given<F>]: Given<F>[K] }, O>
} = (name: string, ...rest: [Build] | [FlowOptions<Fields, Channel.Fields>, Build]): never => {
  const [{ inputs = {}, ...options }, build] =
    rest.length === 1 ? [{} as FlowOptions<Fields, Channel.Fields>, rest[0]] : rest
  const declared = Object.fromEntries(
    Object.entries(inputs).map(([key, field]) => [key, declaredBy(key, field)])
  )
  return remember(CoreFlow.make(name, { ...options, inputs: declared }, build)) as never
}

/**
 * Declares an input with a description or a default.
 *
 * **Example**
 * ```ts
 * const inputs = { limit: Flow.input(z.int(), { default: 100, description: "Rows per page." }) }
 * ```
 */
export const input = <
  S extends AnySchema,
  const O extends { readonly description?: string; readonly default?: InputOf<S> } = {}
>(
  schema: S,
  options?: O
): O extends { readonly default: unknown }
  ? FlowInput<InputOf<S>, Exclude<InputOf<S>, undefined>, true>
  : FlowInput<InputOf<S>, FoundOf<S>, IsOptional<S>> => ({ declared: declare(schema, options) }) as never

/**
 * Declares a text that must not be stored. The start of a run gives it as a text with variables of the environment, for
 * instance `"${env.API_KEY}"`; only that text is recorded, and it is filled in just before an action gets it.
 */
export const secret = (options?: { readonly description?: string }): FlowInput<string, string, false> => ({
  declared: CoreInput.secret(options)
})

/** A text with variables of the environment, for an input of a node; what is stored is the text. */
export const env: (text: string) => ReturnType<typeof CoreFlow.env> = CoreFlow.env

/**
 * Makes an expression in CEL with references in it: a condition, or the list that a node is mapped over.
 *
 * **Example**
 * ```ts
 * f.node("ship", ship, { order }, { when: Flow.cel`${price.out.total} > ${f.inputs.limit}` })
 * ```
 */
export const cel: typeof CoreFlow.cel = CoreFlow.cel

// -- internal -------------------------------------------------------------------------------------------------------

// oxlint-disable-next-line typescript/no-explicit-any -- `make` gives the types of the builder and of what is returned.
type Build = (f: any) => any

const plainTypes: { readonly [K in keyof InputTypes]: Schema.Codec<InputTypes[K]> } = {
  string: Schema.String,
  number: Schema.Finite,
  integer: Schema.Int,
  boolean: Schema.Boolean
}

const declaredBy = (
  name: string,
  field: Fields[string]
): CoreInput.FlowInput<unknown, CoreInput.Presence> => {
  if (typeof field === "string" && Object.hasOwn(plainTypes, field)) return CoreInput.input(plainTypes[field])
  if (isStandardSchema(field)) return declare(field, undefined)
  if (typeof field === "object") return field.declared
  const types = Object.keys(plainTypes).join(", ")
  throw new TypeError(
    `input "${name}" is declared as ${JSON.stringify(field)}: give a schema, or one of ${types}`
  )
}

/** A schema that takes nothing declares an optional input, and what it makes of nothing is the default. */
const declare = (
  schema: AnySchema,
  options: { readonly description?: string; readonly default?: unknown } | undefined
): CoreInput.FlowInput<unknown, CoreInput.Presence> => {
  const { description } = options ?? {}
  const said = description === undefined ? {} : { description }
  const absent = check(schema, undefined)
  const fallback = options?.default ?? (absent.issues === undefined ? absent.value : undefined)
  const isOptional = absent.issues === undefined && fallback === undefined
  const declared = CoreInput.input(incoming(schema), {
    ...said,
    ...(fallback !== undefined && { default: fallback })
  })
  if (!isOptional) return declared
  const spec: FlowSpec.InputSpec = { ...declared.spec, required: false }
  return { ...declared, presence: "optional", spec }
}
