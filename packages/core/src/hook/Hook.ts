/**
 * Hooks are the policy of a run: they see what happened and answer with commands. They never touch the run's state.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Action from "../action/Action.ts"
import type { BudgetView, Command, Envelope, Event, RunReport, RunResult } from "@dagflow/protocol"

/** What a hook may answer: nothing, or commands that are carried out in their order. */
export type Commands = ReadonlyArray<Command.Command> | void

/** How a hook may answer: at once, by a promise or by an Effect. */
export type Answer<E = never, R = never> = Commands | PromiseLike<Commands> | Effect.Effect<Commands, E, R>

/** What a hook can know of the run. */
export interface HookContext {
  readonly runId: string
  /** Name of the flow. */
  readonly flow: string
  /** The inputs of the run; secret ones as the text that names them. */
  readonly runInputs: Readonly<Record<string, Schema.Json>>
  /** The outputs of a node whose completion has been recorded. */
  readonly outputs: (nodeId: string) => Event.Outputs | undefined
  /** Everything about the run as it stands. */
  readonly report: Effect.Effect<RunReport.RunReport>
  /** The budgets of the run and its branches, with what is spent and set aside; less work than the report. */
  readonly budgets: Effect.Effect<ReadonlyArray<BudgetView.BudgetView>>
  readonly log: (message: string, details?: Readonly<Record<string, unknown>>) => void
}

/**
 * A policy of a run.
 *
 * - `name`: what the log calls the hook; unique in a process.
 * - `on`: the events that `handle` sees; left out: every event that hooks may be asked about.
 * - `mode`: `gate` (default): what depends on an event waits for the answer. `observe`: the run does not wait, and
 *   commands are refused.
 * - `timeout`: longest time of one answer; default: the flow's `hookTimeoutMillis`, 30 s.
 * - `actions`: actions that its commands name; whoever registers the hook registers them too.
 * - `onStart` is asked before any node starts, `onComplete` once the result is settled. In `onComplete` only `EmitEvent`
 *   is accepted.
 *
 * A hook that fails, or takes too long, is recorded as `HookFailed`; none of its commands are carried out, and the run
 * goes on unless its `onHookFailure` is `fail`.
 */
export interface Hook<out E = never, out R = never> {
  readonly name: string
  readonly on?: ReadonlyArray<Event.EventTag>
  readonly mode?: "gate" | "observe"
  readonly timeout?: Duration.Input
  readonly actions?: ReadonlyArray<Action.Any<never>>
  readonly onStart?: (context: HookContext) => Answer<E, R>
  readonly handle?: (envelope: Envelope.Envelope, context: HookContext) => Answer<E, R>
  readonly onComplete?: (result: RunResult.RunResult, context: HookContext) => Answer<E, R>
}

/** Any hook that needs at most the services `R`. */
// oxlint-disable-next-line typescript/no-explicit-any -- a hook of any types.
export type Any<R = any> = Hook<any, R>

/** The services a hook needs. */
// oxlint-disable-next-line typescript/no-explicit-any -- a hook of any types.
export type Services<H> = H extends Hook<any, infer R> ? R : never

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
export const make = <E = never, R = never>(hook: Hook<E, R>): Hook<E, R> => hook

/**
 * Several hooks as one, asked in the order of the list; their commands follow one another in that order. Unlike hooks that
 * are registered one by one, a later one does not see what the commands of an earlier one did, since all are carried out
 * together; and when one fails, none of their commands are.
 */
