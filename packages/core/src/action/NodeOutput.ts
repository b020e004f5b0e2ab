/**
 * What an action may return besides its plain outputs: metadata, usage, what it writes to channels and where it leads, the
 * news that it did not succeed, or that the node is to wait for somebody or for a time.
 */
import type { AnswerSchema, Event } from "@dagflow/protocol"
import type * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"
import { type Goto, routesOf } from "./routesOf.ts"

const TypeId = "~@dagflow/core/NodeOutput"

/** The outputs of an attempt with what the engine should know about them. */
export interface NodeOutput<out O> {
  readonly [TypeId]: typeof TypeId
  readonly outputs: O
  /** Set when the attempt did not succeed; it then counts as a failure with this message. */
  readonly failure: string | undefined
  /** Set when the node is to wait; what ends the wait becomes its outputs. */
  readonly wait: WaitRequest | undefined
  /** Anything worth keeping that no other node reads. */
  readonly metadata: Readonly<Record<string, Schema.Json>> | undefined
  /** What the attempt used up, for instance `{ tokens: 120 }`. */
  readonly usage: Usage | undefined
  /** What it writes to channels, by name. */
  readonly updates: Readonly<Record<string, unknown>> | undefined
  /** Where it leads. */
  readonly routes: Event.Routes | undefined
}

export type { Goto }

/** What an attempt used up, by name; each amount is 0 or more. Budgets look at `tokens` and `cost`. */
export interface Usage {
  readonly tokens?: number
  /** In any unit, as long as it is the same everywhere. */
  readonly cost?: number
  readonly [name: string]: number | undefined
}

/** What an output may carry besides its values. */
export interface NodeOutputOptions {
  readonly metadata?: Readonly<Record<string, Schema.Json>>
  readonly usage?: Usage
}

/** What an output may carry in a run that goes step by step. */
export interface StepOptions extends NodeOutputOptions {
  /** What it writes to channels, by name; what becomes of it is seen from the next step on. */
  readonly update?: Readonly<Record<string, unknown>>
  /** Where it leads in the next step; default: to the nodes that depend on the node. */
  readonly goto?: Goto | ReadonlyArray<Goto>
}

/** When a wait ends without an answer: so long after it has opened, or at a moment (a date or milliseconds since 1970). */
export type WaitTime =
  | { readonly timeout: Duration.Input; readonly until?: never }
  | { readonly until: Date | number; readonly timeout?: never }

/** What a wait is for, and when and how it ends without an answer. */
export interface WaitRequest {
  readonly kind: "signal" | "timer"
  readonly prompt: string | undefined
  readonly schema: Schema.Top | AnswerSchema.AnswerSchema | undefined
  readonly time: WaitTime | undefined
  readonly onTimeout: "autopilot" | "pause" | "fail"
  readonly default: unknown
}

/** How a wait for an answer is set up. */
export type WaitOptions<O> = NodeOutputOptions & {
  /** What people are asked. */
  readonly prompt?: string
  /**
   * What the answer has to look like: a schema, or a JSON Schema document (draft 2020-12). Default: the output schema of the
   * action, if it has one; else any outputs are welcome.
   */
  readonly schema?: Schema.Codec<unknown, O> | AnswerSchema.AnswerSchema
} & (
    | {
        readonly timeout?: never
        readonly until?: never
        readonly onTimeout?: never
        readonly default?: never
      }
    | (WaitTime & {
        /** What happens once the time has passed; default `fail`. */
        readonly onTimeout?: "pause" | "fail"
        readonly default?: never
      })
    | (WaitTime & { readonly onTimeout: "autopilot"; readonly default: NoInfer<O> })
  )

/** Each member of a union without its schema. */
export type WithoutSchema<T> = T extends unknown ? Omit<T, "schema"> : never

/** Tells whether a value was made by this module. */
export const isNodeOutput = (value: unknown): value is NodeOutput<unknown> =>
  typeof value === "object" && value !== null && TypeId in value

/** Outputs with metadata, usage, updates of channels or routes. */
export const make = <O>(outputs: O, options: StepOptions = {}): NodeOutput<O> => ({
  ...base(options),
  outputs,
  updates: options.update,
  routes: options.goto && routesOf(isList(options.goto) ? options.goto : [options.goto])
})

/**
 * Writes to channels, by name. What a channel makes of it, together with what the other nodes of the step write, is seen from
 * the next step on.
 *
 * **Failures**
 * The node fails with `InvalidUpdate` when the flow has no such channel, or when its reducer or its schema refuses the update.
 *
 * **Example**
 * ```ts
 * const say = Action.fn("say", (input: { text: string }) => NodeOutput.update({ messages: input.text }))
 * ```
 */
export const update = <O extends object = {}>(
  channels: Readonly<Record<string, unknown>>,
  options: Omit<StepOptions, "update"> & { readonly outputs?: O } = {}
): NodeOutput<O> => make((options.outputs ?? {}) as O, { ...options, update: channels })

