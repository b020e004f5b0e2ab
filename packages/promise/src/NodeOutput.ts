/**
 * What an action may return besides its plain outputs: metadata, usage, what it writes to channels and where it leads, the news that it
 * did not succeed, or that the node is to wait for somebody or for a time.
 */
import { NodeOutput as Core } from "@dagflow/core"
import type { AnswerSchema } from "@dagflow/protocol"
import { documentFor } from "./internal/documentFor.ts"
import type { AnySchema, OutputOf } from "./internal/standardSchema.ts"

/** The outputs of an attempt with what the engine should know about them. */
export type NodeOutput<O> = Core.NodeOutput<O>

/** How a wait for an answer is set up. */
export type WaitOptions<O> = Core.WithoutSchema<Core.WaitOptions<O>> & {
  /**
   * What the answer has to look like: a schema whose library can tell it as JSON Schema, or such a document (draft
   * 2020-12). Default: what the outputs of the action have to look like.
   */
  readonly schema?: AnySchema | AnswerSchema.AnswerSchema
}

/** Outputs with metadata, usage, updates of channels or routes. */
export const make: <O>(outputs: O, options?: Core.StepOptions) => NodeOutput<O> = Core.make

/**
 * Writes to channels, by name. What a channel makes of it, together with what the other nodes of the step write, is seen from the next
 * step on.
 *
 * **Failures**
 * The node fails with `InvalidUpdate` when the flow has no such channel, or when its reducer or its schema refuses the update.
 *
 * **Example**
 * ```ts
 * const say = Action.fn("say", async (input: { text: string }) => NodeOutput.update({ messages: input.text }))
 * ```
 */
export const update: <O extends object = {}>(
  channels: Readonly<Record<string, unknown>>,
  options?: Omit<Core.StepOptions, "update"> & { readonly outputs?: O }
) => NodeOutput<O> = Core.update

/**
 * Leads to nodes of one's choice in the next step. `replace` takes the place of the nodes that depend on the node, `append` comes
 * besides. A node that ran already runs once more, as `name#2`.
 *
 * **Failures**
 * The node fails with `InvalidRoute` when there is no such node, and in a run by another strategy than `superstep`.
 *
 * **Example**
 * ```ts
 * const think = Action.fn("think", async (input: { messages: readonly string[] }) =>
 *   NodeOutput.goto({ replace: input.messages.length < 5 ? "act" : "answer" })
 * )
 * ```
 */
export const goto: <O extends object = {}>(
  commands: Core.Goto | ReadonlyArray<Core.Goto>,
  options?: Omit<Core.StepOptions, "goto"> & { readonly outputs?: O }
) => NodeOutput<O> = Core.goto

/** An attempt that ended without success; it counts as a failure with this message, and is retried like any other. */
export const failure: (message: string, options?: Core.NodeOutputOptions) => NodeOutput<never> = Core.failure

/** Lets the node wait for a time and then complete with these outputs; it holds nothing meanwhile, also over restarts. */
export const sleep: <O extends object>(
  time: Core.WaitTime,
  outputs: O,
  options?: Core.NodeOutputOptions
) => NodeOutput<O> = Core.sleep

/**
 * Lets the node wait until somebody says yes or no, which becomes its outputs: `approved`, and perhaps a `note`. Everything else
 * is as with `wait`.
 *
 * **Example**
 * ```ts
 * const approve = Action.fn("approve", async (input: { amount: number }) =>
 *   NodeOutput.approval({ prompt: `Pay ${input.amount} euros?`, timeout: "2 days" })
 * )
 * ```
 */
export const approval: (options: Core.ApprovalOptions) => NodeOutput<Core.Approval> = Core.approval

/**
 * Lets the node wait for an answer, which becomes its outputs. No code of the action runs once the answer is there, and the
 * node holds nothing while it waits, however long and over however many restarts.
 *
 * **Failures**
 * Throws a `TypeError`, which fails the attempt, when the library of the schema cannot tell it as JSON Schema.
 *
 * **Example**
 * ```ts
 * const approve = Action.fn("approve", async (input: { amount: number }) =>
 *   NodeOutput.wait({
 *     prompt: `Pay ${input.amount} euros?`,
 *     schema: z.object({ approved: z.boolean() }),
 *     timeout: "2 days",
 *     onTimeout: "fail"
 *   })
 * )
 * ```
 */
export const wait: {
  <S extends AnySchema>(options: WaitOptions<OutputOf<S>> & { readonly schema: S }): NodeOutput<OutputOf<S>>
  <O extends object = never>(
    options?: WaitOptions<O> & { readonly schema?: AnswerSchema.AnswerSchema }
  ): NodeOutput<O>
} = (options?: { readonly schema?: AnySchema | AnswerSchema.AnswerSchema }): never => {
  const { schema, ...rest } = options ?? {}
  return Core.wait({
    ...rest,
    ...(schema !== undefined && { schema: documentFor(schema) })
  } as never) as never
}
