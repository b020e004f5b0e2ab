/** The actions that an engine knows, by name. */
import type * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import * as Action from "./Action.ts"
import * as ChannelReducers from "./ChannelReducers.ts"
import { contribute, contributions } from "./contribution.ts"

const kind = "@dagflow/core/Actions"

/** What a registry of actions answers. */
export interface ActionRegistry {
  readonly get: (name: string) => Action.Any<never> | undefined
  readonly has: (name: string) => boolean
  /** All actions, in the order of their names. */
  readonly list: ReadonlyArray<Action.Any<never>>
  /** The reducers of one's own that channels may have. */
  readonly reducers: ChannelReducers.ReducerRegistry
}

/** Makes a registry; of two actions of one name the later one is found. */
export const makeRegistry = (
  actions: ReadonlyArray<Action.Any<never>>,
  reducers: ChannelReducers.ReducerRegistry = new Map()
): ActionRegistry => {
  const byName = new Map(actions.map((action) => [action.name, action]))
  return {
    get: (name) => byName.get(name),
    has: (name) => byName.has(name),
    list: [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    reducers
  }
}

interface Registration {
  readonly action: Action.Any<never>
  readonly replaces: boolean
}

const register = <A extends ReadonlyArray<Action.Any>>(
  actions: A,
  replaces: boolean
): Layer.Layer<never, never, Action.Services<A[number]>> =>
  contribute<Registration, Action.Services<A[number]>>(kind, (context) =>
    actions.map((action) => ({ action: Action.provide(action as Action.Any<never>, context), replaces }))
  )

/**
 * Registers actions with the engines that this layer is provided to. The services that they need are taken from the
 * surrounding environment, so one that is missing does not compile. Several such layers add up.
 *
 * **Failures**
 * A second action of one name is a defect of the engine's layer; `layerReplacing` says that it is meant.
 *
 * **Example**
 * ```ts
 * const engine = DagFlow.layer().pipe(Layer.provide([MemoryStore.layer, Actions.layer(fetchUsers, writeReport)]))
 * ```
 */
export const layer = <const A extends ReadonlyArray<Action.Any>>(
  ...actions: A
): Layer.Layer<never, never, Action.Services<A[number]>> => register(actions, false)

/** Registers actions, also under names that are taken. */
export const layerReplacing = <const A extends ReadonlyArray<Action.Any>>(
  ...actions: A
): Layer.Layer<never, never, Action.Services<A[number]>> => register(actions, true)

/** The registry of all actions and reducers that layers have contributed, or what two of them claim. */
export const fromContext = (
  context: Context.Context<never>
): ActionRegistry | { readonly duplicate: string; readonly what: "actions" | "reducers" } => {
  const taken = new Set<string>()
  const registrations = contributions<Registration>(kind, context)
  for (const { action, replaces } of registrations) {
    if (taken.has(action.name) && !replaces) return { duplicate: action.name, what: "actions" }
    taken.add(action.name)
  }
  const reducers = ChannelReducers.fromContext(context)
  if ("duplicate" in reducers) return { duplicate: reducers.duplicate, what: "reducers" }
  return makeRegistry(
    registrations.map((registration) => registration.action),
    reducers
  )
}
