/**
 * Actions whose outcomes are written down beforehand: what the first attempt does, what the second one, and so on. They
 * remember how they were called.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Action from "../action/Action.ts"
import type { ActionContext } from "../action/ActionContext.ts"
import * as NodeOutput from "../action/NodeOutput.ts"

/** How one attempt goes. */
export type Outcome<O> =
  | {
      readonly _tag: "Succeed"
      readonly outputs: O
      readonly usage: Readonly<Record<string, number>> | undefined
    }
  | { readonly _tag: "Fail"; readonly error: ScriptedFailure }
  | { readonly _tag: "Report"; readonly message: string }
  | { readonly _tag: "Die"; readonly message: string }
  | { readonly _tag: "Hang" }
  | { readonly _tag: "After"; readonly duration: Duration.Input; readonly outcome: Outcome<O> }

/** One call of a scripted action. */
export interface ActionCall {
  readonly runId: string
  readonly nodeId: string
  readonly attempt: number
  readonly idempotencyKey: string
  readonly input: Readonly<Record<string, unknown>>
  /** In a failure handler: what it has to handle. */
  readonly failed: ActionContext["failed"]
  /** When it began, in milliseconds since 1970 by the engine's clock. */
  readonly atMillis: number
}

/**
 * The outcomes of an action: a list by attempt of a node, whose last one goes on for all further attempts, or a function of
 * the call.
 */
export type Script<O> =
  | readonly [Outcome<O>, ...ReadonlyArray<Outcome<O>>]
  | ((call: ActionCall) => Outcome<O>)

/** An action with a script. */
export interface ScriptedAction<out Name extends string, in I, out O> {
  readonly name: Name
  /** The action, for flows and for `TestEngine`. */
  readonly action: Action.Action<Name, I, O>
  /** Every call, in the order in which they began. */
  readonly calls: ReadonlyArray<ActionCall>
}

/** The error of a scripted failure. */
export class ScriptedFailure extends Error {
  readonly _tag: string
  readonly isRetryable: boolean

  constructor(tag: string, message: string, isRetryable: boolean) {
    super(message)
    this._tag = tag
    this.isRetryable = isRetryable
  }
}

/** The attempt succeeds with these outputs, and with this usage. */
export const succeed = <O>(outputs: O, usage?: Readonly<Record<string, number>>): Outcome<O> => ({
  _tag: "Succeed",
  outputs,
  usage
})

/** The attempt fails with an error of this tag. With `isRetryable: false` (default true) it is not tried again. */
export const fail = (
  tag: string,
  options: { readonly message?: string; readonly isRetryable?: boolean } = {}
): Outcome<never> => ({
  _tag: "Fail",
  error: new ScriptedFailure(tag, options.message ?? `the script says ${tag}`, options.isRetryable ?? true)
})

/** The attempt returns an output that it marks as unsuccessful. */
export const report = (message: string): Outcome<never> => ({ _tag: "Report", message })

/** The attempt has a defect. */
export const die = (message: string): Outcome<never> => ({ _tag: "Die", message })

/** The attempt goes on until it is interrupted. */
export const hang: Outcome<never> = { _tag: "Hang" }

/** The attempt takes this long by the engine's clock, and then goes as the outcome says. */
export const after = <O>(duration: Duration.Input, outcome: Outcome<O>): Outcome<O> => ({
  _tag: "After",
  duration,
  outcome
})

/** What a script says about a call. */
export const outcomeOf = <O>(script: Script<O>, call: ActionCall): Outcome<O> => {
  if (typeof script === "function") return script(call)
  return script[Math.min(call.attempt, script.length) - 1] ?? script[0]
}

/**
 * Makes an action with a script.
 *
 * **Example** (The first attempt of each node fails)
 * ```ts
 * const load = ScriptedAction.make("load", [ScriptedAction.fail("Busy"), ScriptedAction.succeed({ rows: 2 })])
 * const flow = Flow.make("nightly", (f) => ({ rows: f.node("rows", load.action, {}, { retry: { tries: 2 } }) }))
 * ```
 */
export const make = <
  const Name extends string,
  O extends object,
  I extends object = Readonly<Record<string, unknown>>
>(
  name: Name,
  script: Script<O>
): ScriptedAction<Name, I, O> => {
  const calls: Array<ActionCall> = []
  const run = (input: Readonly<Record<string, unknown>>, context: ActionContext) =>
    Effect.flatMap(Clock.currentTimeMillis, (atMillis) => {
      const { attempt, failed, idempotencyKey, nodeId, runId } = context
      const call: ActionCall = { runId, nodeId, attempt, idempotencyKey, input, failed, atMillis }
      calls.push(call)
      return perform(outcomeOf(script, call))
    })
  return { name, action: Action.fn(name, run as never) as unknown as Action.Action<Name, I, O>, calls }
}

// -- internal -------------------------------------------------------------------------------------------------------

const perform = <O>(outcome: Outcome<O>): Effect.Effect<NodeOutput.NodeOutput<O>, ScriptedFailure> => {
  switch (outcome._tag) {
    case "Succeed": {
      const { outputs, usage } = outcome
      return Effect.succeed(NodeOutput.make(outputs, usage === undefined ? {} : { usage }))
    }
    case "Fail":
      return Effect.fail(outcome.error)
    case "Report":
      return Effect.succeed(NodeOutput.failure(outcome.message))
    case "Die":
      return Effect.die(new Error(outcome.message))
    case "Hang":
      return Effect.never
    case "After":
      return Effect.andThen(Effect.sleep(outcome.duration), perform(outcome.outcome))
  }
}
