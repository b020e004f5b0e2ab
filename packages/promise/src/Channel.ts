/**
 * Channels: values that outlive the nodes that write to them, such as the messages of an agent so far. Each has a reducer that says what
 * an update makes of the value; what is written in a step is seen from the next step on. They take `strategy: "superstep"`.
 */
import { Channel as Core, ChannelReducer } from "@dagflow/core"
import type { AnswerSchema } from "@dagflow/protocol"
import { documentFor } from "./internal/documentFor.ts"
import type { AnySchema, InputOf } from "./internal/standardSchema.ts"

/** A channel: its value is `A`. */
export type Channel<A> = Core.Channel<A>

/** Channels by name. */
export type Fields = Core.Fields

/** What nodes find in channels, by name. */
export type Found<C extends Fields> = Core.Found<C>

/** What can be said of a channel besides its reducer, its schema and the value before the first update. */
export type ChannelOptions = Omit<Core.ChannelOptions<unknown>, "schema" | "default">

/**
 * With a schema whose library can tell it as JSON Schema: a write that does not fit fails the node, and values have the type of the
 * schema.
 */
export interface CheckedOptions<S extends AnySchema> extends ChannelOptions {
  readonly schema: S
  /** The value before the first update. Left out: empty for `append`, `union` and `merge`, none for `last`. */
  readonly default?: InputOf<S>
}

/** Without such a schema: values may be any JSON, or what a JSON Schema document (draft 2020-12) says. */
export interface PlainOptions<A> extends ChannelOptions {
  readonly schema?: AnswerSchema.AnswerSchema
  /** The value before the first update. Left out: empty for `append`, `union` and `merge`, none for `last`. */
  readonly default?: A
}

/** A reducer of one's own: `Value` is what the channel holds, `Update` what nodes write to it. */
export type Reducer<Value, Update = Value> = ChannelReducer.ChannelReducer<Value, Update>

/** Any reducer of one's own. */
export type AnyReducer = ChannelReducer.Any

/**
 * Makes a channel whose updates take the place of the value. Without a default there is none before the first update.
 *
 * **Failures**
 * Throws a `TypeError` when the library of the schema cannot tell it as JSON Schema, as all makers of channels do.
 *
 * **Example**
 * ```ts
 * const channels = { mood: Channel.last({ schema: z.enum(["calm", "tense"]), default: "calm" }) }
 * ```
 */
export const last: {
  <S extends AnySchema>(options: CheckedOptions<S> & { readonly default: InputOf<S> }): Channel<InputOf<S>>
  <S extends AnySchema>(options: CheckedOptions<S>): Channel<InputOf<S> | undefined>
  <A>(options: PlainOptions<A> & { readonly default: A }): Channel<A>
  <A>(options?: PlainOptions<A>): Channel<A | undefined>
} = (options?: Given): never => Core.last(told(options)) as never

/** Makes a channel that is a list: an update is an item, or a list of items, that comes behind the others. */
export const append: {
  <S extends AnySchema>(options: CheckedOptions<S>): Channel<InputOf<S>>
  <Item>(options?: PlainOptions<ReadonlyArray<Item>>): Channel<ReadonlyArray<Item>>
} = (options?: Given): never => Core.append(told(options) as never) as never

/** Makes a channel that is a list without equal items: an update is an item, or a list of items. */
export const union: {
  <S extends AnySchema>(options: CheckedOptions<S>): Channel<InputOf<S>>
  <Item>(options?: PlainOptions<ReadonlyArray<Item>>): Channel<ReadonlyArray<Item>>
} = (options?: Given): never => Core.union(told(options) as never) as never

/** Makes a channel that is an object: updates are merged into it by RFC 7396, so that a member that is `null` goes. */
export const merge: {
  <S extends AnySchema>(options: CheckedOptions<S>): Channel<InputOf<S>>
  <A extends object>(options?: PlainOptions<A>): Channel<A>
} = (options?: Given): never => Core.merge(told(options) as never) as never

/** Makes a channel that is a number: updates are added to it. */
export const sum = (options?: CheckedOptions<AnySchema> | PlainOptions<number>): Channel<number> =>
  Core.sum(told(options) as never)

/**
 * Makes a reducer of one's own. The function has to be pure: it gets the value, `undefined` where there is none yet, and an update, may
 * change neither, and answers the next value at once. Name it in `createDagFlow({ reducers })` where runs are taken up.
 *
 * **Example**
 * ```ts
 * const highest = Channel.reducer("highest", (current: number | undefined, update: number) => Math.max(current ?? update, update))
 * ```
 */
export const reducer: <Value, Update = Value>(
  name: string,
  reduce: (current: Value | undefined, update: Update) => Value,
  options?: { readonly version?: string }
) => Reducer<Value, Update> = ChannelReducer.make

/**
 * Makes a channel with a reducer of one's own. Without a default there is no value before the first update.
 *
 * **Example**
 * ```ts
 * const channels = { best: Channel.reduced(highest, { default: 0 }) }
 * ```
 */
export const reduced: {
  <A>(own: Reducer<A, never>, options: ReducedOptions<A> & { readonly default: NoInfer<A> }): Channel<A>
  <A>(own: Reducer<A, never>, options?: ReducedOptions<A>): Channel<A | undefined>
} = (own: Reducer<unknown, never>, options?: Given): never => Core.reduced(own, told(options)) as never

/** What can be said of a channel with a reducer of one's own: its values have the type of the reducer. */
export interface ReducedOptions<A> extends ChannelOptions {
  /** What its values have to look like; default any JSON. */
  readonly schema?: AnySchema | AnswerSchema.AnswerSchema
  /** The value before the first update; default none. */
  readonly default?: NoInfer<A>
}

// -- internal -------------------------------------------------------------------------------------------------------

interface Given extends ChannelOptions {
  readonly schema?: AnySchema | AnswerSchema.AnswerSchema
  readonly default?: unknown
}

const told = ({ schema, ...options }: Given = {}): Core.ChannelOptions<unknown> => ({
  ...options,
  ...(schema !== undefined && { schema: documentFor(schema) })
})
