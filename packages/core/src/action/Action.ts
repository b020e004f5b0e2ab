/**
 * Actions do the work of nodes. An action is a named function from inputs to outputs; it sees no graph and no engine, so
 * the same action serves any number of nodes and flows, in code and in YAML.
 */
import { type Budget, CachePolicy } from "@dagflow/protocol"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import type { ActionContext } from "./ActionContext.ts"
import type { NodeOutput } from "./NodeOutput.ts"
import { servicesOf } from "./servicesOf.ts"

/** What an action may return: its outputs, plain or with metadata and usage. */
export type Returned<O> = O | NodeOutput<O>

/** A schema whose encoded side is JSON and that needs no services. */
export type JsonSchema<Encoded> = Schema.Codec<any, Encoded, never, never> // oxlint-disable-line typescript/no-explicit-any -- the decoded side is the action's own affair.

/**
 * A named function from inputs to outputs.
 *
 * `I` and `O` are the JSON forms of inputs and outputs, since JSON is what travels between nodes; schemas turn them into
 * what the function works with.
 */
export interface Action<out Name extends string, in I, out O, out E = never, out R = never> {
  readonly name: Name
  /** Recorded with each run; a run is not taken up by a process whose action has another version. */
  readonly version: string | undefined
  readonly description: string | undefined
  readonly input: JsonSchema<never> | undefined
  readonly output: JsonSchema<never> | undefined
  /** Whether its outputs are used again by nodes that give it the same inputs; a node may say otherwise. */
  readonly cache?: CachePolicy.CachePolicy | undefined
  /** What one attempt uses up at most, for budgets; a node may say otherwise. */
  readonly estimate?: Budget.Estimate | undefined
  /** Does the work. Inputs and outputs are of the schemas' decoded side. */
  readonly run: (input: never, context: ActionContext) => unknown
  readonly _services?: Effect.Effect<unknown, E, R>
  readonly _types?: (input: I) => O
}

/**
 * Whether outputs are used again that the same version of the action gave to the same inputs: `true` for ever, `false`
 * never, else for a time (`ttl`, 1 ms to ten years; another one is a `RangeError`) or by some of the inputs only (`key`).
 */
export type CacheOptions<Input extends string = string> =
  | boolean
  | { readonly ttl?: Duration.Input; readonly key?: ReadonlyArray<Input> }

/** What one attempt uses up at most, as far as anybody knows; a budget reserves it before the attempt starts. */
export interface EstimateOptions {
  /** Tokens, 0 or more, as the action reports them in `usage.tokens`. */
  readonly tokens?: number
  /** Cost, 0 or more, in the unit in which the action reports it in `usage.cost`. */
  readonly cost?: number
  /** Time of one attempt; default: its time-out. */
  readonly time?: Duration.Input
}

/** Any action that needs at most the services `R`. */
// oxlint-disable-next-line typescript/no-explicit-any -- an action of any types.
export type Any<R = any> = Action<string, any, any, any, R>

/** The services an action needs. */
// oxlint-disable-next-line typescript/no-explicit-any -- an action of any types.
export type Services<A> = A extends Action<any, any, any, any, infer R> ? R : never

/** The JSON form of an action's inputs. */
// oxlint-disable-next-line typescript/no-explicit-any -- an action of any types.
export type Input<A> = A extends Action<any, infer I, any, any, any> ? I : never

/** The JSON form of an action's outputs. */
// oxlint-disable-next-line typescript/no-explicit-any -- an action of any types.
export type Output<A> = A extends Action<any, any, infer O, any, any> ? O : never

/** An object schema, for inputs or outputs by name. */
export type Fields = Schema.Codec<any, any, never, never> // oxlint-disable-line typescript/no-explicit-any -- any object schema.

/**
 * Makes an action whose inputs and outputs are checked by schemas: bad inputs fail the node before the action runs, bad
 * outputs fail it after.
 *
 * **Example**
 * ```ts
 * const count = Action.make("count", {
 *   input: Schema.Struct({ text: Schema.String }),
 *   output: Schema.Struct({ words: Schema.Int }),
 *   run: ({ text }) => Effect.succeed({ words: text.split(/\s+/).length })
 * })
 * ```
 */
export const make = <const Name extends string, In extends Fields, Out extends Fields, E = never, R = never>(
  name: Name,
  options: {
    readonly input: In
    readonly output: Out
    readonly version?: string
    readonly description?: string
    readonly cache?: CacheOptions<keyof In["Encoded"] & string>
    readonly estimate?: EstimateOptions
    readonly run: (
      input: In["Type"],
      context: ActionContext
    ) => Effect.Effect<Returned<Out["Type"]>, E, R> | Promise<Returned<Out["Type"]>> | Returned<Out["Type"]>
  }
): Action<Name, In["Encoded"], Out["Encoded"], E, R> => ({
  name,
  version: options.version,
  description: options.description,
  input: schemaOf(name, "input", options.input),
  output: schemaOf(name, "output", options.output),
  ...cacheOf(name, options.cache),
  ...estimateOf(options.estimate),
  run: runOf(name, options.run)
})

