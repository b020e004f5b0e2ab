/** The reducers of one's own that an engine knows, by name. */
import type * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import type * as ChannelReducer from "./ChannelReducer.ts"
import { contribute, contributions } from "./contribution.ts"

const kind = "@dagflow/core/ChannelReducers"

/** Reducers by name. */
export type ReducerRegistry = ReadonlyMap<string, ChannelReducer.Any>

/**
 * Registers reducers with the engines that this layer is provided to, for channels of flows in YAML and of runs that are
 * taken up. Several such layers add up.
 *
 * **Failures**
 * A second reducer of one name is a defect of the engine's layer.
 *
 * **Example**
 * ```ts
 * const engine = DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, ChannelReducers.layer(highest)]))
 * ```
 */
export const layer = (...reducers: ReadonlyArray<ChannelReducer.Any>): Layer.Layer<never> =>
  contribute<ChannelReducer.Any, never>(kind, () => reducers)

/** All reducers that layers have contributed, or the name that two of them claim. */
export const fromContext = (
  context: Context.Context<never>
): ReducerRegistry | { readonly duplicate: string } => {
  const byName = new Map<string, ChannelReducer.Any>()
  for (const reducer of contributions<ChannelReducer.Any>(kind, context)) {
    if (byName.has(reducer.name)) return { duplicate: reducer.name }
    byName.set(reducer.name, reducer)
  }
  return byName
}