export const compose = <const H extends ReadonlyArray<Any>>(
  name: string,
  hooks: H,
  options: Pick<Hook, "mode" | "timeout"> = {}
): Hook<unknown, Services<H[number]>> => {
  const ask = (
    answers: ReadonlyArray<() => Answer<unknown, Services<H[number]>>>
  ): Effect.Effect<Commands, unknown, Services<H[number]>> =>
    Effect.map(
      Effect.forEach(answers, (answer) => settle(Effect.suspend(() => toEffect(answer())))),
      (all) => all.flat()
    )
  const all = hooks.every((hook) => hook.on !== undefined || hook.handle === undefined)
  const starting = hooks.filter((hook) => hook.onStart !== undefined)
  const handling = hooks.filter((hook) => hook.handle !== undefined)
  const completing = hooks.filter((hook) => hook.onComplete !== undefined)
  return {
    name,
    ...options,
    ...(hooks.some((hook) => hook.actions !== undefined) && {
      actions: hooks.flatMap((hook) => hook.actions ?? [])
    }),
    ...(all && { on: [...new Set(hooks.flatMap((hook) => hook.on ?? []))] }),
    ...(starting.length > 0 && {
      onStart: (context) => ask(starting.map((hook) => () => hook.onStart?.(context)))
    }),
    ...(handling.length > 0 && {
      handle: (envelope, context) =>
        ask(
          handling
            .filter((hook) => hook.on === undefined || hook.on.includes(envelope.event._tag))
            .map((hook) => () => hook.handle?.(envelope, context))
        )
    }),
    ...(completing.length > 0 && {
      onComplete: (result, context) => ask(completing.map((hook) => () => hook.onComplete?.(result, context)))
    })
  }
}

/** An observing hook that logs every event it listens to, or all of them, through Effect's logger. */
export const logging = (
  name: string,
  options: { readonly on?: ReadonlyArray<Event.EventTag> } = {}
): Hook => ({
  name,
  ...options,
  mode: "observe",
  handle: ({ event, sequence }, { log }) => {
    const about = "nodeId" in event && event.nodeId !== undefined ? ` ${event.nodeId}` : ""
    log(`${sequence} ${event._tag}${about}`)
  }
})

/**
 * A gate hook that records an event `budget_warning`, once for each limit, when so much of it is spent: `at` is a part of it
 * between 0 and 1, by default 0.8. A limit that is raised later is warned of anew. The payload names the branch, if it is one's,
 * the resource and its limit.
 *
 * **Example**
 * ```ts
 * const engine = DagFlow.layer().pipe(Layer.provide([store, Hooks.layer(Hook.budgetWarning({ at: 0.8 }))]))
 * ```
 */
export const budgetWarning = (options: { readonly name?: string; readonly at?: number } = {}): Hook => {
  const { at = 0.8, name = "budget-warning" } = options
  return {
    name,
    on: ["NodeCompleted", "NodeFailed", "NodeWaiting"],
    handle: (_, { budgets }) =>
      Effect.map(budgets, (views) =>
        views.flatMap(({ branch, lines }) =>
          lines.flatMap(({ limit, resource, spent }): ReadonlyArray<Command.Command> => {
            if (limit === 0 || spent < at * limit) return []
            // The same id again changes nothing, in another process too.
            const id = `${name} ${at} ${resource} ${limit} ${branch ?? ""}`.slice(0, 256)
            const payload = { resource, limit, at, ...(branch !== undefined && { branch }) }
            return [{ _tag: "EmitEvent", id, name: "budget_warning", payload }]
          })
        )
      )
  }
}

export { Approval, humanReview, type HumanReviewOptions, type ReviewedRound } from "./humanReview.ts"

// -- internal -------------------------------------------------------------------------------------------------------

const isThenable = (value: unknown): value is PromiseLike<Commands> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function"

const toEffect = <E, R>(answer: Answer<E, R>): Effect.Effect<Commands, unknown, R> => {
  if (Effect.isEffect(answer)) return answer as Effect.Effect<Commands, E, R>
  if (isThenable(answer)) return Effect.promise(() => Promise.resolve(answer))
  return Effect.succeed(answer as Commands)
}

/** An answer of nothing is an answer without commands. */
const settle = <E, R>(
  answer: Effect.Effect<Commands, E, R>
): Effect.Effect<ReadonlyArray<Command.Command>, E, R> => Effect.map(answer, (commands) => commands ?? [])
