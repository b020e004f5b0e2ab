/** Hooks are the policy of a run: they see what happened and answer with commands. They never touch the run's state. */
import { Hook as CoreHook } from "@dagflow/core"
import type { Command, Envelope, Event, RunReport, RunResult } from "@dagflow/protocol"
import * as Effect from "effect/Effect"

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

// -- internal -------------------------------------------------------------------------------------------------------

const plain = (context: CoreHook.HookContext): HookContext => ({
  ...context,
  report: () => Effect.runPromise(context.report)
})