/**
 * What the outputs of an action are: an object, whose keys name them. A list, a date or a promise is none, but may be the value of
 * one, as in `{ rows: [1, 2] }`.
 */
export type OutputObject = object & {
  readonly then?: never
  readonly [Symbol.iterator]?: never
  readonly [Symbol.toPrimitive]?: never
}

/**
 * Makes an action of a plain function, synchronous or asynchronous. Its types are those of the function; nothing checks
 * them while it runs.
 *
 * **Example**
 * ```ts
 * const greet = Action.fn("greet", async (input: { name: string }) => ({ text: `Hello, ${input.name}` }))
 * ```
 */
export const fn = <
  const Name extends string,
  I extends object = {},
  O extends OutputObject | void = {},
  E = never,
  R = never
>(
  name: Name,
  run: (
    input: I,
    context: ActionContext
  ) => Effect.Effect<Returned<O>, E, R> | Promise<Returned<O>> | Returned<O>,
  options: {
    readonly version?: string
    readonly description?: string
    readonly cache?: CacheOptions<keyof I & string>
    readonly estimate?: EstimateOptions
  } = {}
): Action<Name, I, O extends void ? {} : O, E, R> => ({
  name,
  version: options.version,
  description: options.description,
  input: undefined,
  output: undefined,
  ...cacheOf(name, options.cache),
  ...estimateOf(options.estimate),
  run: runOf(name, run)
})

/** Gives an action the services it needs, so that it needs none any more. */
export const provide = <Name extends string, I, O, E, R>(
  action: Action<Name, I, O, E, R>,
  context: Context.Context<R>
): Action<Name, I, O, E> => {
  const services = servicesOf(context)
  return {
    ...(action as unknown as Action<Name, I, O, E>),
    run: ((input: never, actionContext: ActionContext) => {
      const returned = action.run(input, actionContext)
      return Effect.isEffect(returned)
        ? Effect.provideContext(returned as Effect.Effect<unknown, E, R>, services)
        : returned
    }) as never
  }
}

// -- internal -------------------------------------------------------------------------------------------------------

/** What an action does. What is no function is a defect: a program's mistake, not a run's. */
const runOf = (name: string, run: unknown): never => {
  if (typeof run === "function") return run as never
  throw new TypeError(`run of action "${name}" is no function; give one that turns inputs into outputs`)
}

/** A schema of an action. What is none is a defect: a program's mistake, not a run's. */
const schemaOf = (name: string, key: "input" | "output", schema: Fields): JsonSchema<never> => {
  if (Predicate.hasProperty(schema, "ast")) return schema as unknown as JsonSchema<never>
  const way = Predicate.hasProperty(schema, "~standard")
    ? `it is one of another library: take a schema of Effect, or make the action with @dagflow/promise`
    : `write ${key}: Schema.Struct({ ... }), or make the action with Action.fn, which has none`
  throw new TypeError(`${key} of action "${name}" is no schema of Effect; ${way}`)
}

/** The time for which outputs are kept. One that is out of its bounds is a defect: a program's mistake, not a run's. */
const ttlMillisOf = (name: string, ttl: Duration.Input): number => {
  const millis = Option.match(Duration.fromInput(ttl), { onNone: () => NaN, onSome: Duration.toMillis })
  if (millis >= 1 && millis <= CachePolicy.ttlMillisMax) return millis
  const given = Number.isNaN(millis) ? "no duration" : `${millis} ms`
  const bounds = "give from 1 ms to ten years, or nothing, which is for ever"
  throw new RangeError(`cache.ttl of action "${name}" is ${given}: ${bounds}`)
}

const cacheOf = (
  name: string,
  options: CacheOptions | undefined
): { readonly cache?: CachePolicy.CachePolicy } => {
  if (options === undefined) return {}
  if (typeof options === "boolean") return { cache: options && {} }
  const { key, ttl } = options
  return {
    cache: {
      ...(ttl !== undefined && { ttlMillis: ttlMillisOf(name, ttl) }),
      ...(key !== undefined && { key })
    }
  }
}

const estimateOf = (options: EstimateOptions | undefined): { readonly estimate?: Budget.Estimate } => {
  if (options === undefined) return {}
  const { time, ...plain } = options
  return { estimate: { ...plain, ...(time !== undefined && { timeMillis: Duration.toMillis(time) }) } }
}
