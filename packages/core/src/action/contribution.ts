/**
 * What several layers contribute to one engine.
 *
 * A service holds one value, so of two layers for one service only the last would count, and nobody would be told. A
 * contribution therefore has a key of its own for each layer; the engine collects all keys of a kind, in the order in
 * which the layers were made.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

let made = 0

/** A layer that contributes values of one kind; they may use the services of the surrounding environment. */
export const contribute = <A, R>(
  kind: string,
  make: (context: Context.Context<R>) => ReadonlyArray<A>
): Layer.Layer<never, never, R> => {
  made++
  const key = Context.Service<never, ReadonlyArray<A>>(`${kind}/${String(made).padStart(12, "0")}`)
  return Layer.effect(key, Effect.map(Effect.context<R>(), make))
}

/** Everything of one kind that layers have contributed to an environment, in the order in which the layers were made. */
export const contributions = <A>(kind: string, context: Context.Context<never>): ReadonlyArray<A> =>
  [...context.mapUnsafe]
    .filter(([key]) => key.startsWith(`${kind}/`))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, values]) => values as ReadonlyArray<A>)
