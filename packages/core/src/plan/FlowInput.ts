/**
 * The inputs that a run of a flow takes. A schema alone declares one; `input` adds a description or a default, `secret`
 * keeps the value out of everything that is stored.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { FlowSpec } from "@dagflow/protocol"
import { kindOf } from "./internal/schemaShape.ts"

const TypeId = "~@dagflow/core/FlowInput"

/** A schema whose encoded side is JSON and that needs no services; `Schema.optionalKey` makes the input optional. */
export type InputSchema = Schema.Codec<any, any, never, never> // oxlint-disable-line typescript/no-explicit-any -- any schema.

/** Whether the start of a run has to give an input. */
export type Presence = "required" | "optional" | "defaulted"

/** An input of a run: its JSON form is `A`. */
export interface FlowInput<out A, out P extends Presence> {
  readonly [TypeId]: typeof TypeId
  readonly presence: P
  readonly spec: FlowSpec.InputSpec
  /** Checks what the start of a run gives; a secret input has none, since its value is not there yet. */
  readonly schema: InputSchema | undefined
  readonly _types?: () => A
}

/** Inputs by name: schemas, or what `input` and `secret` make. */
export type Fields = Readonly<Record<string, InputSchema | FlowInput<unknown, Presence>>>

/** The JSON form of an input. */
type Json<F> =
  F extends FlowInput<infer A, Presence> ? A : F extends { readonly Encoded: infer E } ? E : never

type PresenceOf<F> = F extends FlowInput<unknown, infer P> ? P : SchemaPresence<F>

type SchemaPresence<S> = S extends { readonly "~encoded.optionality": "optional" } ? "optional" : "required"

type Named<F extends Fields, P extends Presence> = {
  [K in keyof F]: PresenceOf<F[K]> extends P ? K : never
}[keyof F]

type Flat<A> = { readonly [K in keyof A]: A[K] }

/** What the start of a run gives: required inputs, and the others if it likes. */
export type Given<F extends Fields> = Flat<
  { readonly [K in Named<F, "required">]: Json<F[K]> } & {
    readonly [K in Named<F, "optional" | "defaulted">]?: Json<F[K]>
  }
>

/** What nodes find: an optional input may be missing, one with a default may not. */
export type Found<F extends Fields> = {
  readonly [K in keyof F]: PresenceOf<F[K]> extends "optional" ? Json<F[K]> | undefined : Json<F[K]>
}

/** What can be said of an input besides its schema. */
export interface InputOptions<A> {
  readonly description?: string
  /** The value when the start of a run gives none. */
  readonly default?: A
}

/**
 * Declares an input with a description or a default.
 *
 * **Example**
 * ```ts
 * const inputs = { limit: FlowInput.input(Schema.Int, { default: 100, description: "Rows per page." }) }
 * ```
 */
export const input = <S extends InputSchema, const O extends InputOptions<S["Encoded"]> = {}>(
  schema: S,
  options?: O
): FlowInput<S["Encoded"], O extends { readonly default: unknown } ? "defaulted" : SchemaPresence<S>> => {
  const isOptional = SchemaAST.isOptional(SchemaAST.toEncoded(schema.ast))
  const description = options?.description ?? SchemaAST.resolveDescription(schema.ast)
  const spec = { ...declared({ ...options, description }), type: kindOf(schema.ast) }
  const presence = spec.default !== undefined ? "defaulted" : isOptional ? "optional" : "required"
  return {
    [TypeId]: TypeId,
    presence: presence as never,
    spec: presence === "optional" ? { ...spec, required: false } : spec,
    schema
  }
}

/**
 * Declares a text that must not be stored. The start of a run gives it as a text with variables of the environment, for
 * instance `"${env.API_KEY}"`; only that text is recorded, and it is filled in just before an action gets it.
 */
export const secret = <const O extends InputOptions<string> = {}>(
  options?: O
): FlowInput<string, O extends { readonly default: unknown } ? "defaulted" : "required"> => ({
  [TypeId]: TypeId,
  presence: (options?.default === undefined ? "required" : "defaulted") as never,
  spec: { ...declared(options ?? {}), type: "string", secret: true },
  schema: undefined
})

/** The input that a field declares. */
export const fromField = (field: Fields[string]): FlowInput<unknown, Presence> =>
  Schema.isSchema(field) ? input(field as InputSchema) : (field as FlowInput<unknown, Presence>)

// -- internal -------------------------------------------------------------------------------------------------------

const declared = (options: {
  readonly description?: string | undefined
  readonly default?: Schema.Json | undefined
}): Pick<FlowSpec.InputSpec, "description" | "default"> => ({
  ...(options.description === undefined ? {} : { description: options.description }),
  ...(options.default === undefined ? {} : { default: options.default })
})
