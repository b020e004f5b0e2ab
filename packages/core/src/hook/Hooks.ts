/** The hooks that an engine asks, in the order of their registration. */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Actions from "../action/Actions.ts"
import { contribute, contributions } from "../action/contribution.ts"
import { servicesOf } from "../action/servicesOf.ts"
import type * as Hook from "./Hook.ts"

const kind = "@dagflow/core/Hooks"

const provide = <R>(hook: Hook.Any<R>, context: Context.Context<R>): Hook.Any<never> => {
  const services = servicesOf(context)
  const withServices = <A>(answer: Hook.Answer<unknown, R> & A): Hook.Answer<unknown, never> =>
    Effect.isEffect(answer)
      ? Effect.provideContext(answer as Effect.Effect<Hook.Commands, unknown, R>, services)
      : (answer as Hook.Answer<unknown, never>)
  const { handle, onComplete, onStart } = hook
  return {
    ...(hook as Hook.Any<never>),
    ...(onStart && { onStart: (about) => withServices(onStart(about)) }),
    ...(handle && { handle: (envelope, about) => withServices(handle(envelope, about)) }),
    ...(onComplete && { onComplete: (result, about) => withServices(onComplete(result, about)) })
  }
}

/**
 * Registers hooks with the engines that this layer is provided to, after those of layers made earlier. The services that
 * they need are taken from the surrounding environment, so one that is missing does not compile. Actions that hooks bring are
 * registered with them.
 *
 * **Failures**
 * Two hooks of one name are a defect of the engine's layer: the log tells hooks apart by their names.
 */
export const layer = <const H extends ReadonlyArray<Hook.Any>>(
  ...hooks: H
): Layer.Layer<never, never, Hook.Services<H[number]>> => {
  const asked = contribute<Hook.Any<never>, Hook.Services<H[number]>>(kind, (context) =>
    hooks.map((hook) => provide(hook as Hook.Any<never>, context))
  )
  const actions = hooks.flatMap((hook) => hook.actions ?? [])
  return actions.length === 0 ? asked : Layer.mergeAll(asked, Actions.layer(...actions))
}

/** All hooks that layers have contributed, or the name that two of them have. */
export const fromContext = (
  context: Context.Context<never>
): ReadonlyArray<Hook.Any<never>> | { readonly duplicate: string } => {
  const hooks = contributions<Hook.Any<never>>(kind, context)
  const names = new Set<string>()
  for (const { name } of hooks) {
    if (names.has(name)) return { duplicate: name }
    names.add(name)
  }
  return hooks
}
