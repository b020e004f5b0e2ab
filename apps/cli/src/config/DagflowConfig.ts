/**
 * The configuration file of a project: the actions and hooks that its flows use, and where its runs are kept.
 *
 * It imports types only, so that a configuration loads without loading the engine.
 */
import type { StandardActions } from "@dagflow/actions"
import type { Action, ChannelReducer, Hook } from "@dagflow/core"
import type { StoreDriver } from "@dagflow/protocol"
import type * as Layer from "effect/Layer"

/** What a `dagflow.config.ts` (or `.js`, `.mjs`) exports as its default. Every key may be left out. */
export interface DagflowConfig {
  /**
   * Actions that flows name, besides the standard ones. One with the name of a standard action takes its place. Actions
   * must not need services any more: provide them with `Action.provide`.
   */
  readonly actions?: ReadonlyArray<Action.Any<never>>
  /** Reducers of channels that flows name, besides the built-in ones. A flow in TypeScript brings its own. */
  readonly reducers?: ReadonlyArray<ChannelReducer.Any>
  /** Hooks that are asked about every run, in this order. */
  readonly hooks?: ReadonlyArray<Hook.Any<never>>
  /**
   * Where runs are kept unless `--store` or `DAGFLOW_STORE` says otherwise: `sqlite:PATH` (relative to this file), `postgres://…`,
   * `memory:`, or a layer of any store. Default: `sqlite:.dagflow/flow.db` in the working folder.
   */
  readonly store?: string | Layer.Layer<StoreDriver, unknown>
  /** Whether flows may use the action `shell`, which runs any program; default false. `--allow-shell` allows it too. */
  readonly allowShell?: boolean
  /** How the standard actions are set up; by default files are those below the working folder. */
  readonly standardActions?: Omit<StandardActions.StandardActionsOptions, "allowShell">
}

/**
 * Says what a project's flows use. It returns what it is given; it is there for its types.
 *
 * **Example**
 * ```ts
 * export default defineConfig({
 *   actions: [Action.fn("greet", (input: { name: string }) => ({ text: `Hello, ${input.name}` }))],
 *   allowShell: false
 * })
 * ```
 */
export const defineConfig = (config: DagflowConfig): DagflowConfig => config