/**
 * Leads to nodes of one's choice in the next step. `replace` takes the place of the nodes that depend on the node, `append`
 * comes besides. A node that ran already runs once more, as `name#2`; one that waits for its dependencies starts without them.
 *
 * Of several commands the last `replace` counts, and everything that is appended, in whatever order they stand.
 *
 * **Failures**
 * The node fails with `InvalidRoute` when there is no such node, and in a run by another strategy than `superstep`.
 *
 * **Example**
 * ```ts
 * const think = Action.fn("think", (input: { messages: ReadonlyArray<string> }) =>
 *   input.messages.length < 5 ? NodeOutput.goto({ replace: "act" }) : NodeOutput.goto({ replace: "answer" })
 * )
 * ```
 */
export const goto = <O extends object = {}>(
  commands: Goto | ReadonlyArray<Goto>,
  options: Omit<StepOptions, "goto"> & { readonly outputs?: O } = {}
): NodeOutput<O> => make((options.outputs ?? {}) as O, { ...options, goto: commands })

/**
 * An attempt that ended without an error and without success. The node fails with cause `Reported` and this message, and
 * is retried like any other failure.
 */
export const failure = (message: string, options: NodeOutputOptions = {}): NodeOutput<never> => ({
  ...base(options),
  outputs: undefined as never,
  failure: message
})

/**
 * Lets the node wait for an answer, which becomes its outputs. The attempt is over with this: no code of the action runs
 * once the answer is there, and the node holds no slot while it waits, however long and over however many restarts.
 *
 * With `timeout` or `until`, the wait ends without an answer: as a failed attempt (`fail`, the default, which the node's
 * retries may ask again), with the outputs of `default` (`autopilot`), or not yet: the run is paused until somebody answers
 * or resumes it (`pause`).
 *
 * **Failures**
 * An attempt whose wait cannot be recorded fails with `InvalidOutput`: its schema cannot be told as JSON Schema, its time
 * is no time, or its default does not fit.
 *
 * **Example**
 * ```ts
 * const approve = Action.fn("approve", (input: { amount: number }) =>
 *   NodeOutput.wait({
 *     prompt: `Pay ${input.amount} euros?`,
 *     schema: Schema.Struct({ approved: Schema.Boolean }),
 *     timeout: "2 days",
 *     onTimeout: "autopilot",
 *     default: { approved: false }
 *   })
 * )
 * ```
 */
export const wait = <O extends object = never>(options: WaitOptions<O> = {}): NodeOutput<O> => ({
  ...base(options),
  outputs: undefined as never,
  wait: {
    kind: "signal",
    prompt: options.prompt,
    schema: options.schema,
    time: timeOf(options),
    onTimeout: options.onTimeout ?? "fail",
    default: options.default
  }
})

/** What somebody says who is asked for a yes or a no. */
export interface Approval {
  readonly approved: boolean
  /** What they wanted to say besides. */
  readonly note?: string
}

/** How an approval is asked for. */
export type ApprovalOptions = WithoutSchema<WaitOptions<Approval>> & {
  /** What people are asked, such as: Publish version 3? */
  readonly prompt: string
}

/**
 * Lets the node wait until somebody says yes or no, which becomes its outputs: `approved`, and perhaps a `note`. Everything else
 * is as with `wait`.
 *
 * **Example**
 * ```ts
 * const approve = Action.fn("approve", (input: { amount: number }) =>
 *   NodeOutput.approval({ prompt: `Pay ${input.amount} euros?`, timeout: "2 days" })
 * )
 * ```
 */
export const approval = (options: ApprovalOptions): NodeOutput<Approval> =>
  wait<Approval>({ ...options, schema: approvalSchema } as WaitOptions<Approval>)

/**
 * Lets the node wait for a time and then complete with these outputs. Nobody can end the wait before; it holds no slot and
 * goes on over restarts.
 *
 * **Example**
 * ```ts
 * const cool = Action.fn("cool-down", () => NodeOutput.sleep({ timeout: "1 hour" }, { cooled: true }))
 * ```
 */
export const sleep = <O extends object>(
  time: WaitTime,
  outputs: O,
  options: NodeOutputOptions = {}
): NodeOutput<O> => ({
  ...base(options),
  outputs,
  wait: {
    kind: "timer",
    prompt: undefined,
    schema: undefined,
    time,
    onTimeout: "autopilot",
    default: outputs
  }
})

const approvalSchema: AnswerSchema.AnswerSchema = {
  type: "object",
  properties: { approved: { type: "boolean" }, note: { type: "string" } },
  required: ["approved"],
  additionalProperties: false
}

const base = ({ metadata, usage }: NodeOutputOptions) =>
  ({
    [TypeId]: TypeId,
    failure: undefined,
    wait: undefined,
    metadata,
    usage,
    updates: undefined,
    routes: undefined
  }) as const

const isList = (commands: Goto | ReadonlyArray<Goto>): commands is ReadonlyArray<Goto> =>
  Array.isArray(commands)

const timeOf = (options: { readonly timeout?: unknown; readonly until?: unknown }): WaitTime | undefined =>
  options.timeout === undefined && options.until === undefined ? undefined : (options as WaitTime)
