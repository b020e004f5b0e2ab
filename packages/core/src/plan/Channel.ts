/**
 * Channels of flows in TypeScript: values that outlive the nodes that write to them. Each has a reducer that says what an
 * update makes of the value; what is written in a step is seen from the next step on.
 */
import { AnswerCheck, type AnswerSchema, type ChannelSpec, type Problem } from "@dagflow/protocol"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as ChannelReducer from "../action/ChannelReducer.ts"
import { definedKeys } from "./internal/definedKeys.ts"

const TypeId = "~@dagflow/core/Channel"

/** A channel: the JSON form of its value is `A`. */
export interface Channel<out A> {
  readonly [TypeId]: typeof TypeId
  readonly spec: ChannelSpec.ChannelSpec
  /** Its reducer, if that is one's own. */
  readonly reducer: ChannelReducer.Any | undefined
  /** Why its schema cannot be told as JSON Schema. */
  readonly problem: string | undefined
  readonly _types?: () => A
}

/** Channels by name. */
export type Fields = Readonly<Record<string, Channel<unknown>>>

/** What nodes find in channels, by name. */
export type Found<C extends Fields> = {
  readonly [K in keyof C]: C[K] extends Channel<infer A> ? A : never
}

/** What can be said of a channel besides its reducer. */
export interface ChannelOptions<A> {
  /** The value before the first update. Left out: empty for `append`, `union` and `merge`, 0 for `sum`, none for others. */
  readonly default?: A
  /** What its values have to look like; a write that does not fit fails the node. Default: any JSON. */
  readonly schema?: Schema.Codec<any, A, never, never> | AnswerSchema.AnswerSchema // oxlint-disable-line typescript/no-explicit-any -- any decoded side.
  /** Version of what the values look like, from 1 on; default 1. A run does not continue values of another version. */
  readonly version?: number
  /** `durable` (the default): a run that continues this one has it too. `run`: it is gone with the run. */
  readonly scope?: "durable" | "run"
  /** One sentence for people. */
  readonly description?: string
}

/** Makes channels whose updates take the place of the value. Without a default there is none before the first update. */
export interface Last {
  <A>(options: ChannelOptions<A> & { readonly default: NoInfer<A> }): Channel<A>
  <A>(options?: ChannelOptions<A>): Channel<A | undefined>
}

/**
 * Makes a channel whose updates take the place of the value.
 *
 * **Example**
 * ```ts
 * const channels = { mood: Channel.last({ schema: Schema.Literals(["calm", "tense"]), default: "calm" }) }
 * ```
 */
export const last: Last = (options?: ChannelOptions<unknown>): never => of("last", options ?? {}) as never

/** Makes a channel that is a list: an update is an item, or a list of items, that comes behind the others. */
export const append = <Item>(
  options: ChannelOptions<ReadonlyArray<Item>> = {}
): Channel<ReadonlyArray<Item>> => of("append", options)

/** Makes a channel that is a list without equal items: an update is an item, or a list of items. */
export const union = <Item>(
  options: ChannelOptions<ReadonlyArray<Item>> = {}
): Channel<ReadonlyArray<Item>> => of("union", options)

/** Makes a channel that is an object: updates are merged into it by RFC 7396, so that a member that is `null` goes. */
export const merge = <A extends object>(options: ChannelOptions<A> = {}): Channel<A> => of("merge", options)

/** Makes a channel that is a number: updates are added to it. */
export const sum = (options: ChannelOptions<number> = {}): Channel<number> => of("sum", options)

/** Makes channels with a reducer of one's own. Without a default there is no value before the first update. */
export interface Reduced {
  <A>(
    reducer: ChannelReducer.ChannelReducer<A, never>,
    options: ChannelOptions<A> & { readonly default: NoInfer<A> }
  ): Channel<A>
  <A>(reducer: ChannelReducer.ChannelReducer<A, never>, options?: ChannelOptions<A>): Channel<A | undefined>
}

/**
 * Makes a channel with a reducer of one's own.
 *
 * **Example**
 * ```ts
 * const channels = { best: Channel.reduced(highest, { default: 0 }) }
 * ```
 */
export const reduced: Reduced = (
  reducer: { readonly name: string },
  options?: ChannelOptions<unknown>
): never => ({ ...of(reducer.name, options ?? {}), reducer }) as never

/** What a flow says of its channels, by name. */
export const specs = (fields: Fields): ChannelSpec.ChannelSpecs =>
  Object.fromEntries(Object.entries(fields).map(([name, { spec }]) => [name, spec]))

/** The reducers of one's own that channels have, by name; of two of one name the first. */
export const reducers = (fields: Fields): ReadonlyMap<string, ChannelReducer.Any> => {
  const byName = new Map<string, ChannelReducer.Any>()
  for (const { reducer } of Object.values(fields)) {
    if (reducer !== undefined && !byName.has(reducer.name)) byName.set(reducer.name, reducer)
  }
  return byName
}

/** The problems of channels that only the builder can see. */
export const problems = (fields: Fields): ReadonlyArray<Problem> =>
  Object.entries(fields).flatMap(([name, { problem }]) =>
    problem === undefined
      ? []
      : [
          {
            code: "InvalidValue",
            severity: "error",
            message: problem,
            path: ["channels", name, "schema"]
          } as const
        ]
  )

// -- internal -------------------------------------------------------------------------------------------------------

const of = <A>(reducer: string, { schema, ...options }: ChannelOptions<A>): Channel<A> => {
  const document = schema === undefined ? undefined : documentOf(schema)
  const spec = definedKeys({
    reducer,
    ...options,
    schema: document && Result.getOrUndefined(document)
  }) as ChannelSpec.ChannelSpec
  const problem = document !== undefined && Result.isFailure(document) ? document.failure : undefined
  return {
    [TypeId]: TypeId,
    spec,
    reducer: undefined,
    problem: problem && `the schema of the channel cannot be told as JSON Schema: ${problem}`
  }
}

const documentOf = (
  schema: Schema.Top | AnswerSchema.AnswerSchema
): Result.Result<AnswerSchema.AnswerSchema, string> =>
  Schema.isSchema(schema)
    ? AnswerCheck.fromSchema(schema)
    : Result.succeed(schema as AnswerSchema.AnswerSchema)
