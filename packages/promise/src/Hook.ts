/** Hooks are the policy of a run: they see what happened and answer with commands. They never touch the run's state. */
import { Hook as CoreHook } from "@dagflow/core"
import type { AnswerSchema, Command, Envelope, Event, RunReport, RunResult } from "@dagflow/protocol"
import * as Effect from "effect/Effect"
import { documentFor } from "./internal/documentFor.ts"
import type { AnySchema, OutputOf } from "./internal/standardSchema.ts"

/** What a hook may answer, at once or later: nothing, or commands that are carried out in their order. */
export type Answer = CoreHook.Commands | PromiseLike<CoreHook.Commands>

/** A command, for instance `{ _tag: "AddNode", node: { id: "review", action: "review" } }`. */
export type HookCommand = Command.Command

/** What a hook can know of the run. */
export interface HookContext extends Omit<CoreHook.HookContext, "report"> {
  /** Everything about the run as it stands. */
  readonly report: () => Promise<RunReport.RunReport>
}

/**
 * A policy of a run.
 *
 * - `name`: what the log calls the hook; unique in a process.
 * - `on`: the events that `handle` sees; left out: every event that hooks may be asked about.
 * - `mode`: `gate` (default): what depends on an event waits for the answer. `observe`: the run does not wait, and commands
 *   are refused.
 * - `timeout`: longest time of one answer, for instance `"10 seconds"`; default: the flow's `hookTimeout`, 30 s.
 * - `onStart` is asked before any node starts, `onComplete` once the result is settled. In `onComplete` only `EmitEvent` is
 *   accepted.
 */
export interface HookOptions extends Pick<CoreHook.Hook, "name" | "on" | "mode" | "timeout"> {
  readonly onStart?: (context: HookContext) => Answer
  readonly handle?: (envelope: Envelope.Envelope, context: HookContext) => Answer
  readonly onComplete?: (result: RunResult.RunResult, context: HookContext) => Answer
}

/** A hook as the engine takes it. */
export type Hook = CoreHook.Hook

/** Tells events of one name, so that the compiler knows what they hold. */
export const isEvent = <const Tag extends Event.EventTag>(
  event: Event.Event,
  tag: Tag
): event is Extract<Event.Event, { readonly _tag: Tag }> => event._tag === tag

/**
 * Makes a hook.
 *
 * **Example**
 * ```ts
 * const cleanUp = Hook.make({
 *   name: "clean-up",
 *   on: ["NodeCompleted"],
 *   handle: ({ event }) =>
 *     event._tag === "NodeCompleted" && event.nodeId === "import"
 *       ? [{ _tag: "AddNode", node: { id: "vacuum", action: "vacuum", dependencies: ["import"] } }]
 *       : []
 * })
 * ```
 */
export const make = ({ handle, onComplete, onStart, ...rest }: HookOptions): Hook =>
  CoreHook.make({
    ...rest,
    ...(onStart && { onStart: (context) => onStart(plain(context)) }),
    ...(handle && { handle: (envelope, context) => handle(envelope, plain(context)) }),
    ...(onComplete && { onComplete: (result, context) => onComplete(result, plain(context)) })
  })

/** Each member of a union without its schema. */
type WithoutSchema<T> = T extends unknown ? Omit<T, "schema"> : never

/** A round of growth that a person looks at. */
export type ReviewedRound = CoreHook.ReviewedRound

/** What a review asks, when it is over without an answer, and what its answer means. */
export type HumanReviewOptions<A extends object> = WithoutSchema<CoreHook.HumanReviewOptions<A>> & {
  /**
   * What the answer has to look like: a schema whose library can tell it as JSON Schema, or such a document (draft
   * 2020-12). Default: `{ approved, note? }`.
   */
  readonly schema?: AnySchema | AnswerSchema.AnswerSchema
}

/**
 * Makes a hook that asks a person about every so manieth round in which a run grows, before anything of that round starts. The
 * question is a node, `human-review_5` for instance, that waits over restarts; `run.answer` and `dagflow approve` answer it.
 *
 * **Failures**
 * Throws a `RangeError` when `every` is no whole number from 1 on, and a `TypeError` when the library of the schema cannot tell
 * it as JSON Schema.
 *
 * **Example**
 * ```ts
 * const dagflow = createDagFlow({
 *   store: "sqlite:runs.db",
 *   hooks: [Hook.humanReview({ every: 5, timeout: "2 hours", onTimeout: "pause" })]
 * })
 * ```
 */
export const humanReview: {
  <S extends AnySchema>(options: HumanReviewOptions<OutputOf<S> & object> & { readonly schema: S }): Hook
  <A extends object = typeof CoreHook.Approval.Type>(
    options: HumanReviewOptions<A> & { readonly schema?: AnswerSchema.AnswerSchema }
  ): Hook
} = ({ schema, ...rest }: HumanReviewOptions<object>): Hook =>
  CoreHook.humanReview({
    ...rest,
    ...(schema !== undefined && { schema: documentFor(schema) })
  } as CoreHook.HumanReviewOptions<object>)

// -- internal -------------------------------------------------------------------------------------------------------

const plain = (context: CoreHook.HookContext): HookContext => ({
  ...context,
  report: () => Effect.runPromise(context.report)
})
