/** How a program that does not use Effect runs a flow. */
import type { StoreDriver, StoreError } from "@dagflow/protocol"
import type * as Layer from "effect/Layer"
import type * as Action from "../action/Action.ts"
import type * as Hook from "../hook/Hook.ts"
import type { StartOptions } from "./DagFlowShape.ts"
import type { EngineOptions } from "./EngineConfig.ts"

/** What a program says when it runs a flow by a promise. */
export interface RunPromiseOptions<Input> extends StartOptions<Input>, EngineOptions {
  /** Where the run is recorded, for instance `SqliteStore.layer("flow.db")`. */
  readonly store: Layer.Layer<StoreDriver, StoreError>
  /** Actions that hooks may add nodes with, besides those of the flow. */
  readonly actions?: ReadonlyArray<Action.Any<never>>
  /** Hooks, in the order in which they are asked. */
  readonly hooks?: ReadonlyArray<Hook.Any<never>>
  /** Aborting it gives the run up where it stands; starting the program again goes on. */
  readonly signal?: AbortSignal
}
