import type { Hook } from "@dagflow/core"
import * as Effect from "effect/Effect"
import type { DagflowConfig } from "../config/DagflowConfig.ts"
import type { Redactor } from "../output/Redactor.ts"

/**
 * Lets the redactor see what hooks answer before the engine does: a node that a hook adds may name a secret, and it may
 * run before its event comes along.
 */
export const withLearning = (config: DagflowConfig, redactor: Redactor): DagflowConfig =>
  config.hooks === undefined
    ? config
    : { ...config, hooks: config.hooks.map((hook) => watched(hook, redactor)) }

// -- internal -------------------------------------------------------------------------------------------------------

const watched = (hook: Hook.Any<never>, redactor: Redactor): Hook.Any<never> => {
  const { handle, onStart } = hook
  const learn = (commands: Hook.Commands): Hook.Commands => {
    for (const command of commands ?? []) redactor.learnCommand(command)
    return commands
  }
  const seen = (answer: Hook.Answer<unknown, never>): Hook.Answer<unknown, never> => {
    if (Effect.isEffect(answer)) return Effect.map(answer as Effect.Effect<Hook.Commands, unknown>, learn)
    return isThenable(answer) ? answer.then(learn) : learn(answer as Hook.Commands)
  }
  return {
    ...hook,
    ...(onStart && { onStart: (context) => seen(onStart(context)) }),
    ...(handle && { handle: (envelope, context) => seen(handle(envelope, context)) })
  }
}

const isThenable = (answer: unknown): answer is PromiseLike<Hook.Commands> =>
  typeof answer === "object" && answer !== null && "then" in answer
