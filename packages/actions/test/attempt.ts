/** One attempt of an action as the engine makes it: inputs decoded, outputs encoded, no run around it. */
import type { Action, ActionContext } from "@dagflow/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** What an attempt left behind besides its outputs. */
export interface Trace {
  readonly logged: Array<string>
}

const contextOf = (trace: Trace): ActionContext.ActionContext => ({
  runId: "run-1",
  flow: "flow",
  nodeId: "node",
  attempt: 1,
  idempotencyKey: "run-1/node",
  instructions: undefined,
  metadata: {},
  runInputs: {},
  dependencies: {},
  signal: new AbortController().signal,
  log: (message) => void trace.logged.push(message),
  emit: () => {},
  failed: undefined
})

/** The outputs of one attempt, as JSON; inputs and outputs that do not fit their schemas are defects. */
export const attempt = <I, O, E>(
  action: Action.Action<string, I, O, E>,
  input: NoInfer<I>,
  trace: Trace = { logged: [] }
): Effect.Effect<O, E> =>
  Effect.gen(function* () {
    const { input: inputSchema, output: outputSchema } = action
    if (inputSchema === undefined || outputSchema === undefined) return yield* Effect.die("no schema")
    const decoded = yield* Effect.orDie(Schema.decodeUnknownEffect(inputSchema)(input))
    const returned = action.run(decoded as never, contextOf(trace)) as Effect.Effect<unknown, E> | O
    const outputs = Effect.isEffect(returned) ? yield* returned : returned
    return (yield* Effect.orDie(Schema.encodeUnknownEffect(outputSchema)(outputs))) as O
  })
