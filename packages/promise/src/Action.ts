/**
 * Actions do the work of nodes: named async functions from inputs to outputs, which see no graph and no engine. Inputs and
 * outputs may be checked by schemas of any library that follows the [Standard Schema](https://standardschema.dev)
 * specification, such as Zod, Valibot and ArkType.
 */
import { Action as CoreAction, type ActionContext as Core, type NodeOutput } from "@dagflow/core"
import { type AnySchema, incoming, type InputOf, outgoing, type OutputOf } from "./internal/standardSchema.ts"

/** An action. `I` and `O` are the JSON forms of its inputs and outputs. */
export type Action<Name extends string, I, O> = CoreAction.Action<Name, I, O>

/** Any action. */
export type Any = CoreAction.Any<never>

/** What an action can know of the run it works for, with the signal that is aborted when it is to stop. */
export type ActionContext = Core.ActionContext

/** What the outputs of an action are: an object, whose keys name them. */
export type OutputObject = CoreAction.OutputObject

/** What an action may return, at once or later: its outputs, plain or as `NodeOutput` makes them. */
export type Returned<O> = O | NodeOutput.NodeOutput<O> | PromiseLike<O | NodeOutput.NodeOutput<O>>

/** What can be said of an action besides its types. */
export interface ActionOptions<Input extends string> {
  /** Recorded with each run; a run is not taken up by a process whose action has another version. */
  readonly version?: string
  readonly description?: string
  /** Whether outputs are used again that the same version gave to the same inputs; default never. */
  readonly cache?: CoreAction.CacheOptions<Input>
}

/**
 * Makes an action of a function. Its types are those of the function; nothing checks them while it runs.
 *
 * **Example**
 * ```ts
 * const greet = Action.fn("greet", async (input: { name: string }) => ({ text: `Hello, ${input.name}` }))
 * ```
 */
export const fn = <const Name extends string, I extends object = {}, O extends OutputObject | void = {}>(
  name: Name,
  run: (input: I, context: ActionContext) => Returned<O>,
  options: ActionOptions<keyof I & string> = {}
): Action<Name, I, O extends void ? {} : O> =>
  CoreAction.fn(name, run as (input: I) => Promise<O>, options) as never

/** How an action with schemas is made. */
export interface CheckedOptions<In extends AnySchema, Out extends AnySchema> extends ActionOptions<
  keyof InputOf<In> & string
> {
  /** What comes in is checked before the action runs, and the action gets what the schema makes of it. */
  readonly input: In
  /** What the action returns is checked; what the schema makes of it is what other nodes find, so it has to be JSON. */
  readonly output: Out
  readonly run: (input: OutputOf<In>, context: ActionContext) => Returned<InputOf<Out>>
}

/**
 * Makes an action whose inputs and outputs are checked by schemas: bad inputs fail the node before the action runs, bad
 * outputs fail it after.
 *
 * **Failures**
 * The attempt fails with `InvalidInput` or `InvalidOutput`, also for a schema that answers by a promise: values are checked
 * at once.
 *
 * **Example**
 * ```ts
 * const count = Action.make("count", {
 *   input: z.object({ text: z.string() }),
 *   output: z.object({ words: z.int() }),
 *   run: async ({ text }) => ({ words: text.split(/\s+/).length })
 * })
 * ```
 */
export const make = <const Name extends string, In extends AnySchema, Out extends AnySchema>(
  name: Name,
  { input, output, ...options }: CheckedOptions<In, Out>
): Action<Name, InputOf<In>, OutputOf<Out>> =>
  CoreAction.make(name, { ...options, input: incoming(input), output: outgoing(output) } as never) as never
